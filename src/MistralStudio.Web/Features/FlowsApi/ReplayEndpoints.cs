using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Hosting;
using MistralStudio.Flows.Runs;
using MistralStudio.Flows.Trials;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>Runs once more: a node by itself, past runs against another version, a run as a file.</summary>
internal static class ReplayEndpoints
{
    private const int MostReplays = 100;
    private const int UsualWaitSeconds = 120;
    private const int MostWaitSeconds = 600;

    /// <summary>Maps what belongs to a flow, below the group of flows.</summary>
    public static void MapReplays(this RouteGroupBuilder flows)
    {
        flows.MapPost("/{id:guid}/nodes/{**path}", TryNodeAsync).RequirePermission(Permissions.FlowsRun).WithIdempotency()
            .WithSummary("Runs one node of the draft by itself, with the values of a past run or with given ones, and waits for it.")
            .Produces<WireTrial>().Produces<WireTrial>(202).ProducesProblems(404, 409, 422);
        flows.MapPost("/{id:guid}/replays", ReplayAsync).RequirePermission(Permissions.FlowsRun).WithIdempotency()
            .WithSummary("Runs past runs again with another version; what they did to the world is taken from them, not done again.")
            .Produces<WireReplays>(202).ProducesProblems(404, 409, 422);
    }

    /// <summary>Maps what belongs to a run, below the group of runs.</summary>
    public static void MapReplayedRuns(this RouteGroupBuilder runs)
    {
        runs.MapGet("/{id:guid}/compare/{other:guid}", CompareAsync).RequirePermission(Permissions.RunsRead)
            .WithSummary("Two runs side by side: outcome, outputs and nodes.").Produces<WireComparison>().ProducesProblems(404, 422);
        runs.MapGet("/{id:guid}/export", ExportAsync).RequirePermission(Permissions.RunsRead)
            .WithSummary("The run as one file, with its definitions and values, that opens in another studio.").Produces<JsonElement>().ProducesProblems(404);
        runs.MapPost("/import", ImportAsync).RequirePermission(Permissions.FlowsWrite).WithIdempotency().WithMetadata(new RequestSizeLimitAttribute(RunArchive.MostBytes))
            .WithSummary("Takes in a run of another studio as a flow that nobody published and a run that has ended.").Accepts<JsonElement>("application/json")
            .Produces<WireImportedRun>(201).ProducesProblems(409, 413, 422);
    }

    private static async Task<IResult> TryNodeAsync(
        FlowId id, string path, WireTrialOrder? body, HttpContext http, [FromServices] IFlowStore flows, [FromServices] IRunStore store, [FromServices] FlowRuns runs)
    {
        var caller = http.GetCaller();
        var seconds = PageSize.Read(body?.WaitSeconds, UsualWaitSeconds, MostWaitSeconds, "waitSeconds");
        if (!seconds.IsSuccess)
        {
            return ErrorResults.From(seconds.Error);
        }

        if (await flows.FindAsync(caller.Workspace, id, http.RequestAborted) is not { } flow)
        {
            return ErrorResults.From(FlowStoreErrors.NotFound());
        }

        var draft = FlowDefinitions.Read(flow.Draft);
        if (!draft.IsSuccess)
        {
            return ErrorResults.From(draft.Error);
        }

        // Of an instance (each[17]/draft) its rounds are asked for.
        if (body?.Instance is { } instance && Pinning.PathOf(instance) != path)
        {
            return ErrorResults.From(ReplayErrors.OtherInstance(instance, path));
        }

        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (body?.Run is { } run)
        {
            if (await store.FindRunAsync(run, http) is not { } past || past.Flow != id)
            {
                return ErrorResults.From(FlowRunErrors.NotFound());
            }

            var captured = await NodeCapture.OfAsync(runs, past, draft.Value, path, Pinning.RoundsOf(body.Instance ?? ""), http.RequestAborted);
            if (!captured.IsSuccess)
            {
                return ErrorResults.From(captured.Error);
            }

            values = new(captured.Value.Values, StringComparer.Ordinal);
        }

        foreach (var (name, value) in body?.Inputs ?? [])
        {
            values[name] = value;
        }

        var trial = NodeTrial.Of(draft.Value, path, values);
        if (!trial.IsSuccess)
        {
            return ErrorResults.From(trial.Error);
        }

        var order = new RunOrder { Workspace = caller.Workspace, Flow = id, Trial = trial.Value, Trigger = RunTrigger.Replay, By = caller.User, Key = RunEndpoints.KeyOf(http) };
        var ran = await runs.RunAsync(order, TimeSpan.FromSeconds(seconds.Value), null, http.RequestAborted);
        if (!ran.IsSuccess)
        {
            return ErrorResults.From(ran.Error);
        }

        var state = await runs.StateAsync(ran.Value.Id, http.RequestAborted);
        var node = state.IsSuccess ? state.Value.Nodes().FirstOrDefault(one => one.Path == path.Split('/')[^1]) : null;
        var shown = new WireTrial(ran.Value.Id, WireJson.Camel(ran.Value.Status), node is null ? null : WireNode.From(node));
        return ran.Value.Status.IsEnded() ? TypedResults.Ok(shown) : TypedResults.Accepted($"/api/runs/{ran.Value.Id}", shown);
    }

    private static async Task<IResult> ReplayAsync(
        FlowId id, WireReplayOrder body, HttpContext http, [FromServices] IFlowStore flows, [FromServices] IRunStore store, [FromServices] FlowRuns runs)
    {
        var caller = http.GetCaller();
        var version = RunEndpoints.ReadVersion(body.Version);
        if (!version.IsSuccess)
        {
            return ErrorResults.From(version.Error);
        }

        if (body.Runs is not { Count: > 0 and <= MostReplays })
        {
            return ErrorResults.From(ReplayErrors.HowMany(MostReplays));
        }

        if (await flows.FindAsync(caller.Workspace, id, http.RequestAborted) is null)
        {
            return ErrorResults.From(FlowStoreErrors.NotFound());
        }

        var replays = new List<WireReplay>();
        foreach (var run in body.Runs.Distinct())
        {
            if (await store.FindRunAsync(run, http) is not { } past || past.Flow != id)
            {
                replays.Add(new WireReplay(run, null, FlowRunErrors.NotFound()));
                continue;
            }

            var order = new ForkOrder
            {
                Workspace = caller.Workspace,
                From = run,
                Version = version.Value,
                SparesWorld = true,
                By = caller.User!.Value,
                Key = RunEndpoints.KeyOf(http),
            };
            var begun = await runs.ForkAsync(order, http.RequestAborted);
            replays.Add(new WireReplay(run, begun.IsSuccess ? begun.Value : null, begun.Error));
        }

        return TypedResults.Accepted((string?)null, new WireReplays(replays));
    }

    private static async Task<IResult> CompareAsync(RunId id, RunId other, HttpContext http, [FromServices] IRunStore store, [FromServices] FlowRuns runs)
    {
        if (await store.FindRunAsync(id, http) is not { } left || await store.FindRunAsync(other, http) is not { } right)
        {
            return ErrorResults.From(FlowRunErrors.NotFound());
        }

        var (one, two) = (await runs.StateAsync(id, http.RequestAborted), await runs.StateAsync(other, http.RequestAborted));
        if (!one.IsSuccess || !two.IsSuccess)
        {
            return ErrorResults.From(one.Error ?? two.Error!);
        }

        return TypedResults.Ok(new WireComparison(
            await SideAsync(runs, left, one.Value, http.RequestAborted),
            await SideAsync(runs, right, two.Value, http.RequestAborted),
            [.. RunComparison.Of(one.Value, two.Value).Select(WireNodePair.From)]));
    }

    private static async Task<IResult> ExportAsync(RunId id, HttpContext http, [FromServices] IRunStore store, [FromServices] RunArchive archive)
    {
        var workspace = http.GetCaller().Workspace;
        if (await store.FindRunAsync(id, http) is null || await archive.WriteAsync(workspace, id, http.RequestAborted) is not { } file)
        {
            return ErrorResults.From(FlowRunErrors.NotFound());
        }

        await store.NoteExportAsync(workspace, id, http.GetCaller().User, http.RequestAborted);
        return TypedResults.File(file, "application/json", $"run-{id}.json");
    }

    private static async Task<IResult> ImportAsync(HttpContext http, [FromServices] RunArchive archive)
    {
        JsonElement file;
        try
        {
            file = await JsonSerializer.DeserializeAsync<JsonElement>(http.Request.Body, FlowJson.Relaxed, http.RequestAborted);
        }
        catch (JsonException)
        {
            return ErrorResults.From(ArchiveErrors.Unreadable("it is no JSON"));
        }

        var caller = http.GetCaller();
        var taken = await archive.ReadAsync(caller.Workspace, file, caller.User!.Value, http.RequestAborted);
        return taken.Match<IResult>(found => TypedResults.Created($"/api/runs/{found.Run}", new WireImportedRun(found.Run, found.Flow)), ErrorResults.From);
    }

    private static async Task<WireSide> SideAsync(FlowRuns runs, RunSummary run, RunState state, CancellationToken cancellationToken) => new(
        run.Id, run.Version, WireJson.Camel(state.EndedAt is null ? run.Status : state.Status), WireValues.Of(await runs.LoadAsync(run.Workspace, run.Id, state.Outputs, cancellationToken)),
        state.Error, WireUsage.From(state.Usage), state.EndedAt is { } ended ? (ended - state.StartedAt).TotalMilliseconds : null);
}

/// <summary>How a node is tried by itself.</summary>
/// <param name="Run">A past run of the flow whose values it gets; null for none.</param>
/// <param name="Instance">
/// Path of the node's instance in that run (<c>each[17]/draft</c>) whose values are meant; absent: inside of containers that of the first round that failed, otherwise of
/// the first.
/// </param>
/// <param name="Inputs">Values by where they are from (<c>search.passages</c>) or by in-port; they go before those of the run.</param>
internal sealed record WireTrialOrder(RunId? Run, string? Instance, Dictionary<string, JsonElement>? Inputs, int? WaitSeconds);

/// <summary>What a node came to by itself.</summary>
internal sealed record WireTrial(RunId Id, string State, WireNode? Node);

/// <summary>Which runs are replayed, with which definition.</summary>
internal sealed record WireReplayOrder(IReadOnlyList<RunId>? Runs, JsonElement? Version);

/// <summary>Runs and their replays.</summary>
internal sealed record WireReplays(IReadOnlyList<WireReplay> Items);

/// <summary>A run and its replay, or why there is none.</summary>
internal sealed record WireReplay(RunId Run, RunId? Replay, Error? Error);

/// <summary>Two runs side by side.</summary>
internal sealed record WireComparison(WireSide Left, WireSide Right, IReadOnlyList<WireNodePair> Nodes);

/// <summary>One of two runs.</summary>
internal sealed record WireSide(
    RunId Id, int? Version, string State, IReadOnlyDictionary<string, JsonElement> Outputs, Error? Error, WireUsage Usage, double? TookMs);

/// <summary>A node in two runs; null where one has it not.</summary>
/// <param name="Same">True where it ended in both in the same way, with equal outputs.</param>
internal sealed record WireNodePair(string Path, bool Same, WireNode? Left, WireNode? Right)
{
    public static WireNodePair From(NodePair pair) => new(
        pair.Path, pair.IsSame, pair.Left is null ? null : WireNode.From(pair.Left), pair.Right is null ? null : WireNode.From(pair.Right));
}

/// <summary>A run that was taken in.</summary>
internal sealed record WireImportedRun(RunId Id, FlowId FlowId);

/// <summary>Expected failures of replays.</summary>
internal static class ReplayErrors
{
    public static Error OtherInstance(string instance, string path) => new(
        "trial.other_instance", $"\"{instance}\" is no instance of the node \"{path}\".", "Name one like each[0]/draft of the node each/draft.");

    public static Error HowMany(int most) => new("replay.how_many", $"A replay is of 1 to {most} runs.", "Name their ids in \"runs\".");
}
