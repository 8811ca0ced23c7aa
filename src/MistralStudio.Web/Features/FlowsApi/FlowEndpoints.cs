using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>Flows, their drafts and their versions, under <c>/api/flows</c>.</summary>
public static class FlowEndpoints
{
    private const string EmptyDraft = """{"schema":"mistralstudio.flow/1","nodes":[],"edges":[],"inputs":[]}""";

    /// <summary>Maps the endpoints.</summary>
    public static void MapFlowsApi(this IEndpointRouteBuilder app)
    {
        var flows = app.MapGroup("/api/flows").WithTags("Flows").GuardCookies();
        flows.MapPost("/", CreateAsync).RequirePermission(Permissions.FlowsWrite).WithIdempotency()
            .WithSummary("Creates a flow as a draft, which need not compile yet.").Produces<WireCreatedFlow>(201).ProducesProblems(409, 422);
        flows.MapGet("/", ListAsync).RequirePermission(Permissions.FlowsRead)
            .WithSummary("Flows, most recently changed first.").Produces<WirePage<WireFlowItem>>().ProducesProblems(422);
        flows.MapPost("/validate", ValidateAsync).RequirePermission(Permissions.FlowsRead)
            .WithSummary("Compiles a definition without keeping it: its problems, or what it takes and gives.").Produces<WireCompiled>().ProducesProblems(422);
        flows.MapGet("/{id:guid}", FindAsync).RequirePermission(Permissions.FlowsRead)
            .WithSummary("One flow with its draft and its ETag.").Produces<WireFlow>().ProducesProblems(404);
        flows.MapPut("/{id:guid}/draft", SaveAsync).RequirePermission(Permissions.FlowsWrite)
            .WithSummary("Saves the draft, which need not compile; If-Match names the ETag that was read.").Accepts<JsonElement>("application/json")
            .Produces<WireProblems>().ProducesProblems(404, 412, 422, 428);
        flows.MapPut("/{id:guid}/name", RenameAsync).RequirePermission(Permissions.FlowsWrite)
            .WithSummary("Renames a flow; its slug stays. If-Match names the ETag that was read.").Produces<WireFlowItem>().ProducesProblems(404, 412, 422, 428);
        flows.MapDelete("/{id:guid}", DeleteAsync).RequirePermission(Permissions.FlowsWrite)
            .WithSummary("Removes a flow with its versions, runs and their journals; refused while a run goes on.").Produces(204).ProducesProblems(404, 409);
        flows.MapPost("/{id:guid}/versions", PublishAsync).RequirePermission(Permissions.FlowsPublish).WithIdempotency()
            .WithSummary("Publishes the draft as the next version, which never changes and has the rights of who publishes it.")
            .Produces<WireVersion>(201).ProducesProblems(404, 409, 412, 422);
        flows.MapGet("/{id:guid}/versions", ListVersionsAsync).RequirePermission(Permissions.FlowsRead)
            .WithSummary("Published versions, newest first.").Produces<WirePage<WireVersion>>().ProducesProblems(404, 422);
        flows.MapGet("/{id:guid}/versions/{number:int}", FindVersionAsync).RequirePermission(Permissions.FlowsRead)
            .WithSummary("One version with its definition.").Produces<WireVersionDefinition>().ProducesProblems(404);
        flows.MapPost("/{id:guid}/versions/{number:int}/restore", RestoreAsync).RequirePermission(Permissions.FlowsWrite)
            .WithSummary("Makes a version the draft; If-Match names the ETag that was read.").Produces<WireProblems>().ProducesProblems(404, 412, 428);
        flows.MapGet("/{id:guid}/diff", DiffAsync).RequirePermission(Permissions.FlowsRead)
            .WithSummary("What differs between two definitions of a flow: version numbers, or \"draft\".").Produces<WireDiff>().ProducesProblems(404, 422);
        flows.MapFlowRuns();
        flows.MapTriggers();
        flows.MapBeginnings();
        flows.MapReplays();
        app.MapWebhooks();
        app.MapGet("/api/node-types", ListTypes).RequirePermission(Permissions.FlowsRead).WithTags("Flows")
            .WithSummary("The types of nodes that flows may have here.").Produces<IReadOnlyList<WireNodeType>>().ProducesProblems();
        app.MapRunsApi();
    }

    private static async Task<IResult> CreateAsync(WireNewFlow body, HttpContext http, [FromServices] IFlowStore store, [FromServices] FlowPlans plans)
    {
        var caller = http.GetCaller();
        var read = ReadDraft(body.Definition is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } sent ? sent.GetRawText() : EmptyDraft);
        if (!read.IsSuccess)
        {
            return ErrorResults.From(read.Error);
        }

        var created = await store.CreateAsync(caller.Workspace, body.Name ?? "", FlowDefinitions.Write(read.Value), caller.User!.Value, http.RequestAborted);
        if (!created.IsSuccess)
        {
            return ErrorResults.From(created.Error);
        }

        http.SetTag(TagOf(created.Value));
        var compiled = await plans.CompileAsync(caller.Workspace, read.Value, http.RequestAborted);
        return TypedResults.Created($"/api/flows/{created.Value.Id}", new WireCreatedFlow(created.Value.Id, created.Value.Slug, compiled.Problems));
    }

    private static Task<IResult> ListAsync(HttpContext http, [FromServices] IFlowStore store, string? search, string? after, int? limit) =>
        PageSize.AnswerAsync(limit, async size => await store.ListAsync(http.GetCaller().Workspace, search, after, size, http.RequestAborted), WireFlowItem.From);

    private static async Task<IResult> ValidateAsync(JsonElement body, HttpContext http, [FromServices] FlowPlans plans)
    {
        var read = ReadDraft(body.GetRawText());
        return read.IsSuccess
            ? TypedResults.Ok(WireCompiled.From(await plans.CompileAsync(http.GetCaller().Workspace, read.Value, http.RequestAborted)))
            : ErrorResults.From(read.Error);
    }

    private static async Task<IResult> FindAsync(FlowId id, HttpContext http, [FromServices] IFlowStore store)
    {
        if (await store.FindAsync(http.GetCaller().Workspace, id, http.RequestAborted) is not { } flow)
        {
            return ErrorResults.From(FlowStoreErrors.NotFound());
        }

        http.SetTag(TagOf(flow));
        return TypedResults.Ok(WireFlow.From(flow));
    }

    private static async Task<IResult> SaveAsync(FlowId id, JsonElement body, HttpContext http, [FromServices] IFlowStore store, [FromServices] FlowPlans plans, [FromServices] DraftPins pins)
    {
        var read = ReadDraft(body.GetRawText());
        return read.IsSuccess
            ? await KeepAsync(id, read.Value, http, store, plans, pins)
            : ErrorResults.From(read.Error);
    }

    private static async Task<IResult> KeepAsync(FlowId id, FlowDefinition draft, HttpContext http, IFlowStore store, FlowPlans plans, DraftPins pins)
    {
        var workspace = http.GetCaller().Workspace;
        if (await store.FindAsync(workspace, id, http.RequestAborted) is not { } flow)
        {
            return ErrorResults.From(FlowStoreErrors.NotFound());
        }

        var tag = http.ReadTag();
        if (!tag.IsSuccess)
        {
            return ErrorResults.From(tag.Error);
        }

        var saved = await store.SaveDraftAsync(workspace, id, RevisionOf(tag.Value), flow.Name, FlowDefinitions.Write(draft), http.RequestAborted);
        if (!saved.IsSuccess)
        {
            return ErrorResults.From(saved.Error);
        }

        if (FlowDefinitions.Read(flow.Draft) is { IsSuccess: true, Value: var before })
        {
            await pins.CarryAsync(workspace, id, before, draft, http.RequestAborted);
        }

        http.SetTag(TagOf(saved.Value));
        return TypedResults.Ok(new WireProblems((await plans.CompileAsync(workspace, draft, http.RequestAborted)).Problems));
    }

    private static async Task<IResult> RenameAsync(FlowId id, WireFlowName body, HttpContext http, [FromServices] IFlowStore store)
    {
        var workspace = http.GetCaller().Workspace;
        if (await store.FindAsync(workspace, id, http.RequestAborted) is not { } flow)
        {
            return ErrorResults.From(FlowStoreErrors.NotFound());
        }

        var tag = http.ReadTag();
        if (!tag.IsSuccess)
        {
            return ErrorResults.From(tag.Error);
        }

        var saved = await store.SaveDraftAsync(workspace, id, RevisionOf(tag.Value), body.Name ?? "", flow.Draft, http.RequestAborted);
        if (!saved.IsSuccess)
        {
            return ErrorResults.From(saved.Error);
        }

        http.SetTag(TagOf(saved.Value));
        return TypedResults.Ok(WireFlowItem.From(saved.Value));
    }

    private static async Task<IResult> DeleteAsync(FlowId id, HttpContext http, [FromServices] IFlowStore store)
    {
        var caller = http.GetCaller();
        var deleted = await store.DeleteAsync(caller.Workspace, id, caller.User, http.RequestAborted);
        return deleted.Match<IResult>(_ => TypedResults.NoContent(), ErrorResults.From);
    }

    private static async Task<IResult> PublishAsync(FlowId id, WirePublication? body, HttpContext http, [FromServices] FlowPublication publication)
    {
        var caller = http.GetCaller();
        var revision = http.Request.Headers.IfMatch.Count > 0 && http.ReadTag() is { IsSuccess: true } tag ? RevisionOf(tag.Value) : (long?)null;
        var published = await publication.PublishAsync(caller.Workspace, id, revision, body?.Message ?? "", caller.User!.Value, http.RequestAborted);
        return published switch
        {
            { Refusal: { } refusal } => ErrorResults.From(refusal),
            { Problems: [_, ..] problems } => new FlowProblemsResult(problems),
            { Version: var version } => TypedResults.Created($"/api/flows/{id}/versions/{version!.Number}", WireVersion.From(version)),
        };
    }

    private static Task<IResult> ListVersionsAsync(FlowId id, HttpContext http, [FromServices] IFlowStore store, string? after, int? limit) =>
        PageSize.AnswerAsync(limit, async size => await store.ListVersionsAsync(http.GetCaller().Workspace, id, after, size, http.RequestAborted), WireVersion.From, FlowStoreErrors.NotFound);

    private static async Task<IResult> FindVersionAsync(FlowId id, int number, HttpContext http, [FromServices] IFlowStore store, [FromServices] IFlowVersions versions)
    {
        var found = await LookUpAsync(id, number, http, (store, versions));
        return found.Match<IResult>(version => TypedResults.Ok(new WireVersionDefinition(number, version.Hash, WireJson.Parse(version.Json))), ErrorResults.From);
    }

    private static async Task<IResult> RestoreAsync(
        FlowId id, int number, HttpContext http, [FromServices] IFlowStore store, [FromServices] IFlowVersions versions, [FromServices] FlowPlans plans, [FromServices] DraftPins pins)
    {
        var found = await LookUpAsync(id, number, http, (store, versions));
        return found.IsSuccess ? await KeepAsync(id, FlowDefinitions.Read(found.Value.Json).Value, http, store, plans, pins) : ErrorResults.From(found.Error);
    }

    private static async Task<IResult> DiffAsync(
        FlowId id, string from, string to, HttpContext http, [FromServices] IFlowStore store, [FromServices] IFlowVersions versions)
    {
        var (before, after) = (await FindDefinitionAsync(id, from, http, (store, versions)), await FindDefinitionAsync(id, to, http, (store, versions)));
        return !before.IsSuccess ? ErrorResults.From(before.Error)
            : !after.IsSuccess ? ErrorResults.From(after.Error)
            : TypedResults.Ok(new WireDiff([.. DefinitionDiff.Of(before.Value, after.Value).Select(WireChange.From)]));
    }

    private static IResult ListTypes([FromServices] NodeCatalog catalog) => TypedResults.Ok((IReadOnlyList<WireNodeType>)[.. catalog.Entries.Select(WireNodeType.From)]);

    /// <summary>A definition of a flow: <c>draft</c>, or the number of a version.</summary>
    internal static async Task<Result<FlowDefinition>> FindDefinitionAsync(FlowId id, string name, HttpContext http, (IFlowStore Flows, IFlowVersions Versions) stores)
    {
        if (name == "draft")
        {
            return await stores.Flows.FindAsync(http.GetCaller().Workspace, id, http.RequestAborted) is { } flow ? FlowDefinitions.Read(flow.Draft) : FlowStoreErrors.NotFound();
        }

        if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return FlowApiErrors.BadVersion(name);
        }

        var found = await LookUpAsync(id, number, http, stores);
        return found.IsSuccess ? FlowDefinitions.Read(found.Value.Json) : found.Error;
    }

    private static async Task<Result<FlowVersion>> LookUpAsync(FlowId id, int number, HttpContext http, (IFlowStore Flows, IFlowVersions Versions) stores)
    {
        var workspace = http.GetCaller().Workspace;
        if (await stores.Flows.FindAsync(workspace, id, http.RequestAborted) is not { } flow)
        {
            return FlowStoreErrors.NotFound();
        }

        return await stores.Versions.FindAsync(workspace, flow.Slug, number, http.RequestAborted) is { } version
            ? version
            : MistralStudio.Flows.Hosting.HostingErrors.NoSuchVersion(flow.Slug, number);
    }

    private static Result<FlowDefinition> ReadDraft(string json) => FlowDefinitions.Read(json);

    private static string TagOf(Flow flow) => flow.Revision.ToString(CultureInfo.InvariantCulture);

    // A tag that no state ever had matches none.
    private static long RevisionOf(string tag) => long.TryParse(tag, CultureInfo.InvariantCulture, out var revision) ? revision : -1;
}
