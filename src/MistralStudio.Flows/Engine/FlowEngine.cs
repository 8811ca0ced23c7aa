using Microsoft.Extensions.Logging;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
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
        ArgumentNullException.ThrowIfNull(start);
        var plan = await _plans.OfAsync(start, cancellationToken);
        if (!plan.IsSuccess)
        {
            return plan.Error;
        }

        if (RunInputs.Problem(plan.Value.Inputs, start) is { } problem)
        {
            return problem;
        }

        var kept = await new ValueKeeper(_services.Blobs, start.Workspace, run).KeepAsync(start.Inputs, cancellationToken);
        return kept.IsSuccess ? new RunLoop(run, plan.Value, start with { Inputs = kept.Value }, [], _services) : kept.Error;
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

        var fork = events is [_, Forked forked, ..] ? await Forking.FromAsync(forked, start, _plans, run => ReadAsync(run, cancellationToken), cancellationToken) : null;
        return new RunLoop(run, plan.Value, start, events, _services, fork);
    }

    /// <summary>
    /// The loop of a fork: a new run that takes over what another came to before a node, and does the rest anew.
    /// </summary>
    /// <param name="start">How the fork begins: the definition may be another version.</param>
    /// <param name="forked">Which run, from which node on, with which values instead.</param>
    public async ValueTask<Result<RunLoop>> ForkAsync(RunId run, RunStart start, Forked forked, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(forked);
        var plan = await _plans.OfAsync(start, cancellationToken);
        if (!plan.IsSuccess)
        {
            return plan.Error;
        }

        if (await Forking.FromAsync(forked, start, _plans, source => ReadAsync(source, cancellationToken), cancellationToken) is not { } source)
        {
            return FlowRunErrors.NotFound();
        }

        if (Forking.Problem(plan.Value, forked) is { } problem)
        {
            return problem;
        }

        var kept = await new ValueKeeper(_services.Blobs, start.Workspace, run).AdoptAsync(start.Inputs, cancellationToken);
        return kept.IsSuccess ? new RunLoop(run, plan.Value, start with { Inputs = kept.Value }, [], _services, source) : kept.Error;
    }

    /// <summary>The state of a run as far as its journal is durable; null where there is no such run.</summary>
    public async ValueTask<Result<RunState>> StateAsync(RunId run, CancellationToken cancellationToken)
    {
        var events = await ReadAsync(run, cancellationToken);
        if (events is not [RunStarted { Start: var start }, ..])
        {
            return FlowRunErrors.NotFound();
        }

        var plan = await _plans.OfAsync(start, cancellationToken);
        return plan.IsSuccess ? RunState.Fold(plan.Value, events) : plan.Error;
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
}
