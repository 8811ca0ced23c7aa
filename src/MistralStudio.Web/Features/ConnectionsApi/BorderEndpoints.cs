using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.ConnectionsApi;

/// <summary>The borders of a workspace: which hosts beyond the public internet it may call, and what of it stays on this machine.</summary>
public static class BorderEndpoints
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapBordersApi(this IEndpointRouteBuilder app)
    {
        var hosts = app.MapGroup("/api/allowed-hosts").WithTags("Connections").GuardCookies();
        hosts.MapGet("/", ListAsync).RequirePermission(Permissions.ConnectionsManage)
            .WithSummary("Hosts beyond the public internet that an Owner allowed.").Produces<WirePage<WireHost>>().ProducesProblems();
        hosts.MapPut("/{place}", AllowAsync).RequirePermission(Permissions.EgressAllow)
            .WithSummary("Allows a host:port.").Produces(204).ProducesProblems(422);
        hosts.MapDelete("/{place}", WithdrawAsync).RequirePermission(Permissions.EgressAllow)
            .WithSummary("Takes it back; the next call is refused.").Produces(204).ProducesProblems(404, 422);
        var borders = app.MapGroup("/api").WithTags("Connections").GuardCookies();
        borders.MapGet("/data-class", FindAsync).RequirePermission(Permissions.ModelsRead)
            .WithSummary("Whether the whole workspace stays on this machine.").Produces<WireDataClass>().ProducesProblems();
        borders.MapPut("/data-class", SetAsync).RequirePermission(Permissions.WorkspaceManage)
            .WithSummary("Keeps the whole workspace on this machine, or lets connections have it.").Produces<WireDataClass>().ProducesProblems();
        borders.MapPut("/knowledge-bases/{id:guid}/data-class", SetBaseAsync).RequirePermission(Permissions.KnowledgeWrite)
            .WithSummary("Keeps a knowledge base on this machine; letting it go needs connections:manage.").Produces<WireDataClass>().ProducesProblems(403, 404);
    }

    private static async Task<IResult> ListAsync(HttpContext http, [FromServices] IWorkspaceHosts hosts) => TypedResults.Ok(
        new WirePage<WireHost>([.. (await hosts.ListAsync(http.GetCaller().Workspace, http.RequestAborted)).Select(host => new WireHost(host.Place.ToString(), host.AllowedAt))], null));

    private static async Task<IResult> AllowAsync(string place, HttpContext http, [FromServices] IWorkspaceHosts hosts)
    {
        var caller = http.GetCaller();
        if (!HostAndPort.TryParse(place, out var read) || caller.User is not { } user)
        {
            return ErrorResults.From(BorderErrors.NoPlace(place));
        }

        await hosts.AllowAsync(caller.Workspace, read, user, http.RequestAborted);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> WithdrawAsync(string place, HttpContext http, [FromServices] IWorkspaceHosts hosts)
    {
        var caller = http.GetCaller();
        if (!HostAndPort.TryParse(place, out var read) || caller.User is not { } user)
        {
            return ErrorResults.From(BorderErrors.NoPlace(place));
        }

        return await hosts.WithdrawAsync(caller.Workspace, read, user, http.RequestAborted) ? TypedResults.NoContent() : ErrorResults.From(BorderErrors.NotAllowed(place));
    }

    private static async Task<IResult> FindAsync(HttpContext http, [FromServices] IDataClasses classes) =>
        TypedResults.Ok(new WireDataClass(await classes.StaysAsync(http.GetCaller().Workspace, http.RequestAborted)));

    private static async Task<IResult> SetAsync(
        WireDataClass body, HttpContext http, [FromServices] IDataClasses classes, [FromServices] IIndexMoves moves)
    {
        var caller = http.GetCaller();
        if (caller.User is not { } user)
        {
            return ErrorResults.From(BorderErrors.NotYours());
        }

        if (body.StaysOnMachine && await moves.FindElsewhereAsync(caller.Workspace, null, http.RequestAborted) is { } elsewhere)
        {
            return ErrorResults.From(elsewhere);
        }

        await classes.SetAsync(caller.Workspace, body.StaysOnMachine, user, http.RequestAborted);
        return TypedResults.Ok(body);
    }

    private static async Task<IResult> SetBaseAsync(
        KnowledgeBaseId id, WireDataClass body, HttpContext http, [FromServices] IDataClasses classes, [FromServices] IIndexMoves moves)
    {
        var caller = http.GetCaller();
        if (caller.User is not { } user || (!body.StaysOnMachine && !caller.May(Permissions.ConnectionsManage)))
        {
            return ErrorResults.From(BorderErrors.NotYours());
        }

        if (body.StaysOnMachine && await moves.FindElsewhereAsync(caller.Workspace, id, http.RequestAborted) is { } elsewhere)
        {
            return ErrorResults.From(elsewhere);
        }

        return await classes.SetAsync(caller.Workspace, id, body.StaysOnMachine, user, http.RequestAborted)
            ? TypedResults.Ok(body)
            : ErrorResults.From(KnowledgeErrors.BaseNotFound());
    }
}

/// <summary>A host that an Owner allowed.</summary>
internal sealed record WireHost(string Place, DateTimeOffset AllowedAt);

/// <summary>True where nothing of it may be sent to a connection.</summary>
internal sealed record WireDataClass(bool StaysOnMachine);

/// <summary>Expected failures of these addresses.</summary>
internal static class BorderErrors
{
    public static Error NoPlace(string place) => new(
        "egress.no_place", $"\"{place}\" is no host with its port.", "Name one like localhost:11434 or 10.0.0.7:8000.");

    public static Error NotYours() => new(
        "settings.not_allowed", "Your role does not let you do that.", "Ask an admin: letting data leave this machine needs connections:manage.");

    public static Error NotAllowed(string place) => new("egress.host_not_found", $"{place} was not allowed.", "List them again; somebody may have taken it back.");
}
