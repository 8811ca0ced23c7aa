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
public sealed partial class ChatState(ChatTurns turns, ConversationLog? log, WorkspaceId workspace, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    /// <summary>Characters that one message may have.</summary>
    public const int MaxCharacters = 200_000;

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

    /// <summary>Refuses what was to be sent.</summary>
    public void Refuse(Error error)
    {
        Error = error;
        Changed?.Invoke();
    }

    // Why a message cannot be sent as it is; null where it can.
    private Error? Check(string text, IReadOnlyList<MessageImage> images) =>
        string.IsNullOrWhiteSpace(text) && images.Count == 0 ? ChatErrors.Empty()
        : text.Length > MaxCharacters ? ChatErrors.TooLong(MaxCharacters)
        : Files?.Pending is { } pending ? ChatErrors.FileNotRead(pending.Name)
        : null;

    private async Task<bool> AskAsync(string text, IReadOnlyList<MessageImage> images, MessageId? parent, CancellationToken cancellationToken)
    {
        if (IsBusy)
        {
            return false;
        }

        if (Check(text, images) is { } refused)
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

    private void Answer(ChatEntry question, ChatSetup setup)
    {
        IReadOnlyList<KnowledgeBaseId> files = Files?.Base is { } found ? [found] : [];
        var answer = new ChatEntry(MessageId.New(), question.Id, MessageRole.Assistant, clock.GetUtcNow())
        {
            Model = setup.Model,
            Form = setup.Answer?.Name,
            Desk = setup.Tools.Count > 0 ? new ToolDesk(setup.Allowance ?? new ToolAllowance(_ => false)) : null,
            Phase = setup.Knowledge.Count + files.Count > 0 ? AnswerPhase.Searching : AnswerPhase.Reading,
        };
        List<TurnMessage> messages = [.. _tree.PathTo(question).Where(entry => entry.Text.Length > 0 || entry.Tools.Count > 0 || entry.Images.Count > 0).Select(entry => new TurnMessage(entry.Role, entry.Text) { Tools = entry.Tools, Images = entry.Images })];
        _heard = [.. _heard.Union(setup.Knowledge).Union(messages.SelectMany(message => message.Tools).SelectMany(use => use.Heard ?? []))];
        var keeping = log is not null && Conversation is not null ? new TurnKeeping(log, Conversation.Id, Stands) : null;
        var begun = turns.Begin(question, answer, setup.ToTurn(workspace, messages, _heard, files, Files?.Owner) with { Desk = answer.Desk, Asker = log?.Owner }, keeping);
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
