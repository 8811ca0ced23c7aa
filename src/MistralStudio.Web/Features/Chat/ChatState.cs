using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Web.Features.Chat.ToolCalls;

namespace MistralStudio.Web.Features.Chat;

/// <summary>
/// A conversation as a page has it: sends, shows, stops and regenerates. The person's message is committed before the model is called, the
/// answer when it ends, whichever way and whoever still watches; without a <paramref name="log"/> (a shared link) nothing outlives the page.
/// </summary>
public sealed class ChatState(ChatTurns turns, ConversationLog? log, WorkspaceId workspace, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    /// <summary>Characters that one message may have.</summary>
    public const int MaxCharacters = 200_000;

    private readonly SemaphoreSlim _beginning = new(1, 1);
    private readonly ChatTree _tree = new();

    // Bases whose words are in the conversation; an app may have been published with others since.
    private IReadOnlyList<KnowledgeBaseId> _heard = [];
    private ChatTurn? _turn;
    private bool _isAdmitting;
    private Task _shown = Task.CompletedTask;

    /// <summary>Raised when the thread or <see cref="IsBusy"/> changed; from any thread.</summary>
    public event Action? Changed;

    /// <summary>What the next answer is made with.</summary>
    public ChatSetup Setup { get; set; } = ChatSetup.Default;

    /// <summary>The conversation; null until the first message is committed, or where nothing is kept.</summary>
    public Conversation? Conversation { get; private set; }

    /// <summary>The messages on screen, first to last: of siblings the chosen one.</summary>
    public IReadOnlyList<ChatEntry> Thread => _tree.Thread;

    /// <summary>True while an answer is being made.</summary>
    public bool IsBusy => _isAdmitting || _turn is not null;

    /// <summary>Why the last message was not sent; null where it was.</summary>
    public Error? Error { get; private set; }

    /// <summary>Asked before each answer; an error refuses it (the budget of a shared link).</summary>
    public Func<CancellationToken, Task<Result<Unit>>>? Admit { get; init; }

    /// <summary>Asked while an answer is made that outlives the page: false stops it. Null where the right to it cannot be lost.</summary>
    public Func<CancellationToken, Task<bool>>? Stands { get; init; }

    /// <summary>Files that belong to the conversation alone; null where none can be added.</summary>
    public ChatFiles? Files { get; init; }

    /// <summary>True where the last message waits for an answer that a crash took.</summary>
    public bool IsInterrupted => !IsBusy && Thread is [.., { Role: MessageRole.User }];

    /// <summary>The first of the conversations that this one stands beside, once it is made; null where it stands by itself.</summary>
    public ConversationId? Beside { get; set; }

    /// <summary>Opens a kept conversation; false where it is not this person's.</summary>
    public async Task<bool> LoadAsync(ConversationId id, CancellationToken cancellationToken)
    {
        if (log is null || await log.FindAsync(id, cancellationToken) is not { } conversation)
        {
            return false;
        }

        await LeaveAsync();
        var turn = turns.Find(log, id);
        Conversation = conversation;
        Setup = ChatSetup.Of(conversation);
        _heard = conversation.Heard;
        Beside = conversation.Beside;
        _tree.Clear();
        foreach (var message in (await log.ReadAsync(id, cancellationToken)).Where(message => message.Role != MessageRole.System && message.Id != turn?.Answer.Id))
        {
            _tree.Add(new ChatEntry(message));
        }

        Error = null;
        // What was read of an answer in the making is less than what it is by now.
        if (turn is not null)
        {
            Attach(turn);
        }

        Relay();
        return true;
    }

    /// <summary>Empties the page for a new conversation; what was said stays in the store, and an answer that is kept is made to its end.</summary>
    public async Task ClearAsync()
    {
        await LeaveAsync();
        Conversation = null;
        _heard = [];
        _tree.Clear();
        Error = null;
        Relay();
    }

    /// <summary>Commits a message and starts its answer; false where it was refused, see <see cref="Error"/>.</summary>
    public Task<bool> SendAsync(string text, CancellationToken cancellationToken, IReadOnlyList<MessageImage>? images = null) =>
        AskAsync(text, images ?? [], Thread.Count > 0 ? Thread[^1].Id : null, cancellationToken);

    /// <summary>Asks something else in the place of a question; that one and all that followed it stay as the branch beside.</summary>
    /// <param name="images">The images that it has now; null: those that it had.</param>
    public Task<bool> EditAsync(ChatEntry question, string text, CancellationToken cancellationToken, IReadOnlyList<MessageImage>? images = null) =>
        AskAsync(text, images ?? question.Images, question.Parent, cancellationToken);

    /// <summary>It is called something else now.</summary>
    internal void Rename(string title) => Conversation = Conversation is null ? null : Conversation with { Title = title };

    /// <summary>Refuses what was to be sent.</summary>
    public void Refuse(Error error)
    {
        Error = error;
        Changed?.Invoke();
    }

    /// <summary>Why a message cannot be sent as it is; null where it can.</summary>
    public Error? Check(string text) =>
        string.IsNullOrWhiteSpace(text) ? ChatErrors.Empty()
        : text.Length > MaxCharacters ? ChatErrors.TooLong(MaxCharacters)
        : Files?.Pending is { } pending ? ChatErrors.FileNotRead(pending.Name)
        : null;

    private async Task<bool> AskAsync(string text, IReadOnlyList<MessageImage> images, MessageId? parent, CancellationToken cancellationToken)
    {
        if (IsBusy)
        {
            return false;
        }

        if (Check(text) is { } refused)
        {
            Refuse(refused);
            return false;
        }

        if (!await AdmitAsync(cancellationToken))
        {
            return false;
        }

        // Trailing space is never meant; leading space may be (code).
        var question = new ChatEntry(new Message
        {
            Id = MessageId.New(),
            Conversation = Conversation?.Id ?? default,
            Parent = parent,
            Role = MessageRole.User,
            Text = text.TrimEnd(),
            Images = images,
            CreatedAt = clock.GetUtcNow(),
        });
        Error = await CommitQuestionAsync(question, cancellationToken);
        if (Error is not null)
        {
            _isAdmitting = false;
            Changed?.Invoke();
            return false;
        }

        _tree.Add(question);
        _tree.Choose(question);
        Answer(question, Setup);
        return true;
    }

    /// <summary>
    /// Takes over the turns of another conversation from one on, as copies that keep who made them, so that both have as many; the turns of its own
    /// that stood there stay as the branch beside.
    /// </summary>
    /// <param name="from">The first turn that is taken over, from 0.</param>
    public async Task TakeOverAsync(ChatState other, int from, CancellationToken cancellationToken)
    {
        if (log is null || Conversation is not { } conversation || IsBusy)
        {
            return;
        }

        var questions = Thread.Select((entry, i) => (entry, i)).Where(found => found.entry.Role == MessageRole.User).ToList();
        var parent = from < questions.Count ? questions[from].entry.Parent : Thread.Count > 0 ? Thread[^1].Id : (MessageId?)null;
        var (turn, copies) = (-1, new List<ChatEntry>());
        foreach (var entry in other.Thread.TakeWhile(entry => !entry.IsLive))
        {
            turn += entry.Role == MessageRole.User ? 1 : 0;
            if (turn >= from)
            {
                copies.Add(new ChatEntry(entry.ToMessage(conversation.Id) with { Id = MessageId.New(), Parent = parent, Feedback = null }));
                parent = copies[^1].Id;
            }
        }

        if (copies.Count > 0 && await log.AppendAsync(conversation.Id, [.. copies.Select(copy => copy.ToMessage(conversation.Id))], cancellationToken))
        {
            _heard = [.. _heard.Union(other._heard)];
            await log.UpdateAsync(conversation.Id, Setup, _heard, cancellationToken);
            copies.ForEach(_tree.Add);
            copies.ForEach(_tree.Choose);
            Relay();
        }
    }

    /// <summary>Makes the conversation that a file is put into before anything was said; null where nothing is kept.</summary>
    /// <param name="title">What it is called until there is a question.</param>
    public async Task<ConversationId?> BeginAsync(string title, CancellationToken cancellationToken)
    {
        if (Conversation is null && log is not null)
        {
            await CreateAsync(log, title, cancellationToken);
            Changed?.Invoke();
        }

        return Conversation?.Id;
    }

    /// <summary>
    /// Answers a question once more, or for the first time after a crash; the new answer is a sibling of the old, and what followed the old one
    /// stays with it.
    /// </summary>
    /// <param name="with">What this one answer is made with; null: <see cref="Setup"/>.</param>
    /// <param name="question">A question on screen; null: the last.</param>
    public async Task RegenerateAsync(CancellationToken cancellationToken, ChatSetup? with = null, ChatEntry? question = null)
    {
        question ??= Thread.LastOrDefault(entry => entry.Role == MessageRole.User);
        if (question is null || IsBusy || !await AdmitAsync(cancellationToken))
        {
            return;
        }

        if (Conversation is not null && log is not null)
        {
            await log.UpdateAsync(Conversation.Id, Setup, with?.Knowledge ?? [], cancellationToken);
        }

        Answer(question, with ?? Setup);
    }

    /// <summary>True where people may say what they think of an answer: somebody must be there to read it later.</summary>
    public bool MayRate => log?.TakesFeedback == true;

    /// <summary>Keeps what the person thinks of an answer, with the passages that it was given; null takes it back.</summary>
    public async Task RateAsync(ChatEntry answer, AnswerFeedback? feedback, CancellationToken cancellationToken)
    {
        if (log is not null && Conversation is not null && !answer.IsLive && await log.RateAsync(Conversation.Id, answer.Id, feedback, cancellationToken))
        {
            answer.Feedback = feedback;
            Changed?.Invoke();
        }
    }

    /// <summary>Stops the answer; what is there stays.</summary>
    public void Stop() => _turn?.Stop();

    /// <summary>Takes back why the last message was refused: the person is writing another.</summary>
    public void ForgetError()
    {
        Error = null;
        Changed?.Invoke();
    }

    /// <summary>Completes when the running answer, if any, has ended, is committed and shown as such.</summary>
    public Task WhenIdleAsync() => _shown;

    /// <summary>Place of a message among its siblings, from 1, and how many there are.</summary>
    public (int Place, int Count) PlaceOf(ChatEntry entry) => _tree.PlaceOf(entry);

    /// <summary>Shows the sibling before (-1) or after (+1).</summary>
    public void Show(ChatEntry entry, int step)
    {
        if (!IsBusy && _tree.Step(entry, step))
        {
            Changed?.Invoke();
        }
    }

    /// <summary>The page was closed: what is kept is made to its end, what is not ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        _beginning.Dispose();
    }

    private async Task LeaveAsync()
    {
        if (_turn is { } turn && turn.Keeping is null)
        {
            turn.Stop();
            await _shown;
        }

        _turn = null;
    }

    private async Task<bool> AdmitAsync(CancellationToken cancellationToken)
    {
        _isAdmitting = true;
        var refused = log is not null && Conversation is not null && turns.Find(log, Conversation.Id) is not null ? ChatErrors.AnsweredElsewhere()
            : Admit is null ? null
            : (await Admit(cancellationToken)).Error;
        Error = refused;
        if (refused is not null)
        {
            _isAdmitting = false;
            Changed?.Invoke();
            return false;
        }

        return true;
    }

    private async Task<Error?> CommitQuestionAsync(ChatEntry question, CancellationToken cancellationToken)
    {
        if (log is null)
        {
            return null;
        }

        try
        {
            if (Conversation is null)
            {
                await CreateAsync(log, question.Text, cancellationToken);
            }
            else
            {
                await log.UpdateAsync(Conversation.Id, Setup, [], cancellationToken, _tree.IsEmpty ? question.Text : null);
                if (_tree.IsEmpty)
                {
                    // Until now it was called by what was put into it.
                    Rename(ConversationLog.Title(question.Text));
                }
            }

            return await log.AppendAsync(question.ToMessage(Conversation!.Id), cancellationToken) ? null : ChatErrors.Gone();
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            logger.MessageNotKept(fault);
            return ChatErrors.QuestionNotKept();
        }
    }

    // Files that are dropped together, and a question beside them, begin one conversation.
    private async Task CreateAsync(ConversationLog log, string title, CancellationToken cancellationToken)
    {
        await _beginning.WaitAsync(cancellationToken);
        try
        {
            Conversation ??= await log.CreateAsync(title, Setup, Beside, cancellationToken);
        }
        finally
        {
            _beginning.Release();
        }
    }

    private void Answer(ChatEntry question, ChatSetup setup)
    {
        IReadOnlyList<KnowledgeBaseId> files = Files?.Base is { } found ? [found] : [];
        var answer = new ChatEntry(MessageId.New(), question.Id, MessageRole.Assistant, clock.GetUtcNow())
        {
            Model = setup.Model,
            Form = setup.Answer?.Name,
            Desk = setup.Tools.Count > 0 ? new ToolDesk(setup.Allowance ?? new ToolAllowance(() => false)) : null,
            Phase = setup.Knowledge.Count + files.Count > 0 ? AnswerPhase.Searching : AnswerPhase.Reading,
        };
        List<TurnMessage> messages = [.. _tree.PathTo(question).Where(entry => entry.Text.Length > 0 || entry.Tools.Count > 0).Select(entry => new TurnMessage(entry.Role, entry.Text) { Tools = entry.Tools, Images = entry.Images })];
        _heard = [.. _heard.Union(setup.Knowledge)];
        var keeping = log is not null && Conversation is not null ? new TurnKeeping(log, Conversation.Id, Stands) : null;
        var begun = turns.Begin(question, answer, setup.ToTurn(workspace, messages, _heard, files, Files?.Owner) with { Desk = answer.Desk }, keeping);
        _isAdmitting = false;
        if (begun.IsSuccess)
        {
            Attach(begun.Value);
        }

        Error = begun.Error;
        Relay();
    }

    private void Attach(ChatTurn turn)
    {
        _tree.Add(turn.Answer);
        _tree.Choose(turn.Answer);
        _turn = turn;
        _shown = FollowAsync(turn);
    }

    private async Task FollowAsync(ChatTurn turn)
    {
        await turn.Ended;
        if (_turn == turn)
        {
            _turn = null;
            Changed?.Invoke();
        }
    }

    private void Relay()
    {
        _tree.Lay();
        Changed?.Invoke();
    }
}
