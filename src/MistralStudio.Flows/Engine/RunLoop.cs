using System.Threading.Channels;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Flows.Engine;

/// <summary>Why a loop ended.</summary>
public enum RunPauseKind
{
    /// <summary>The run has ended.</summary>
    Finished,

    /// <summary>The run waits for somebody, or for its clock; nothing of it needs to stay in memory.</summary>
    Suspended,

    /// <summary>The process stops; the run goes on from its journal.</summary>
    Stopped,

    /// <summary>The journal could not be written; the run goes on from it later.</summary>
    Faulted,
}

/// <summary>How a loop ended.</summary>
/// <param name="ClockAt">When the run's own clock goes on with it; null where it does not.</param>
/// <param name="Error">Why the journal could not be written.</param>
public sealed record RunPause(RunPauseKind Kind, RunStatus Status, DateTimeOffset? ClockAt, Error? Error = null);

/// <summary>
/// The one owner of a run: it reads a mailbox, alone changes the run's state, and commits every transition before anything outside sees it.
/// Pure nodes run in the same breath and cost no commit of their own.
/// </summary>
public sealed partial class RunLoop
{
    private const int MostPending = 256;

    /// <summary>How long nodes that run are waited for when their run is stopped.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(100);

    /// <summary>How long nodes that change the world are waited for when the process stops.</summary>
    private static readonly TimeSpan s_stopGrace = TimeSpan.FromSeconds(10);

    private readonly RunServices _services;
    private readonly RunState _state;
    private readonly ValueKeeper _keeper;
    private readonly NodeRunner _runner;
    private readonly Channel<Action> _mailbox = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<RunEvent> _pending = [];
    private readonly List<Action> _afterCommit = [];
    private readonly Dictionary<NodeState, InFlight> _inFlight = [];
    private readonly TaskCompletionSource _durable = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ForkSource? _fork;
    private readonly IReadOnlyDictionary<string, PinnedOutcome> _pins;
    private DateTimeOffset? _alarmAt;
    private ITimer? _alarm;
    private DateTimeOffset? _endBy;
    private bool _isStopping;

    internal RunLoop(RunId run, FlowPlan plan, RunStart start, IReadOnlyList<RunEvent> journal, RunServices services, ForkSource? fork, IReadOnlyDictionary<string, PinnedOutcome> pins)
    {
        Run = run;
        _services = services;
        (_fork, _pins) = (fork, pins);
        _keeper = new ValueKeeper(services.Blobs, start.Workspace, run);
        _runner = new NodeRunner(services, _keeper, run, start);
        _state = RunState.Fold(plan, journal);
        if (journal.Count == 0)
        {
            Emit(new RunStarted(start));
            if (fork is not null)
            {
                Emit(fork.Forked);
            }
        }
    }

    /// <summary>The run.</summary>
    public RunId Run { get; }

    /// <summary>The state as its owner has it: to be read between calls of <see cref="RunAsync"/> only.</summary>
    public RunState State => _state;

    /// <summary>Done once the first commit of this loop is durable; cancelled where it ends without one.</summary>
    public Task Durable => _durable.Task;

    /// <summary>Asks for the end of the run; returns once that is durable. A run that has ended stays as it is.</summary>
    public Task<Result<Unit>> CancelAsync(UserId? by) => Ask(answer =>
    {
        if (_state.EndedAt is not null)
        {
            answer(RunErrors.Ended());
            return;
        }

        if (!_state.IsCancelRequested)
        {
            Emit(new CancelRequested(by));
        }

        _afterCommit.Add(() => answer(default(Unit)));
    });

    /// <summary>
    /// Uses a bookmark; returns once that is durable. Fails where it was used already, or the decision or its values are none that it allows.
    /// Whether the person may decide is the caller's to check.
    /// </summary>
    public Task<Result<Unit>> ResumeAsync(Resumption resumption)
    {
        ArgumentNullException.ThrowIfNull(resumption);
        return Ask(answer =>
        {
            var node = _state.Waiting.Concat(_state.Uncertain).FirstOrDefault(node => node.Bookmark!.Id == resumption.Bookmark);
            var problem = node is null || _state.EndedAt is not null ? RunErrors.BookmarkUsed() : Decisions.Problem(node.Bookmark!, resumption);
            if (problem is not null)
            {
                answer(problem);
                return;
            }

            Emit(new Resumed(resumption) { Node = node!.Path, Attempt = node.Attempt });
            _afterCommit.Add(() => answer(default(Unit)));
        });
    }

    /// <summary>
    /// Runs until the run has ended, or waits, or the process stops. Called once; messages sent afterwards are answered with
    /// <see cref="RunErrors.Ended"/>.
    /// </summary>
    public async Task<RunPause> RunAsync(CancellationToken stop)
    {
        using var stopping = stop.Register(() => _mailbox.Writer.TryWrite(Stop));
        try
        {
            Recover();
            while (true)
            {
                while (_mailbox.Reader.TryRead(out var message))
                {
                    message();
                }

                var isIdle = Advance();
                if (_pending.Count > 0 || _afterCommit.Count > 0)
                {
                    if (await CommitAsync() is { } failed)
                    {
                        return new RunPause(RunPauseKind.Faulted, _state.Status, null, failed);
                    }

                    continue;
                }

                if (_state.EndedAt is not null)
                {
                    return new RunPause(RunPauseKind.Finished, _state.Status, null);
                }

                if (!isIdle || _mailbox.Reader.TryPeek(out _))
                {
                    continue;
                }

                if (_isStopping && (_inFlight.Count == 0 || _endBy <= _services.Time.GetUtcNow()))
                {
                    return new RunPause(RunPauseKind.Stopped, _state.Status, _state.ClockAt);
                }

                if (_inFlight.Count == 0 && !_isStopping && _state.Status is RunStatus.Suspended or RunStatus.Uncertain)
                {
                    return new RunPause(RunPauseKind.Suspended, _state.Status, _state.ClockAt);
                }

                SetAlarm();
                await _mailbox.Reader.WaitToReadAsync(CancellationToken.None);
            }
        }
        finally
        {
            End();
        }
    }

    // Nodes that were in somebody's hands when the last owner died.
    private void Recover()
    {
        foreach (var node in _state.Running.Where(node => !node.Plan.IsContainer).OrderBy(node => node.Path, StringComparer.Ordinal).ToList())
        {
            if (RecoveryRule.MayRunAgain(node))
            {
                Start(node);
            }
            else
            {
                Emit(new NodeUncertain(Decisions.OfUncertain(node)) { Node = node.Path, Attempt = node.Attempt });
            }
        }
    }

    /// <summary>Does what can be done without waiting; true where nothing is left of that.</summary>
    private bool Advance()
    {
        if (_isStopping)
        {
            return true;
        }

        var now = _services.Time.GetUtcNow();
        while (_pending.Count < MostPending)
        {
            if (RunScheduler.Next(_state, now, _inFlight.Count) is not { } action)
            {
                return true;
            }

            if (action is RunAction.Finish finish)
            {
                return Finish(finish);
            }

            Do(action);
        }

        return false;
    }

    // Those that run are told, and have a moment to say how they ended.
    private bool Finish(RunAction.Finish finish)
    {
        var now = _services.Time.GetUtcNow();
        if (_inFlight.Count > 0 && _endBy is null)
        {
            _endBy = now + s_grace;
            foreach (var running in _inFlight.Values)
            {
                running.Cancel();
            }
        }

        if (_inFlight.Count > 0 && now < _endBy)
        {
            return true;
        }

        _inFlight.Clear();
        IReadOnlyDictionary<string, FlowValue> outputs = finish.Status == RunStatus.Succeeded && _state.Root.Outputs is { } given ? given : new Dictionary<string, FlowValue>();
        Emit(new RunFinished(finish.Status, outputs, finish.Error) { Usage = _state.Usage });
        return true;
    }

    private void Emit(RunEvent happened)
    {
        var numbered = happened with { Seq = _state.LastSeq + 1, At = _services.Time.GetUtcNow() };
        _state.Apply(numbered);
        _pending.Add(numbered);
    }

    private async ValueTask<Error?> CommitAsync()
    {
        var events = _pending.ToArray();
        _pending.Clear();
        if (events.Length > 0)
        {
            var status = _inFlight.Count > 0 && !_state.Status.IsEnded() ? RunStatus.Running : _state.Status;
            var committed = await _services.Journal.AppendAsync(new RunCommit(Run, events, status, _state.ClockAt), CancellationToken.None);
            if (!committed.IsSuccess)
            {
                Log.JournalRefused(_services.Logger, Run, committed.Error.Code);
                return committed.Error;
            }

            _durable.TrySetResult();
            foreach (var observer in _services.Observers)
            {
                observer.Committed(Run, events);
            }
        }

        var after = _afterCommit.ToArray();
        _afterCommit.Clear();
        foreach (var act in after)
        {
            act();
        }

        return null;
    }

    private void SetAlarm()
    {
        var at = _endBy ?? _state.ClockAt;
        if (at == _alarmAt)
        {
            return;
        }

        _alarm?.Dispose();
        _alarmAt = at;
        if (at is { } due)
        {
            // A clock that jumps is asked again after a quarter of an hour at the latest.
            var wait = due - _services.Time.GetUtcNow();
            var sleep = TimeSpan.FromTicks(Math.Clamp(wait.Ticks, TimeSpan.TicksPerMillisecond, TimeSpan.FromMinutes(15).Ticks));
            _alarm = _services.Time.CreateTimer(_ => _mailbox.Writer.TryWrite(() => _alarmAt = null), null, sleep, Timeout.InfiniteTimeSpan);
        }
    }

    private void Stop()
    {
        _isStopping = true;
        _endBy = _services.Time.GetUtcNow() + s_stopGrace;
        foreach (var (node, running) in _inFlight.ToList())
        {
            if (RecoveryRule.MayRunAgain(node))
            {
                running.Cancel();
                _inFlight.Remove(node);
            }
        }
    }

    private void End()
    {
        _alarm?.Dispose();
        _durable.TrySetCanceled();
        _mailbox.Writer.TryComplete();
        foreach (var running in _inFlight.Values)
        {
            running.Cancel();
        }

        _inFlight.Clear();
        while (_mailbox.Reader.TryRead(out var message))
        {
            _isClosed = true;
            message();
        }
    }

    private bool _isClosed;

    private Task<Result<Unit>> Ask(Action<Action<Result<Unit>>> question)
    {
        var answer = new TaskCompletionSource<Result<Unit>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = _mailbox.Writer.TryWrite(() =>
        {
            if (_isClosed)
            {
                answer.TrySetResult(RunErrors.Ended());
            }
            else
            {
                question(result => answer.TrySetResult(result));
            }
        });
        return sent ? answer.Task : Task.FromResult<Result<Unit>>(RunErrors.Ended());
    }

    private sealed class InFlight(CancellationTokenSource source)
    {
        public CancellationToken Token => source.Token;

        // Off the loop: what a node registered there is not the loop's to run.
        public void Cancel() => _ = source.CancelAsync();
    }
}
