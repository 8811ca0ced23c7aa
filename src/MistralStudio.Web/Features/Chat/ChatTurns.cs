using System.Collections.Concurrent;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.Chat;

/// <summary>
/// The answers that are being made, apart from the pages that asked: a lost connection, a reload or a closed tab ends none of them, and the
/// page that opens the conversation finds the text so far and goes on with it. An answer that nobody keeps (a shared link, a preview) is not
/// found here and ends with its page.
/// </summary>
public sealed class ChatTurns(IAgentRunner runner, TimeProvider clock, ILogger<ChatTurns> logger) : IHostedService
{
    /// <summary>Answers that one person may have made at a time; what is held for each is its text.</summary>
    public const int MostPerPerson = 32;

    private readonly ConcurrentDictionary<ConversationId, ChatTurn> _running = new();

    /// <summary>How many kept answers are being made.</summary>
    public int Count => _running.Count;

    /// <summary>The answer that a conversation of this log waits for; null where there is none, and where it is somebody else's.</summary>
    public ChatTurn? Find(ConversationLog log, ConversationId conversation) =>
        _running.TryGetValue(conversation, out var turn) && turn.Keeping!.Log.IsOf(log) ? turn : null;

    /// <summary>Begins an answer; a conversation has one at a time, also when two pages ask at once.</summary>
    /// <param name="keeping">Where it is kept; null: with the page.</param>
    public Result<ChatTurn> Begin(ChatEntry question, ChatEntry answer, AgentTurn turn, TurnKeeping? keeping)
    {
        var made = new ChatTurn(question, answer, keeping);
        if (keeping is not null)
        {
            if (_running.Values.Count(running => running.Keeping!.Log.HasOwnerOf(keeping.Log)) >= MostPerPerson)
            {
                return ChatErrors.TooManyAnswers(MostPerPerson);
            }

            if (!_running.TryAdd(keeping.Conversation, made))
            {
                return ChatErrors.AnsweredElsewhere();
            }
        }

        _ = PumpAsync(made, turn, made.Stopped);
        return made;
    }

    /// <summary>Stops the answer that a conversation waits for, if there is one, and waits until it is committed.</summary>
    public async Task EndAsync(ConversationLog log, ConversationId conversation)
    {
        if (Find(log, conversation) is { } turn)
        {
            turn.Stop();
            await turn.Ended;
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The studio goes down: every answer stops and is committed as far as it came.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        var running = _running.Values.ToList();
        running.ForEach(turn => turn.Stop());
        return Task.WhenAll(running.Select(turn => turn.Ended)).WaitAsync(cancellationToken);
    }

    private async Task PumpAsync(ChatTurn turn, AgentTurn asked, CancellationToken stop)
    {
        // The caller's circuit goes on rendering.
        await Task.Yield();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var watch = WatchAsync(turn, over.Token);
        try
        {
            await foreach (var happened in runner.RunAsync(asked, stop))
            {
                turn.Apply(happened);
                if (happened is AgentEvent.Tool)
                {
                    // What may change the world, and what came of it, is kept before it is shown.
                    await KeepAsync(turn);
                }

                turn.Answer.Notify();
                if (turn.Answer.Length > ChatTurn.MostCharacters)
                {
                    turn.Fail(ChatErrors.AnswerTooLong(ChatTurn.MostCharacters));
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            turn.Answer.State = MessageState.Stopped;
        }
        catch (ModelException expected)
        {
            turn.Fail(expected.Error);
        }
        catch (Exception fault)
        {
            logger.AnswerBroke(fault);
            turn.Fail(ChatErrors.Broken());
        }

        await over.CancelAsync();
        await watch;
        await CommitAsync(turn);
        if (turn.Keeping is { } keeping)
        {
            _running.TryRemove(keeping.Conversation, out _);
        }

        turn.End();
    }

    /// <summary>Stops the answer of a person who was signed out, demoted, suspended or removed: without a page there is no circuit that would.</summary>
    private async Task WatchAsync(ChatTurn turn, CancellationToken over)
    {
        if (turn.Keeping?.Stands is not { } stands)
        {
            return;
        }

        try
        {
            using var timer = new PeriodicTimer(StandingRights.Interval, clock);
            while (await timer.WaitForNextTickAsync(over))
            {
                if (!await stands(over))
                {
                    turn.Stop();
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // it ended
        }
        catch (Exception fault)
        {
            // Rights that cannot be asked for are not there.
            logger.AnswerBroke(fault);
            turn.Stop();
        }
    }

    /// <summary>Keeps an answer as far as it came: what a crash would leave is one that was stopped.</summary>
    private static Task KeepAsync(ChatTurn turn) => turn.Keeping is { } keeping
        ? keeping.Log.KeepAsync(turn.Answer.ToMessage(keeping.Conversation) with { State = MessageState.Stopped }, CancellationToken.None)
        : Task.CompletedTask;

    private async Task CommitAsync(ChatTurn turn)
    {
        if (turn.Keeping is not { } keeping)
        {
            return;
        }

        try
        {
            // Not cancellable: a stopped answer is kept as well.
            await keeping.Log.KeepAsync(turn.Answer.ToMessage(keeping.Conversation), CancellationToken.None);
        }
        catch (Exception fault)
        {
            logger.MessageNotKept(fault);
            turn.Fail(ChatErrors.NotKept());
        }
    }
}
