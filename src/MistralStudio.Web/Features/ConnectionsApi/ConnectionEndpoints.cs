using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Settings;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.ConnectionsApi;

/// <summary>Connections to servers of models, under <c>/api/connections</c>. A key goes in and never comes out.</summary>
public static class ConnectionEndpoints
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapConnectionsApi(this IEndpointRouteBuilder app)
    {
        var connections = app.MapGroup("/api/connections").WithTags("Connections").GuardCookies();
        connections.MapPost("/", CreateAsync).RequirePermission(Permissions.ConnectionsManage).WithIdempotency()
            .WithSummary("Adds a connection; its key is encrypted and never answered.").Produces<WireConnection>(201).ProducesProblems(409, 422);
        connections.MapGet("/", ListAsync).RequirePermission(Permissions.ConnectionsManage)
            .WithSummary("Connections, by name.").Produces<WirePage<WireConnection>>().ProducesProblems();
        connections.MapGet("/{id:guid}", FindAsync).RequirePermission(Permissions.ConnectionsManage)
            .WithSummary("One connection, with its ETag.").Produces<WireConnection>().ProducesProblems(404);
        connections.MapPut("/{id:guid}", SaveAsync).RequirePermission(Permissions.ConnectionsManage)
            .WithSummary("Changes a connection; If-Match names the ETag that was read. Without a key the one before is kept, an empty one removes it.")
            .Produces<WireConnection>().ProducesProblems(404, 412, 422, 428);
        connections.MapDelete("/{id:guid}", DeleteAsync).RequirePermission(Permissions.ConnectionsManage)
            .WithSummary("Removes a connection; refused while something names one of its models.").Produces(204).ProducesProblems(404, 409);
        connections.MapPost("/{id:guid}/test", TestAsync).RequirePermission(Permissions.ConnectionsManage)
            .WithSummary("Tries a connection and says what is wrong.").Produces<WireConnectionTest>().ProducesProblems(404, 422);
        connections.MapGet("/{id:guid}/models", ListModelsAsync).RequirePermission(Permissions.ConnectionsManage)
            .WithSummary("The models that its server lists.").Produces<WireServerModels>().ProducesProblems(404, 422);
    }

    private static async Task<IResult> CreateAsync(WireConnectionChange body, HttpContext http, [FromServices] IConnectionStore store)
    {
        var caller = http.GetCaller();
        if (caller.User is not { } user)
        {
            return ErrorResults.From(SettingsErrors.NotAllowed());
        }

        var settings = body.ToSettings();
        var created = settings.IsSuccess
            ? await store.CreateAsync(caller.Workspace, body.Slug, settings.Value, body.Key, user, http.RequestAborted)
            : settings.Error;
        return created.Match<IResult>(made => TypedResults.Created($"/api/connections/{made.Id}", Show(http, made)), ErrorResults.From);
    }

    private static async Task<IResult> ListAsync(HttpContext http, [FromServices] IConnectionStore store) =>
        TypedResults.Ok(new WirePage<WireConnection>([.. (await store.ListAsync(http.GetCaller().Workspace, http.RequestAborted)).Select(WireConnection.From)], null));

    private static async Task<IResult> FindAsync(ConnectionId id, HttpContext http, [FromServices] IConnectionStore store) =>
        await store.FindAsync(http.GetCaller().Workspace, id, http.RequestAborted) is { } found
            ? TypedResults.Ok(Show(http, found))
            : ErrorResults.From(ConnectionErrors.NotFound());

    private static async Task<IResult> SaveAsync(ConnectionId id, WireConnectionChange body, HttpContext http, [FromServices] IConnectionStore store)
    {
        var caller = http.GetCaller();
        if (caller.User is not { } user)
        {
            return ErrorResults.From(SettingsErrors.NotAllowed());
        }

        var tag = http.ReadTag();
        if (!tag.IsSuccess)
        {
            return ErrorResults.From(tag.Error);
        }

        // A tag that no state ever had matches none.
        var revision = long.TryParse(tag.Value, CultureInfo.InvariantCulture, out var read) ? read : -1;
        var settings = body.ToSettings();
        var saved = settings.IsSuccess
            ? await store.SaveAsync(caller.Workspace, id, revision, settings.Value, body.Key, user, http.RequestAborted)
            : settings.Error;
        return saved.Match<IResult>(made => TypedResults.Ok(Show(http, made)), ErrorResults.From);
    }

    private static async Task<IResult> DeleteAsync(ConnectionId id, HttpContext http, [FromServices] IConnectionStore store)
    {
        var caller = http.GetCaller();
        return caller.User is { } user
            ? (await store.DeleteAsync(caller.Workspace, id, user, http.RequestAborted)).Match<IResult>(_ => TypedResults.NoContent(), ErrorResults.From)
            : ErrorResults.From(SettingsErrors.NotAllowed());
    }

    private static async Task<IResult> TestAsync(ConnectionId id, HttpContext http, [FromServices] IConnectionStore store, [FromServices] IRemoteModels remote)
    {
        var opened = await OpenAsync(id, http, store);
        var tested = opened.IsSuccess ? await remote.TestAsync(opened.Value, http.RequestAborted) : opened.Error;
        return tested.Match<IResult>(took => TypedResults.Ok(new WireConnectionTest(took.TotalMilliseconds)), ErrorResults.From);
    }

    private static async Task<IResult> ListModelsAsync(ConnectionId id, HttpContext http, [FromServices] IConnectionStore store, [FromServices] IRemoteModels remote)
    {
        var opened = await OpenAsync(id, http, store);
        var listed = opened.IsSuccess ? await remote.ListAsync(opened.Value, http.RequestAborted) : opened.Error;
        return listed.Match<IResult>(names => TypedResults.Ok(new WireServerModels(names)), ErrorResults.From);
    }

    private static async Task<Result<OpenedConnection>> OpenAsync(ConnectionId id, HttpContext http, IConnectionStore store)
    {
        var workspace = http.GetCaller().Workspace;
        return await store.FindAsync(workspace, id, http.RequestAborted) is { } found && await store.OpenAsync(workspace, found.Slug, http.RequestAborted) is { } opened
            ? opened
            : ConnectionErrors.NotFound();
    }

    private static WireConnection Show(HttpContext http, Connection connection)
    {
        http.SetTag(connection.Revision.ToString(CultureInfo.InvariantCulture));
        return WireConnection.From(connection);
    }
}
