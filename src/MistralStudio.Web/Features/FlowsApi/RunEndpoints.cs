using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Hosting;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>Runs of flows, under <c>/api/flows/{id}/runs</c> and <c>/api/runs</c>.</summary>
internal static class RunEndpoints
{
    private const int UsualWaitSeconds = 120;
    private const int MostWaitSeconds = 600;

    /// <summary>Maps what begins runs, below the group of flows.</summary>
    public static void MapFlowRuns(this RouteGroupBuilder flows)
    {
        flows.MapPost("/{id:guid}/runs", StartAsync).RequirePermission(Permissions.FlowsRun).WithIdempotency()
            .WithSummary("Starts a run: 202 at once, or with wait 200 once it has ended (202 where it waits for somebody, or longer than waitSeconds).")
            .Produces<WireStarted>().Produces<WireStarted>(202).ProducesProblems(403, 404, 409, 422, 507);
    }

    /// <summary>Maps what speaks to runs.</summary>
    public static void MapRunsApi(this IEndpointRouteBuilder app)
    {
        var runs = app.MapGroup("/api/runs").WithTags("Runs").GuardCookies();
        runs.MapGet("/", ListAsync).RequirePermission(Permissions.RunsRead)
            .WithSummary("Runs, newest first: one's own, or everybody's with runs:read-all; of a flow, in a state, in which a node ran, that say something, begun since, or that cost so much.").Produces<WirePage<WireRunItem>>().ProducesProblems(422);
        runs.MapGet("/{id:guid}", FindAsync).RequirePermission(Permissions.RunsRead).WithSummary("One run with its nodes.").Produces<WireRun>().ProducesProblems(404, 422);
        runs.MapGet("/{id:guid}/nodes", ListNodesAsync).RequirePermission(Permissions.RunsRead)
            .WithSummary("The instances inside a container (path=each) or one of its rounds (path=each[17]).").Produces<WirePage<WireInstance>>().ProducesProblems(404, 422);
        runs.MapGet("/{id:guid}/values/{sha256}", FindValueAsync).RequirePermission(Permissions.RunsRead)
            .WithSummary("A large value of a run; a part of it with Range.").Produces<JsonElement>().ProducesProblems(404);
        runs.MapGet("/{id:guid}/events", RunEvents.StreamAsync).RequirePermission(Permissions.RunsRead)
            .WithSummary("The journal as server-sent events, from after Last-Event-ID on, until the run has ended; 204 where nothing can follow.")
            .Produces<string>(contentType: "text/event-stream").Produces(204).ProducesProblems(404);
        runs.MapPost("/{id:guid}/cancel", CancelAsync).RequirePermission(Permissions.FlowsRun)
            .WithSummary("Ends a run.").Produces<WireRunId>(202).ProducesProblems(404, 409);
        runs.MapPost("/{id:guid}/resume", ResumeAsync).RequirePermission(Permissions.RunsDecide)
            .WithSummary("Uses a bookmark of a run that waits; who may is checked.").Produces<WireRunId>(202).ProducesProblems(403, 404, 409, 422);
        runs.MapPost("/{id:guid}/fork", ForkAsync).RequirePermission(Permissions.FlowsRun).WithIdempotency()
            .WithSummary("Begins a new run that takes over what this one came to before a node.").Produces<WireRunId>(201).ProducesProblems(404, 422);
        runs.MapReplayedRuns();
    }

    /// <summary>The run where the caller may look at it: everybody's, or one's own.</summary>
    internal static Task<RunSummary?> FindRunAsync(this IRunStore runs, RunId id, HttpContext http)
    {
        var caller = http.GetCaller();
        return runs.FindAsync(caller.Workspace, id, caller.May(Permissions.RunsReadAll) ? null : caller.User, http.RequestAborted);
    }

    /// <summary>Reads which definition is meant.</summary>
    internal static Result<VersionChoice> ReadVersion(JsonElement? sent) => sent switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => VersionChoice.Latest,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var one) && one > 0 => VersionChoice.Of(one),
        { ValueKind: JsonValueKind.String } text when text.GetString() == "draft" => VersionChoice.Draft,
        { } other => FlowApiErrors.BadVersion(other.GetRawText()),
    };

    private static async Task<IResult> StartAsync(FlowId id, WireRunOrder? body, HttpContext http, [FromServices] FlowRuns runs, [FromServices] IFlowStore flows, [FromServices] DraftPins drafts)
    {
        var caller = http.GetCaller();
        var version = ReadVersion(body?.Version);
        var seconds = PageSize.Read(body?.WaitSeconds, UsualWaitSeconds, MostWaitSeconds, "waitSeconds");
        if (!version.IsSuccess || !seconds.IsSuccess)
        {
            return ErrorResults.From(version.Error ?? seconds.Error!);
        }

        var pins = await PinsAsync(caller, id, version.Value, body?.Pins == true, flows, drafts, http.RequestAborted);
        if (!pins.IsSuccess)
        {
            return ErrorResults.From(pins.Error);
        }

        var order = new RunOrder
        {
            Workspace = caller.Workspace,
            Flow = id,
            Version = version.Value,
            Pins = pins.Value,
            Inputs = body?.Inputs ?? [],
            By = caller.User,
            Key = KeyOf(http),
        };
        if (body?.Wait != true)
        {
            var started = await runs.StartAsync(order, http.RequestAborted);
            return started.Match<IResult>(
                run => TypedResults.Accepted($"/api/runs/{run}", new WireStarted(run, WireJson.Camel(RunStatus.Running))), ErrorResults.From);
        }

        var result = await runs.RunAsync(order, TimeSpan.FromSeconds(seconds.Value), null, http.RequestAborted);
        return result.Match<IResult>(
            done => done.Status.IsEnded() ? TypedResults.Ok(WireStarted.From(done)) : TypedResults.Accepted($"/api/runs/{done.Id}", WireStarted.From(done)), ErrorResults.From);
    }

    // A tool of those who edit: no run takes them unasked, and no published version knows them.
    private static async Task<Result<IReadOnlyDictionary<string, FlowPin>>> PinsAsync(
        Caller caller, FlowId id, VersionChoice version, bool areWanted, IFlowStore flows, DraftPins drafts, CancellationToken cancellationToken)
    {
        if (!areWanted)
        {
            return new Dictionary<string, FlowPin>();
        }

        if (!version.IsDraft)
        {
            return RunApiErrors.PinsOfDraft();
        }

        if (!caller.May(Permissions.FlowsWrite))
        {
            return AccessErrors.Forbidden();
        }

        return await flows.FindAsync(caller.Workspace, id, cancellationToken) is not { } flow ? FlowStoreErrors.NotFound()
            : FlowDefinitions.Read(flow.Draft) is { IsSuccess: true } read ? DraftPins.In(read.Value, await drafts.ListAsync(caller.Workspace, id, cancellationToken))
            : new Dictionary<string, FlowPin>();
    }

    private static async Task<IResult> ListAsync([AsParameters] RunQuery query, HttpContext http, [FromServices] IRunStore runs, [FromServices] TimeProvider clock, string? after, int? limit)
    {
        var caller = http.GetCaller();
        var (size, filter) = (PageSize.Read(limit), query.Read(clock.GetUtcNow()));
        if (!size.IsSuccess || !filter.IsSuccess)
        {
            return ErrorResults.From(size.Error ?? filter.Error!);
        }

        var page = await runs.ListAsync(
            caller.Workspace, filter.Value with { StartedBy = caller.May(Permissions.RunsReadAll) ? null : caller.User }, after, size.Value, http.RequestAborted);
        return TypedResults.Ok(WirePage<WireRunItem>.From(page, WireRunItem.From));
    }

    private static async Task<IResult> FindAsync(RunId id, HttpContext http, [FromServices] IRunStore store, [FromServices] FlowRuns runs)
    {
        if (await store.FindRunAsync(id, http) is not { } summary)
        {
            return ErrorResults.From(FlowRunErrors.NotFound());
        }

        var read = await runs.StateAsync(id, http.RequestAborted);
        if (!read.IsSuccess)
        {
            return ErrorResults.From(read.Error);
        }

        var state = read.Value;
        var start = state.Start!;
        return TypedResults.Ok(new WireRun(
            id, start.Flow, start.Version, WireJson.Camel(state.EndedAt is null ? summary.Status : state.Status), WireJson.Camel(start.Trigger), state.StartedAt, state.EndedAt,
            WireValues.Of(start.Inputs), WireValues.Of(await runs.LoadAsync(summary.Workspace, id, state.Outputs, http.RequestAborted)), state.Error,
            [.. state.Nodes().Select(WireNode.From)], state.EndedAt is null ? [.. state.WaitingFor.Select(WireBookmark.From)] : [], WireUsage.From(state.Usage),
            state.Fork is { } fork ? new WireFork(fork.From, fork.FromNode, [.. fork.Edits.Keys]) : null, state.LastSeq));
    }

    private static async Task<IResult> ListNodesAsync(
        RunId id, HttpContext http, [FromServices] IRunStore store, [FromServices] IFlowJournal journal, string? path, string? after, int? limit)
    {
        var size = PageSize.Read(limit);
        if (!size.IsSuccess)
        {
            return ErrorResults.From(size.Error);
        }

        return await store.FindRunAsync(id, http) is null
            ? ErrorResults.From(FlowRunErrors.NotFound())
            : TypedResults.Ok(await Instances.ListAsync(journal, id, path ?? "", after, size.Value, http.RequestAborted));
    }

    private static async Task<IResult> FindValueAsync(
        RunId id, string sha256, HttpContext http, [FromServices] IRunStore store, [FromServices] IFlowJournal journal, [FromServices] IBlobStore blobs)
    {
        if (await store.FindRunAsync(id, http) is not { } run)
        {
            return ErrorResults.From(FlowRunErrors.NotFound());
        }

        return await HasValueAsync(journal, id, sha256, http.RequestAborted) && await blobs.OpenAsync(run.Workspace, sha256, http.RequestAborted) is { } content
            ? TypedResults.Stream(content, "application/json", enableRangeProcessing: content.CanSeek)
            : ErrorResults.From(FlowApiErrors.ValueNotFound());
    }

    private static async Task<IResult> CancelAsync(RunId id, HttpContext http, [FromServices] IRunStore store, [FromServices] FlowRuns runs)
    {
        if (await store.FindRunAsync(id, http) is null)
        {
            return ErrorResults.From(FlowRunErrors.NotFound());
        }

        var asked = await runs.CancelAsync(id, http.GetCaller().User, http.RequestAborted);
        return asked.Match<IResult>(_ => TypedResults.Accepted($"/api/runs/{id}", new WireRunId(id)), ErrorResults.From);
    }

    private static async Task<IResult> ResumeAsync(RunId id, WireDecision body, HttpContext http, [FromServices] IRunStore store, [FromServices] RunDecisions decisions)
    {
        var caller = http.GetCaller();
        if (await store.FindAsync(caller.Workspace, id, null, http.RequestAborted) is null)
        {
            return ErrorResults.From(FlowRunErrors.NotFound());
        }

        if (body is not { Bookmark: { } bookmark, Decision: { } decision })
        {
            return ErrorResults.From(FlowApiErrors.BadBookmark());
        }

        var resumed = await decisions.DecideAsync(caller, id, bookmark, decision, body.Values ?? [], http.RequestAborted);
        return resumed.Match<IResult>(_ => TypedResults.Accepted($"/api/runs/{id}", new WireRunId(id)), ErrorResults.From);
    }

    private static async Task<IResult> ForkAsync(RunId id, WireForkOrder? body, HttpContext http, [FromServices] IRunStore store, [FromServices] FlowRuns runs)
    {
        var caller = http.GetCaller();
        if (caller.User is not { } user || await store.FindRunAsync(id, http) is null)
        {
            return ErrorResults.From(FlowRunErrors.NotFound());
        }

        var version = ReadVersion(body?.Version);
        if (!version.IsSuccess)
        {
            return ErrorResults.From(version.Error);
        }

        var fork = await runs.ForkAsync(
            new ForkOrder
            {
                Workspace = caller.Workspace,
                From = id,
                Node = body?.From,
                Edits = body?.Edits ?? [],
                Inputs = body?.Inputs ?? [],
                Version = body?.Version is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } ? version.Value : null,
                By = user,
                Key = KeyOf(http),
            },
            http.RequestAborted);
        return fork.Match<IResult>(run => TypedResults.Created($"/api/runs/{run}", new WireRunId(run)), ErrorResults.From);
    }

    // A hash opens only what the run itself has.
    private static async Task<bool> HasValueAsync(IFlowJournal journal, RunId run, string sha256, CancellationToken cancellationToken)
    {
        await foreach (var happened in journal.ReadAsync(run, 0, cancellationToken))
        {
            if (RunArchive.ValuesOf(happened).Any(value => value.Blob?.Sha256 == sha256))
            {
                return true;
            }
        }

        return false;
    }

    internal static ApiKeyId? KeyOf(HttpContext http) => ApiKeyId.TryParse(http.User.FindFirst("key")?.Value, null, out var key) ? key : null;
}

/// <summary>Expected failures of orders of runs.</summary>
internal static class RunApiErrors
{
    public static Error PinsOfDraft() => new(
        "run.pins_of_draft", "Only a run of the draft can take what is pinned in it.", "Send \"version\": \"draft\", or leave \"pins\" out.");
}
