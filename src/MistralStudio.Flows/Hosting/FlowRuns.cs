using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Work;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Flows.Hosting;

/// <summary>What a run came to, or where it waits.</summary>
/// <param name="Outputs">Values by name, at hand; empty where it has none.</param>
public sealed record RunResult(RunId Id, RunStatus Status, IReadOnlyDictionary<string, FlowValue> Outputs, RunUsage Usage, Error? Error);

/// <summary>
/// Runs of flows for everybody who may have one: pages, scripts, schedules, webhooks, models. Everything is durable before it is answered;
/// whether the caller may is the caller's to check.
/// </summary>
public sealed class FlowRuns(
    FlowEngine engine, FlowPlans plans, IFlowStore flows, IFlowVersions versions, IRunStore runs, IFlowJournal journal, IBlobStore blobs, Lazy<IWorkOwner> owner, RunWatch watch)
{
    /// <summary>Begins a run; returns once it is durable and somebody owns it. An order with an id that was carried out before begins nothing.</summary>
    public async Task<Result<RunId>> StartAsync(RunOrder order, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(order);
        var run = order.Id ?? RunId.New();
        var begun = await BeginAsync(run, order, cancellationToken);
        if (!begun.IsSuccess)
        {
            return order.Id is not null && begun.Error.Code == FlowRunErrors.JournalTakenCode ? run : begun.Error;
        }

        await owner.Value.StartAsync(RunExecutor.Work(run), CancellationToken.None);
        return run;
    }

    /// <summary>Begins a run and waits until it has ended, or waits for somebody, or the time is over.</summary>
    /// <param name="seen">Is told of everything that the run does, as it does it; null for nobody.</param>
    public async Task<Result<RunResult>> RunAsync(RunOrder order, TimeSpan limit, Func<RunNotice, ValueTask>? seen, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(order);
        var isNew = order.Id is null;
        order = order with { Id = order.Id ?? RunId.New() };
        var run = order.Id.Value;
        using var watcher = watch.Watch(run);
        var started = await StartAsync(order, cancellationToken);
        if (!started.IsSuccess)
        {
            return started.Error;
        }

        order.Begun?.Invoke(run);
        return await WaitAsync(watcher, order.Workspace, isNew, limit, seen, cancellationToken);
    }

    /// <summary>Begins a fork; returns once it is durable and somebody owns it. It has the rights of who wants it.</summary>
    public async Task<Result<RunId>> ForkAsync(ForkOrder order, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(order);
        if (await FindStartAsync(order.From, cancellationToken) is not { } source || source.Workspace != order.Workspace)
        {
            return FlowRunErrors.NotFound();
        }

        var start = source with
        {
            Trigger = RunTrigger.Replay,
            Authority = new RunAuthority(order.By, null) { Key = order.Key },
            StartedBy = order.By,
            Inputs = order.Inputs.Count == 0 ? source.Inputs : Merge(source.Inputs, order.Inputs),
        };
        if (order.Version is { } choice)
        {
            var chosen = await ChooseAsync(order.Workspace, source.Flow, choice, mayBeDraft: true, cancellationToken);
            if (!chosen.IsSuccess)
            {
                return chosen.Error;
            }

            start = start with { Definition = chosen.Value.Hash, Version = chosen.Value.Number, SubFlows = chosen.Value.Called };
        }

        // The node from which on things are done anew is done anew; a published version knows no pins.
        start = start with { Pins = start.Version is null ? source.Pins.Where(pin => order.Node is null || pin.Key != Pinning.PathOf(order.Node)).ToDictionary(pin => pin.Key, pin => pin.Value, StringComparer.Ordinal) : new Dictionary<string, FlowPin>() };

        var run = RunId.New();
        var edits = order.Edits.ToDictionary(edit => edit.Key, edit => FlowValue.Of(edit.Value), StringComparer.Ordinal);
        var begun = await engine.BeginAsync(run, start, new Forked(order.From, order.Node ?? "", edits) { SparesWorld = order.SparesWorld }, cancellationToken);
        if (!begun.IsSuccess)
        {
            return begun.Error;
        }

        await owner.Value.StartAsync(RunExecutor.Work(run), CancellationToken.None);
        return run;
    }

    /// <summary>Asks for the end of a run; returns once that is durable.</summary>
    /// <param name="by">Who; null for the studio itself.</param>
    public Task<Result<Unit>> CancelAsync(RunId run, UserId? by, CancellationToken cancellationToken) => AskAsync(run, new RunMessage(by, null), cancellationToken);

    /// <summary>Uses a bookmark; returns once that is durable. Who may was checked with <see cref="Bookmark.Allows"/>.</summary>
    public Task<Result<Unit>> ResumeAsync(RunId run, Resumption resumption, CancellationToken cancellationToken) =>
        AskAsync(run, new RunMessage(null, resumption), cancellationToken);

    /// <summary>The state of a run as far as its journal is durable.</summary>
    /// <param name="keepsRounds">True where rounds of containers that are over are asked for, too.</param>
    public ValueTask<Result<RunState>> StateAsync(RunId run, CancellationToken cancellationToken, bool keepsRounds = false) => engine.StateAsync(run, cancellationToken, keepsRounds);

    /// <summary>Watches a run. Dispose the watcher.</summary>
    public RunWatcher Watch(RunId run) => watch.Watch(run);

    /// <summary>Waits until a run has ended, or waits for somebody, or the time is over.</summary>
    public async Task<Result<RunResult>> WaitAsync(WorkspaceId workspace, RunId run, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var watcher = watch.Watch(run);
        return await WaitAsync(watcher, workspace, isNew: false, limit, null, cancellationToken);
    }

    /// <summary>Values with their JSON at hand, read from the blob store where that has them.</summary>
    public async ValueTask<IReadOnlyDictionary<string, FlowValue>> LoadAsync(
        WorkspaceId workspace, RunId run, IReadOnlyDictionary<string, FlowValue> values, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Values.All(value => value.IsAtHand))
        {
            return values;
        }

        var keeper = new ValueKeeper(blobs, workspace, run);
        var loaded = new Dictionary<string, FlowValue>(values.Count, StringComparer.Ordinal);
        foreach (var (name, value) in values)
        {
            var one = await keeper.LoadAsync(value, name, cancellationToken);
            loaded[name] = one.IsSuccess ? one.Value : value;
        }

        return loaded;
    }

    private async Task<Result<Unit>> BeginAsync(RunId run, RunOrder order, CancellationToken cancellationToken)
    {
        var isCalled = order.Trigger is not (RunTrigger.Person or RunTrigger.Replay);
        var chosen = order.Trial is { } trial
            ? await KeepAsync(order.Workspace, order.Flow, trial, cancellationToken)
            : await ChooseAsync(order.Workspace, order.Flow, order.Version, mayBeDraft: !isCalled && order.By is not null, cancellationToken);
        if (!chosen.IsSuccess)
        {
            return chosen.Error;
        }

        // A published version has the rights of its publisher, a draft those of who pressed Run.
        var (hash, number, publisher, called) = chosen.Value;
        if (number is not null && publisher is null)
        {
            return HostingErrors.PublisherGone();
        }

        var start = new RunStart
        {
            Workspace = order.Workspace,
            Flow = order.Flow,
            Definition = hash,
            Version = number,
            SubFlows = called,
            Pins = number is null && order.Trial is null ? order.Pins : new Dictionary<string, FlowPin>(),
            Inputs = order.Inputs.ToDictionary(input => input.Key, input => FlowValue.Of(input.Value).From(order.Sources), StringComparer.Ordinal),
            Trigger = order.Trigger,
            Authority = new RunAuthority((number is null ? order.By : publisher)!.Value, number) { Key = order.Key },
            StartedBy = order.By,
            Depth = order.Depth,
            Budget = order.Budget,
        };
        return await engine.BeginAsync(run, start, null, cancellationToken);
    }

    private async Task<Result<Chosen>> ChooseAsync(WorkspaceId workspace, FlowId id, VersionChoice choice, bool mayBeDraft, CancellationToken cancellationToken)
    {
        if (await flows.FindAsync(workspace, id, cancellationToken) is not { } flow)
        {
            return FlowStoreErrors.NotFound();
        }

        if ((choice.IsDraft ? null : choice.Number ?? flow.PublishedVersion) is { } number)
        {
            return await versions.FindAsync(workspace, flow.Slug, number, cancellationToken) is { } version
                ? await CallsAsync(workspace, version.Json, version.Hash, number, version.PublishedBy, cancellationToken)
                : HostingErrors.NoSuchVersion(flow.Slug, number);
        }

        if (!mayBeDraft)
        {
            return HostingErrors.NotPublished(flow.Slug);
        }

        var read = FlowDefinitions.Read(flow.Draft);
        return read.IsSuccess ? await KeepAsync(workspace, id, read.Value, cancellationToken) : read.Error;
    }

    private async Task<Result<Chosen>> KeepAsync(WorkspaceId workspace, FlowId id, FlowDefinition definition, CancellationToken cancellationToken)
    {
        var hash = FlowDefinitions.Hash(definition);
        if (await versions.FindAsync(workspace, hash, cancellationToken) is null
            && !await flows.KeepAsync(workspace, id, FlowDefinitions.Write(definition), hash, cancellationToken))
        {
            return FlowStoreErrors.NotFound();
        }

        return new Chosen(hash, null, null, (await plans.FindCalledAsync(workspace, definition, cancellationToken)).Hashes);
    }

    private async Task<Result<Chosen>> CallsAsync(WorkspaceId workspace, string json, string hash, int number, UserId? publisher, CancellationToken cancellationToken)
    {
        var read = FlowDefinitions.Read(json);
        return read.IsSuccess ? new Chosen(hash, number, publisher, (await plans.FindCalledAsync(workspace, read.Value, cancellationToken)).Hashes) : read.Error;
    }

    private async Task<Result<RunResult>> WaitAsync(
        RunWatcher watcher, WorkspaceId workspace, bool isNew, TimeSpan limit, Func<RunNotice, ValueTask>? seen, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(limit);
        try
        {
            await foreach (var notice in watcher.FollowAsync(0, isNew, patience.Token))
            {
                if (seen is not null)
                {
                    await seen(notice);
                }

                switch (notice)
                {
                    case RunNotice.Happened { Event: RunFinished finished }:
                        return new RunResult(
                            watcher.Run, finished.Status, await LoadAsync(workspace, watcher.Run, finished.Outputs, cancellationToken), finished.Usage, finished.Error);
                    case RunNotice.Paused { Pause: { Kind: RunPauseKind.Suspended } pause }:
                        return new RunResult(watcher.Run, pause.Status, new Dictionary<string, FlowValue>(), RunUsage.None, null);
                    case RunNotice.Quiet when await runs.FindAsync(workspace, watcher.Run, null, patience.Token) is { Status: RunStatus.Suspended or RunStatus.Uncertain } waits:
                        return new RunResult(watcher.Run, waits.Status, new Dictionary<string, FlowValue>(), RunUsage.None, null);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It goes on by itself.
        }

        return new RunResult(watcher.Run, RunStatus.Running, new Dictionary<string, FlowValue>(), RunUsage.None, null);
    }

    private async Task<Result<Unit>> AskAsync(RunId run, RunMessage message, CancellationToken cancellationToken)
    {
        try
        {
            return RunAnswer.Read(await owner.Value.AskAsync(RunExecutor.Work(run), message.Write(), cancellationToken));
        }
        catch (TimeoutException)
        {
            return HostingErrors.NoAnswer();
        }
    }

    private async Task<RunStart?> FindStartAsync(RunId run, CancellationToken cancellationToken)
    {
        await foreach (var first in journal.ReadAsync(run, 0, cancellationToken))
        {
            return (first as RunStarted)?.Start;
        }

        return null;
    }

    private static Dictionary<string, FlowValue> Merge(IReadOnlyDictionary<string, FlowValue> inputs, IReadOnlyDictionary<string, JsonElement> instead)
    {
        var merged = new Dictionary<string, FlowValue>(inputs, StringComparer.Ordinal);
        foreach (var (name, value) in instead)
        {
            merged[name] = FlowValue.Of(value);
        }

        return merged;
    }

    private sealed record Chosen(string Hash, int? Number, UserId? Publisher, IReadOnlyDictionary<string, string> Called);
}

/// <summary>Expected failures of starting runs, and of speaking to them.</summary>
public static class HostingErrors
{
    public static Error NoSuchVersion(string flow, int number) => new(
        "flow.version_not_found", $"The flow \"{flow}\" has no version {number}.", "Open its versions to see which there are.");

    public static Error NotPublished(string flow) => new(
        "flow.not_published", $"The flow \"{flow}\" was never published, and only a published version can be called.", "Open it and press Publish.");

    public static Error PublisherGone() => new(
        "flow.publisher_gone", "Whoever published this version no longer has an account here.", "Somebody who may publish flows has to publish it again.");

    public static Error NoAnswer() => new(
        "run.no_answer", "The run did not answer in time.", "Look at the run: if nothing happened to it, try again.");
}
