using Microsoft.Extensions.Logging;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Flows.Engine;

/// <summary>Makes the loops that own runs. It holds nothing of any run.</summary>
public sealed class FlowEngine
{
    private readonly FlowPlans _plans;
    private readonly RunServices _services;

    /// <summary>Composes it; results of other runs are reused where somebody keeps them.</summary>
    public FlowEngine(
        FlowPlans plans, IFlowJournal journal, IBlobStore blobs, IRunRights rights, IEnumerable<INodeResults> results, IEnumerable<IRunObserver> observers, TimeProvider time,
        ILogger<FlowEngine> logger)
    {
        _plans = plans;
        _services = new RunServices(journal, blobs, rights, results.FirstOrDefault(), [.. observers], time, logger);
    }

    /// <summary>
    /// The loop of a new run. Nothing of it is durable before <see cref="RunLoop.RunAsync"/> made its first commit. Fails where the definition
    /// does not compile, or an input is missing, unknown or of the wrong type.
    /// </summary>
    public async ValueTask<Result<RunLoop>> StartAsync(RunId run, RunStart start, CancellationToken cancellationToken)
    {
        var prepared = await PrepareAsync(run, start, null, cancellationToken);
        return prepared.IsSuccess ? prepared.Value.ToLoop(run, _services) : prepared.Error;
    }

    /// <summary>
    /// Makes a new run durable without going on with it, which is its owner's: <see cref="OpenAsync"/>. Fails as <see cref="StartAsync"/> and
    /// <see cref="ForkAsync"/> do, and with <see cref="FlowRunErrors.JournalTaken"/> where a run has this id.
    /// </summary>
    /// <param name="forked">What it is a fork of; null where it is none.</param>
    public async ValueTask<Result<Unit>> BeginAsync(RunId run, RunStart start, Forked? forked, CancellationToken cancellationToken)
    {
        var prepared = await PrepareAsync(run, start, forked, cancellationToken);
        if (!prepared.IsSuccess)
        {
            return prepared.Error;
        }

        List<RunEvent> events = [new RunStarted(prepared.Value.Start)];
        if (forked is not null)
        {
            events.Add(forked);
        }

        return await AppendAsync(run, 0, events, RunStatus.Running);
    }

    /// <summary>Ends a run that no loop can go on with any more: its definition is gone, or does not compile here.</summary>
    public async ValueTask<Result<Unit>> EndAsync(RunId run, RunStatus status, Error error, CancellationToken cancellationToken)
    {
        var events = await ReadAsync(run, cancellationToken);
        return events switch
        {
            [] => FlowRunErrors.NotFound(),
            [.., RunFinished] => RunErrors.Ended(),
            _ => await AppendAsync(run, events[^1].Seq, [new RunFinished(status, new Dictionary<string, FlowValue>(), error)], status),
        };
    }

    /// <summary>The loop of a run that has a journal: it goes on where that ends.</summary>
    public async ValueTask<Result<RunLoop>> OpenAsync(RunId run, CancellationToken cancellationToken)
    {
        var events = await ReadAsync(run, cancellationToken);
        if (events is not [RunStarted { Start: var start }, ..])
        {
            return FlowRunErrors.NotFound();
        }

        var plan = await _plans.OfAsync(start, cancellationToken);
        if (!plan.IsSuccess)
        {
            return plan.Error;
        }

        var pins = await Pinning.ReadAsync(start, source => ReadAsync(source, cancellationToken));
        if (!pins.IsSuccess)
        {
            return pins.Error;
        }

        var fork = events is [_, Forked forked, ..] ? await Forking.FromAsync(forked, start, _plans, run => ReadAsync(run, cancellationToken), cancellationToken) : null;
        return new RunLoop(run, plan.Value, start, events, _services, fork, pins.Value);
    }

    /// <summary>
    /// The loop of a fork: a new run that takes over what another came to before a node, and does the rest anew.
    /// </summary>
    /// <param name="start">How the fork begins: the definition may be another version.</param>
    /// <param name="forked">Which run, from which node on, with which values instead.</param>
    public async ValueTask<Result<RunLoop>> ForkAsync(RunId run, RunStart start, Forked forked, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(forked);
        var prepared = await PrepareAsync(run, start, forked, cancellationToken);
        return prepared.IsSuccess ? prepared.Value.ToLoop(run, _services) : prepared.Error;
    }

    /// <summary>The state of a run as far as its journal is durable; fails where there is no such run.</summary>
    /// <param name="keepsRounds">True where rounds of containers that are over are asked for, too.</param>
    public async ValueTask<Result<RunState>> StateAsync(RunId run, CancellationToken cancellationToken, bool keepsRounds = false)
    {
        var events = await ReadAsync(run, cancellationToken);
        if (events is not [RunStarted { Start: var start }, ..])
        {
            return FlowRunErrors.NotFound();
        }

        var plan = await _plans.OfAsync(start, cancellationToken);
        return plan.IsSuccess ? RunState.Fold(plan.Value, events, keepsRounds) : plan.Error;
    }

    private async ValueTask<Result<Prepared>> PrepareAsync(RunId run, RunStart start, Forked? forked, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(start);
        var plan = await _plans.OfAsync(start, cancellationToken);
        if (!plan.IsSuccess)
        {
            return plan.Error;
        }

        var pins = await Pinning.ReadAsync(start, source => ReadAsync(source, cancellationToken));
        if (!pins.IsSuccess)
        {
            return pins.Error;
        }

        var keeper = new ValueKeeper(_services.Blobs, start.Workspace, run);
        if (forked is null)
        {
            if (RunInputs.Problem(plan.Value.Inputs, start) is { } wrong)
            {
                return wrong;
            }

            var kept = await keeper.KeepAsync(start.Inputs, cancellationToken);
            return kept.IsSuccess ? new Prepared(plan.Value, start with { Inputs = kept.Value }, null, pins.Value) : kept.Error;
        }

        if (await Forking.FromAsync(forked, start, _plans, source => ReadAsync(source, cancellationToken), cancellationToken) is not { } fork)
        {
            return FlowRunErrors.NotFound();
        }

        if (Forking.Problem(plan.Value, forked) is { } problem)
        {
            return problem;
        }

        var adopted = await keeper.AdoptAsync(start.Inputs, cancellationToken);
        return adopted.IsSuccess ? new Prepared(plan.Value, start with { Inputs = adopted.Value }, fork, pins.Value) : adopted.Error;
    }

    private async ValueTask<Result<Unit>> AppendAsync(RunId run, long after, IReadOnlyList<RunEvent> happened, RunStatus status)
    {
        var now = _services.Time.GetUtcNow();
        RunEvent[] events = [.. happened.Select((one, index) => one with { Seq = after + index + 1, At = now })];
        var committed = await _services.Journal.AppendAsync(new RunCommit(run, events, status, null), CancellationToken.None);
        if (committed.IsSuccess)
        {
            foreach (var observer in _services.Observers)
            {
                observer.Committed(run, events);
            }
        }

        return committed;
    }

    private async Task<List<RunEvent>> ReadAsync(RunId run, CancellationToken cancellationToken)
    {
        var events = new List<RunEvent>();
        await foreach (var happened in _services.Journal.ReadAsync(run, 0, cancellationToken))
        {
            events.Add(happened);
        }

        return events;
    }

    private sealed record Prepared(FlowPlan Plan, RunStart Start, ForkSource? Fork, IReadOnlyDictionary<string, PinnedOutcome> Pins)
    {
        public RunLoop ToLoop(RunId run, RunServices services) => new(run, Plan, Start, [], services, Fork, Pins);
    }
}
