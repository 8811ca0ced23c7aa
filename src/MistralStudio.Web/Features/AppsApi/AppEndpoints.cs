using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.KnowledgeApi;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.AppsApi;

/// <summary>Chat apps, under <c>/api/apps</c>.</summary>
public static class AppEndpoints
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapAppsApi(this IEndpointRouteBuilder app)
    {
        var apps = app.MapGroup("/api/apps").WithTags("Apps").GuardCookies();
        apps.MapPost("/", CreateAsync).RequirePermission(Permissions.AppsWrite).WithIdempotency()
            .WithSummary("Creates an app as a draft.").Produces<WireApp>(201).ProducesProblems(404, 409, 422);
        apps.MapGet("/", ListAsync).RequirePermission(Permissions.AppsUse)
            .WithSummary("Apps, most recently changed first.").Produces<WirePage<WireApp>>().ProducesProblems(422);
        apps.MapGet("/{id:guid}", FindAsync).RequirePermission(Permissions.AppsUse).WithSummary("One app, with its ETag.").Produces<WireApp>().ProducesProblems(404);
        apps.MapPut("/{id:guid}/draft", SaveAsync).RequirePermission(Permissions.AppsWrite)
            .WithSummary("Saves the draft; If-Match names the ETag that was read.").Produces<WireApp>().ProducesProblems(404, 412, 422, 428);
        apps.MapDelete("/{id:guid}", DeleteAsync).RequirePermission(Permissions.AppsWrite)
            .WithSummary("Removes an app with its versions, links and conversations.").Produces(204).ProducesProblems(404);
        apps.MapPost("/{id:guid}/versions", PublishAsync).RequirePermission(Permissions.AppsPublish).WithIdempotency()
            .WithSummary("Publishes the draft.").Produces<WireAppVersion>(201).ProducesProblems(404, 409);
        apps.MapGet("/{id:guid}/versions", ListVersionsAsync).RequirePermission(Permissions.AppsUse)
            .WithSummary("Published versions, newest first.").Produces<WirePage<WireAppVersion>>().ProducesProblems(404, 422);
        apps.MapLinks();
    }

    private static async Task<IResult> CreateAsync(WireAppDraft body, HttpContext http, [FromServices] IAppStore store, [FromServices] IKnowledgeStore knowledge)
    {
        var caller = http.GetCaller();
        if (caller.User is not { } user)
        {
            return ErrorResults.From(AppErrors.NotFound());
        }

        if (await FindFaultAsync(body, caller, knowledge, http.RequestAborted) is { } fault)
        {
            return ErrorResults.From(fault);
        }

        var created = await store.CreateAsync(caller.Workspace, body.Name ?? "", body.ToDefinition(), user, http.RequestAborted);
        return created.Match<IResult>(app => TypedResults.Created($"/api/apps/{app.Id}", Show(http, app)), ErrorResults.From);
    }

    private static Task<IResult> ListAsync(HttpContext http, [FromServices] IAppStore store, string? search, string? after, int? limit) =>
        PageSize.AnswerAsync(limit, async size => await store.ListAsync(http.GetCaller().Workspace, search, after, size, http.RequestAborted), WireApp.From);

    private static async Task<IResult> FindAsync(AppId id, HttpContext http, [FromServices] IAppStore store) =>
        await store.FindAsync(http.GetCaller().Workspace, id, http.RequestAborted) is { } found
            ? TypedResults.Ok(Show(http, found))
            : ErrorResults.From(AppErrors.NotFound());

    private static async Task<IResult> SaveAsync(AppId id, WireAppDraft body, HttpContext http, [FromServices] IAppStore store, [FromServices] IKnowledgeStore knowledge)
    {
        var tag = http.ReadTag();
        if (!tag.IsSuccess)
        {
            return ErrorResults.From(tag.Error);
        }

        // A tag that no state ever had matches none.
        var revision = long.TryParse(tag.Value, CultureInfo.InvariantCulture, out var read) ? read : -1;

        var caller = http.GetCaller();
        if (await FindFaultAsync(body, caller, knowledge, http.RequestAborted) is { } fault)
        {
            return ErrorResults.From(fault);
        }

        var saved = await store.SaveDraftAsync(caller.Workspace, id, revision, body.Name ?? "", body.ToDefinition(), http.RequestAborted);
        return saved.Match<IResult>(app => TypedResults.Ok(Show(http, app)), ErrorResults.From);
    }

    private static async Task<IResult> PublishAsync(AppId id, HttpContext http, [FromServices] IAppStore store)
    {
        var caller = http.GetCaller();
        if (caller.User is not { } user)
        {
            return ErrorResults.From(AppErrors.NotFound());
        }

        var published = await store.PublishAsync(caller.Workspace, id, user, http.RequestAborted);
        return published.Match<IResult>(
            version => TypedResults.Created($"/a/{version.Slug}", WireAppVersion.From(version)), ErrorResults.From);
    }

    private static Task<IResult> ListVersionsAsync(AppId id, HttpContext http, [FromServices] IAppStore store, string? after, int? limit) =>
        PageSize.AnswerAsync(limit, async size => await store.ListVersionsAsync(http.GetCaller().Workspace, id, after, size, http.RequestAborted), WireAppVersion.From, AppErrors.NotFound);

    private static async Task<IResult> DeleteAsync(AppId id, HttpContext http, [FromServices] IAppStore store) =>
        await store.DeleteAsync(http.GetCaller().Workspace, id, http.GetCaller().User, http.RequestAborted) ? TypedResults.NoContent() : ErrorResults.From(AppErrors.NotFound());

    // A base of another workspace is as unknown as one that does not exist: an id in a body widens no access.
    private static async Task<Error?> FindFaultAsync(WireAppDraft body, Caller caller, IKnowledgeStore knowledge, CancellationToken cancellationToken)
    {
        if (!ModelReference.TryParse(body.Model ?? "default", out _))
        {
            return KnowledgeApiErrors.BadModel(body.Model!);
        }

        foreach (var id in body.Knowledge ?? [])
        {
            if (await knowledge.FindBaseAsync(caller.Workspace, id, cancellationToken) is null)
            {
                return KnowledgeErrors.BaseNotFound();
            }
        }

        return null;
    }

    private static WireApp Show(HttpContext http, App app)
    {
        http.SetTag(app.Revision.ToString(CultureInfo.InvariantCulture));
        return WireApp.From(app);
    }
}

/// <summary>What an author may set.</summary>
internal sealed record WireAppDraft(
    string? Name, string? Model, string? Instructions, IReadOnlyList<KnowledgeBaseId>? Knowledge, string? Welcome, GenerationSettings? Settings,
    IReadOnlyDictionary<string, string>? Values)
{
    public AppDefinition ToDefinition() => new(Model ?? "default", Instructions ?? "", Knowledge ?? [], Welcome ?? "", Settings ?? GenerationSettings.Default)
    {
        Values = Values is { Count: > 0 } ? Values : null,
    };
}

/// <summary>An app and its draft.</summary>
internal sealed record WireApp(
    AppId Id, string Slug, string Name, AppDefinition Draft, int? PublishedVersion, bool HasUnpublishedChanges, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static WireApp From(App app) =>
        new(app.Id, app.Slug, app.Name, app.Draft, app.PublishedVersion, app.HasUnpublishedChanges, app.CreatedAt, app.UpdatedAt);
}

/// <summary>A version that readers get.</summary>
internal sealed record WireAppVersion(int Number, string Hash, string Slug, string Name, DateTimeOffset PublishedAt)
{
    public static WireAppVersion From(AppVersion version) => new(version.Number, version.Hash, version.Slug, version.Name, version.PublishedAt);
}
