using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.Chat;

/// <summary>
/// A conversation in the making: sends, streams, stops and regenerates. The person's message is committed before the model is called, the
/// answer when it ends, whichever way; without a <paramref name="log"/> (a shared link) nothing outlives the page.
/// </summary>
public sealed class ChatState(IAgentRunner runner, ConversationLog? log, WorkspaceId workspace, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    /// <summary>Characters that one message may have.</summary>
    public const int MaxCharacters = 200_000;

    private readonly SemaphoreSlim _beginning = new(1, 1);
    private readonly List<ChatEntry> _all = [];
    private readonly Dictionary<MessageId, MessageId> _chosen = [];
    private List<ChatEntry> _thread = [];

    // Bases whose words are in the conversation; an app may have been published with others since.
    private IReadOnlyList<KnowledgeBaseId> _heard = [];
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;

    /// <summary>Raised when the thread or <see cref="IsBusy"/> changed; from any thread.</summary>
    public event Action? Changed;

    /// <summary>What the next answer is made with.</summary>
    public ChatSetup Setup { get; set; } = ChatSetup.Default;

    /// <summary>The conversation; null until the first message is committed, or where nothing is kept.</summary>
    public Conversation? Conversation { get; private set; }

    /// <summary>The messages on screen, first to last: of siblings the chosen one.</summary>
    public IReadOnlyList<ChatEntry> Thread => _thread;

    /// <summary>True while an answer is being made.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>Why the last message was not sent; null where it was.</summary>
    public Error? Error { get; private set; }

    /// <summary>Asked before each answer; an error refuses it (the budget of a shared link).</summary>
    public Func<CancellationToken, Task<Result<Unit>>>? Admit { get; init; }

    /// <summary>Files that belong to the conversation alone; null where none can be added.</summary>
    public ChatFiles? Files { get; init; }

    /// <summary>True where the last message waits for an answer that a crash took.</summary>
    public bool IsInterrupted => !IsBusy && _thread is [.., { Role: MessageRole.User }];

    /// <summary>Opens a kept conversation; false where it is not this person's.</summary>
    public async Task<bool> LoadAsync(ConversationId id, CancellationToken cancellationToken)
    {
        if (log is null || await log.FindAsync(id, cancellationToken) is not { } conversation)
        {
            return false;
        }

        await EndAsync();
        Conversation = conversation;
        Setup = ChatSetup.Of(conversation);
        _heard = conversation.Heard;
        _chosen.Clear();
        _all.Clear();
        _all.AddRange((await log.ReadAsync(id, cancellationToken)).Where(message => message.Role != MessageRole.System).Select(message => new ChatEntry(message)));
        Error = null;
        Relay();
        return true;
    }

    /// <summary>Empties the page for a new conversation; what was said stays in the store.</summary>
    public async Task ClearAsync()
    {
        await EndAsync();
        Conversation = null;
        _heard = [];
        _all.Clear();
        _chosen.Clear();
        Error = null;
        Relay();
    }

    /// <summary>Commits a message and starts its answer; false where it was refused, see <see cref="Error"/>.</summary>
    public async Task<bool> SendAsync(string text, CancellationToken cancellationToken)
    {
        if (IsBusy)
        {
            return false;
        }

        Error = string.IsNullOrWhiteSpace(text) ? ChatErrors.Empty()
            : text.Length > MaxCharacters ? ChatErrors.TooLong(MaxCharacters)
            : Files?.Pending is { } pending ? ChatErrors.FileNotRead(pending.Name)
            : null;
        if (Error is not null)
        {
            Changed?.Invoke();
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
            Parent = _thread.Count > 0 ? _thread[^1].Id : null,
            Role = MessageRole.User,
            Text = text.TrimEnd(),
            CreatedAt = clock.GetUtcNow(),
        });
        Error = await CommitQuestionAsync(question, cancellationToken);
        if (Error is not null)
        {
            IsBusy = false;
            Changed?.Invoke();
            return false;
        }

        _all.Add(question);
        Answer(question, Setup);
        return true;
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

    /// <summary>Answers the last question once more, or for the first time after a crash; the new answer is a sibling of the old.</summary>
    /// <param name="with">What this one answer is made with; null: <see cref="Setup"/>.</param>
    public async Task RegenerateAsync(CancellationToken cancellationToken, ChatSetup? with = null)
    {
        var question = _thread.LastOrDefault(entry => entry.Role == MessageRole.User);
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
    public void Stop() => _stop?.Cancel();

    /// <summary>Takes back why the last message was refused: the person is writing another.</summary>
    public void ForgetError()
    {
        Error = null;
        Changed?.Invoke();
    }

    /// <summary>Completes when the running answer, if any, has ended and is committed.</summary>
    public Task WhenIdleAsync() => _running;

    /// <summary>Place of an answer among its siblings, from 1, and how many there are.</summary>
    public (int Place, int Count) PlaceOf(ChatEntry entry)
    {
        var siblings = Siblings(entry.Parent);
        return (siblings.IndexOf(entry) + 1, siblings.Count);
    }

    /// <summary>Shows the sibling before (-1) or after (+1).</summary>
    public void Show(ChatEntry entry, int step)
    {
        var siblings = Siblings(entry.Parent);
        var place = siblings.IndexOf(entry) + step;
        if (!IsBusy && place >= 0 && place < siblings.Count && entry.Parent is { } parent)
        {
            _chosen[parent] = siblings[place].Id;
            Relay();
        }
    }

    /// <summary>Stops and commits what is being made: the tab was closed.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _stop?.Dispose();
        _beginning.Dispose();
    }

    private async Task EndAsync()
    {
        Stop();
        await _running;
    }

    private async Task<bool> AdmitAsync(CancellationToken cancellationToken)
    {
        IsBusy = true;
        Error = null;
        if (Admit is not null && await Admit(cancellationToken) is { Error: { } refused })
        {
            Error = refused;
            IsBusy = false;
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
                await log.UpdateAsync(Conversation.Id, Setup, [], cancellationToken, _all.Count == 0 ? question.Text : null);
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
            Conversation ??= await log.CreateAsync(title, Setup, cancellationToken);
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
            Phase = setup.Knowledge.Count + files.Count > 0 ? AnswerPhase.Searching : AnswerPhase.Reading,
        };
        _all.Add(answer);
        _chosen[question.Id] = answer.Id;
        IsBusy = true;
        Relay();
        List<TurnMessage> messages = [.. _thread.TakeWhile(entry => entry != answer).Where(entry => entry.Text.Length > 0).Select(entry => new TurnMessage(entry.Role, entry.Text))];
        _stop?.Dispose();
        _stop = new CancellationTokenSource();
        _heard = [.. _heard.Union(setup.Knowledge)];
        _running = PumpAsync(answer, setup.ToTurn(workspace, messages, _heard, files, Files?.Owner), _stop.Token);
    }

    private async Task PumpAsync(ChatEntry answer, AgentTurn turn, CancellationToken cancellationToken)
    {
        // The caller's circuit goes on rendering; only the paced signal comes back to it.
        await Task.Yield();
        using (var pace = new RenderPace(clock, answer.Notify))
        {
            try
            {
                await foreach (var happened in runner.RunAsync(turn, cancellationToken))
                {
                    Apply(answer, happened);
                    pace.Signal();
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                answer.State = MessageState.Stopped;
            }
            catch (ModelException expected)
            {
                (answer.State, answer.Error) = (MessageState.Failed, expected.Error);
            }
            catch (Exception fault)
            {
                logger.AnswerBroke(fault);
                (answer.State, answer.Error) = (MessageState.Failed, ChatErrors.Broken());
            }
        }

        await CommitAnswerAsync(answer);
        answer.Phase = AnswerPhase.Ended;
        IsBusy = false;
        answer.Notify();
        Changed?.Invoke();
    }

    private async Task CommitAnswerAsync(ChatEntry answer)
    {
        if (log is null || Conversation is null)
        {
            return;
        }

        try
        {
            // Not cancellable: a stopped answer is kept as well.
            await log.AppendAsync(answer.ToMessage(Conversation.Id), CancellationToken.None);
        }
        catch (Exception fault)
        {
            logger.MessageNotKept(fault);
            (answer.State, answer.Error) = (MessageState.Failed, ChatErrors.NotKept());
        }
    }

    private static void Apply(ChatEntry answer, AgentEvent happened)
    {
        switch (happened)
        {
            case AgentEvent.Retrieved retrieved:
                answer.Given = [.. retrieved.Hits.Take(retrieved.Given).Select(GivenPassage.Of)];
                (answer.SearchMs, answer.Phase) = (retrieved.Timings.TotalMs, AnswerPhase.Reading);
                break;
            case AgentEvent.TextDelta delta:
                answer.Append(delta.Text);
                answer.Phase = AnswerPhase.Writing;
                break;
            case AgentEvent.Completed completed:
                (answer.Citations, answer.Usage, answer.Timings) = (completed.Citations, completed.Usage, completed.Timings);
                answer.IsCut = completed.FinishReason == "length";
                break;
            case AgentEvent.Stopped stopped:
                (answer.Usage, answer.Timings) = (stopped.Usage, stopped.Timings);
                break;
            case AgentEvent.Failed failed:
                (answer.State, answer.Error) = (MessageState.Failed, failed.Error);
                break;
        }
    }

    private List<ChatEntry> Siblings(MessageId? parent) => [.. _all.Where(entry => entry.Parent == parent)];

    /// <summary>Lays the thread out again: from the first message down, of siblings the chosen one, otherwise the newest.</summary>
    private void Relay()
    {
        List<ChatEntry> thread = [];
        MessageId? parent = null;
        while (Siblings(parent) is { Count: > 0 } siblings)
        {
            var next = parent is { } known && _chosen.TryGetValue(known, out var chosen) ? siblings.Find(entry => entry.Id == chosen) ?? siblings[^1] : siblings[^1];
            thread.Add(next);
            parent = next.Id;
        }

        _thread = thread;
        Changed?.Invoke();
    }
}
