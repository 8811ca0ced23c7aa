using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Hosting;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.AppsApi;

/// <summary>The link of an app to people without an account, under <c>/api/apps/{id}/link</c>.</summary>
internal static class LinkEndpoints
{
    /// <summary>Maps them below a group whose prefix is the apps'.</summary>
    public static void MapLinks(this RouteGroupBuilder apps)
    {
        var link = apps.MapGroup("/{id:guid}/link");
        link.MapGet("/", FindAsync).RequirePermission(Permissions.AppsPublish).WithSummary("The link with its limits, without its address.").Produces<WireLink>().ProducesProblems(404);
        link.MapPost("/", RotateAsync).RequirePermission(Permissions.AppsPublish).WithIdempotency()
            .WithSummary("Makes a link and answers its address once; the one before stops working.").Produces<WireLink>(201).ProducesProblems(404, 409, 422);
        link.MapDelete("/", RevokeAsync).RequirePermission(Permissions.AppsPublish).WithSummary("Ends the link.").Produces(204).ProducesProblems(404);
    }

    private static async Task<IResult> FindAsync(AppId id, HttpContext http, [FromServices] IAppStore store) =>
        await store.FindLinkAsync(http.GetCaller().Workspace, id, http.RequestAborted) is { } found
            ? TypedResults.Ok(WireLink.From(found, null))
            : ErrorResults.From(LinkErrors.NotFound());

    private static async Task<IResult> RotateAsync(AppId id, HttpContext http, [FromServices] IAppStore store, [FromServices] StudioOptions studio)
    {
        var caller = http.GetCaller();
        if (caller.User is not { } user)
        {
            return ErrorResults.From(AppErrors.NotFound());
        }

        var made = await store.RotateLinkAsync(caller.Workspace, id, user, http.RequestAborted);
        return made.Match<IResult>(
            link => TypedResults.Created($"/api/apps/{id}/link", WireLink.From(link.Link, studio.LinkTo($"/s/{link.Token}", http.Request))), ErrorResults.From);
    }

    private static async Task<IResult> RevokeAsync(AppId id, HttpContext http, [FromServices] IAppStore store) =>
        await store.RevokeLinkAsync(http.GetCaller().Workspace, id, http.GetCaller().User, http.RequestAborted) ? TypedResults.NoContent() : ErrorResults.From(LinkErrors.NotFound());
}

/// <summary>A link; <c>url</c> comes once, with the answer that made it.</summary>
internal sealed record WireLink(ShareLinkId Id, string? Url, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, int AnswersPerHour, int AnswersPerDay)
{
    public static WireLink From(ShareLink link, Uri? url) =>
        new(link.Id, url?.ToString(), link.CreatedAt, link.ExpiresAt, link.AnswersPerHour, link.AnswersPerDay);
}

/// <summary>Expected failures of links.</summary>
internal static class LinkErrors
{
    public static Error NotFound() => new("app.link_not_found", "This app has no link that works.", "Make one with POST, once the app is published.");
}
