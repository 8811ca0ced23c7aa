using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Retrieval.Sources;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary>Sources of a knowledge base: folders of the server and web sites that its documents follow.</summary>
internal static class SourceEndpoints
{
    private const int UsualPages = 100;
    private const int UsualFiles = 10_000;

    /// <summary>Maps them below a group whose prefix is the knowledge bases'.</summary>
    public static void MapSources(this RouteGroupBuilder bases)
    {
        var sources = bases.MapGroup("/{id:guid}/sources");
        sources.MapPost("/", AddAsync).RequirePermission(Permissions.KnowledgeWrite).WithIdempotency()
            .WithSummary("Adds a source, kind `folder` or `web`, and begins to read it.").Produces<WireSource>(201).ProducesProblems(404, 409, 422);
        sources.MapGet("/", ListAsync).RequirePermission(Permissions.KnowledgeRead)
            .WithSummary("Sources, oldest first.").Produces<WireSources>().ProducesProblems(404);
        sources.MapGet("/{source:guid}", FindAsync).RequirePermission(Permissions.KnowledgeRead)
            .WithSummary("One source.").Produces<WireSource>().ProducesProblems(404);
        sources.MapPut("/{source:guid}", ChangeAsync).RequirePermission(Permissions.KnowledgeWrite)
            .WithSummary("Changes depth, limit and schedule of a source.").Produces<WireSource>().ProducesProblems(404, 422);
        sources.MapPost("/{source:guid}/sync", SyncAsync).RequirePermission(Permissions.KnowledgeWrite)
            .WithSummary("Reads a source now.").Produces<WireSource>(202).ProducesProblems(404);
        sources.MapDelete("/{source:guid}", RemoveAsync).RequirePermission(Permissions.KnowledgeWrite)
            .WithSummary("Removes a source; its documents too with `documents=true`.").Produces(204).ProducesProblems(404);
    }

    private static async Task<IResult> AddAsync(KnowledgeBaseId id, WireNewSource body, HttpContext http, [FromServices] IKnowledgeSources sources)
    {
        if (body.Kind is not ("folder" or "web") || string.IsNullOrWhiteSpace(body.Location))
        {
            return ErrorResults.From(KnowledgeApiErrors.UnknownSource());
        }

        var kind = body.Kind == "web" ? SourceKind.Web : SourceKind.Folder;
        var settings = new SourceSettings(
            kind, body.Location, body.Depth ?? (kind == SourceKind.Web ? 1 : SourceSettings.DeepestFolder),
            body.MaxItems ?? (kind == SourceKind.Web ? UsualPages : UsualFiles), body.Schedule);
        var caller = http.GetCaller();
        var added = await sources.AddAsync(caller.Workspace, id, settings, caller.User, http.RequestAborted);
        return added.Match<IResult>(
            source => TypedResults.Created($"/api/knowledge-bases/{id}/sources/{source.Id}", WireSource.From(source)), ErrorResults.From);
    }

    private static async Task<IResult> ListAsync(
        KnowledgeBaseId id, HttpContext http, [FromServices] IKnowledgeStore store, [FromServices] IKnowledgeSources sources)
    {
        var workspace = http.GetCaller().Workspace;
        return await store.FindBaseAsync(workspace, id, http.RequestAborted) is null
            ? ErrorResults.From(KnowledgeErrors.BaseNotFound())
            : TypedResults.Ok(new WireSources([.. (await sources.ListAsync(workspace, id, http.RequestAborted)).Select(WireSource.From)]));
    }

    private static async Task<IResult> FindAsync(KnowledgeBaseId id, SourceId source, HttpContext http, [FromServices] IKnowledgeSources sources) =>
        await sources.FindAsync(http.GetCaller().Workspace, id, source, http.RequestAborted) is { } found
            ? TypedResults.Ok(WireSource.From(found))
            : ErrorResults.From(SourceErrors.NotFound());

    private static async Task<IResult> ChangeAsync(
        KnowledgeBaseId id, SourceId source, WireNewSource body, HttpContext http, [FromServices] IKnowledgeSources sources)
    {
        var workspace = http.GetCaller().Workspace;
        if (await sources.FindAsync(workspace, id, source, http.RequestAborted) is not { } found)
        {
            return ErrorResults.From(SourceErrors.NotFound());
        }

        var settings = found.Settings with
        {
            Depth = body.Depth ?? found.Settings.Depth,
            MaxItems = body.MaxItems ?? found.Settings.MaxItems,
            Schedule = string.IsNullOrWhiteSpace(body.Schedule) ? null : body.Schedule.Trim(),
        };
        return (await sources.ChangeAsync(workspace, id, source, settings, http.RequestAborted))
            .Match<IResult>(changed => TypedResults.Ok(WireSource.From(changed)), ErrorResults.From);
    }

    private static async Task<IResult> SyncAsync(KnowledgeBaseId id, SourceId source, HttpContext http, [FromServices] IKnowledgeSources sources) =>
        (await sources.SyncAsync(http.GetCaller().Workspace, id, source, http.RequestAborted))
            .Match<IResult>(begun => TypedResults.Accepted((string?)null, WireSource.From(begun)), ErrorResults.From);

    private static async Task<IResult> RemoveAsync(
        KnowledgeBaseId id, SourceId source, bool? documents, HttpContext http, [FromServices] IKnowledgeSources sources) =>
        (await sources.RemoveAsync(http.GetCaller().Workspace, id, source, documents ?? false, http.GetCaller().User, http.RequestAborted))
            .Match<IResult>(_ => TypedResults.NoContent(), ErrorResults.From);
}

/// <summary>The body that adds or changes a source; what it leaves out is usual for the kind.</summary>
/// <param name="Schedule">Five fields of a cron expression in UTC; null or empty: on demand.</param>
internal sealed record WireNewSource(string? Kind, string? Location, int? Depth, int? MaxItems, string? Schedule);

/// <summary>Sources of a base.</summary>
internal sealed record WireSources(IReadOnlyList<WireSource> Items);

/// <summary>A source; <c>state</c> is syncing, failed or idle.</summary>
internal sealed record WireSource(
    SourceId Id,
    string Kind,
    string Location,
    int Depth,
    int MaxItems,
    string? Schedule,
    string State,
    DateTimeOffset? LastSyncAt,
    DateTimeOffset? NextSyncAt,
    int Documents,
    SyncReport? LastReport,
    Error? Error)
{
    public static WireSource From(KnowledgeSource s) => new(
        s.Id, s.Settings.Kind.ToString().ToLowerInvariant(), s.Settings.Location, s.Settings.Depth, s.Settings.MaxItems, s.Settings.Schedule,
        s.IsSyncing ? "syncing" : s.Error is null ? "idle" : "failed", s.LastSyncAt, s.NextSyncAt, s.Documents, s.LastReport, s.Error);
}
