using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;

namespace MistralStudio.Web.Features.Chat;

/// <summary>An answer in the making. It belongs to the studio, not to the page that asked: pages attach to it and leave it.</summary>
public sealed class ChatTurn : IDisposable
{
    /// <summary>Characters that an answer may have; a remote server that never ends is ended here.</summary>
    public const int MostCharacters = 2_000_000;

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal ChatTurn(ChatEntry question, ChatEntry answer, TurnKeeping? keeping) => (Question, Answer, Keeping) = (question, answer, keeping);

    /// <summary>What is answered.</summary>
    public ChatEntry Question { get; }

    /// <summary>The answer so far; it says when it grew.</summary>
    public ChatEntry Answer { get; }

    /// <summary>Completes when it has ended, whichever way, and is committed.</summary>
    public Task Ended => _ended.Task;

    internal TurnKeeping? Keeping { get; }

    /// <summary>Stops it; what is there stays.</summary>
    public void Stop()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // it ended meanwhile
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    internal CancellationToken Stopped => _stop.Token;

    internal void End()
    {
        Answer.Phase = AnswerPhase.Ended;
        Answer.Notify();
        _ended.SetResult();
        Dispose();
    }

    internal void Apply(AgentEvent happened)
    {
        switch (happened)
        {
            case AgentEvent.Retrieved retrieved:
                Answer.Given = [.. retrieved.Hits.Take(retrieved.Given).Select(GivenPassage.Of)];
                (Answer.SearchMs, Answer.Phase) = (retrieved.Timings.TotalMs, AnswerPhase.Reading);
                break;
            case AgentEvent.TextDelta delta:
                Answer.Append(delta.Text);
                Answer.Phase = AnswerPhase.Writing;
                break;
            case AgentEvent.Confidence told:
                Answer.Take(told.Tokens);
                break;
            case AgentEvent.Tool called:
                Answer.Take(called.Use);
                Answer.Phase = AnswerPhase.Writing;
                break;
            case AgentEvent.Checked looked:
                Answer.Check = looked.Check;
                break;
            case AgentEvent.Completed completed:
                (Answer.Citations, Answer.Usage, Answer.Timings) = (completed.Citations, completed.Usage, completed.Timings);
                Answer.IsCut = completed.FinishReason == "length";
                break;
            case AgentEvent.Stopped stopped:
                (Answer.Usage, Answer.Timings) = (stopped.Usage, stopped.Timings);
                break;
            case AgentEvent.Failed failed:
                Fail(failed.Error);
                break;
        }
    }

    internal void Fail(Error error) => (Answer.State, Answer.Error) = (MessageState.Failed, error);
}

/// <summary>Where an answer is kept when it ends.</summary>
/// <param name="Log">Whose conversations.</param>
/// <param name="Conversation">The one that it belongs to.</param>
/// <param name="Stands">True while its owner may still have it made: asked again and again while it is; null where that is not to be lost.</param>
public sealed record TurnKeeping(ConversationLog Log, ConversationId Conversation, Func<CancellationToken, Task<bool>>? Stands);
