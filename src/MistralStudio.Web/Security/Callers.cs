using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Web.Security;

/// <summary>Finds out who asks, and in which workspace: the one in the route for a person, its own for a key.</summary>
public sealed class Callers(AccountStore accounts)
{
    /// <summary>The route parameter that names the workspace.</summary>
    public const string WorkspaceParameter = "Workspace";

    /// <summary>The header that names the workspace where the address does not: requests of pages to <c>/api</c>.</summary>
    public const string WorkspaceHeader = "X-Studio-Workspace";

    /// <summary>The person behind a cookie; null for nobody and for a key.</summary>
    public static UserId? UserOf(ClaimsPrincipal principal) =>
        Guid.TryParse(principal.FindFirstValue(ClaimTypes.NameIdentifier), out var id) ? new UserId(id) : null;

    /// <summary>The membership of a signed-in person in a workspace; null where there is none, or it is suspended.</summary>
    public async Task<Membership?> FindMembershipAsync(ClaimsPrincipal principal, string? slug, CancellationToken cancellationToken)
    {
        if (UserOf(principal) is not { } user)
        {
            return null;
        }

        var membership = slug is { Length: > 0 }
            ? await accounts.FindMembershipAsync(slug, user, cancellationToken)
            : (await accounts.ListMembershipsAsync(user, cancellationToken)).FirstOrDefault(found => found.SuspendedAt is null);
        return membership is { SuspendedAt: null } ? membership : null;
    }

    /// <summary>A member as a caller.</summary>
    public static Caller Of(Membership membership) => new(membership.Workspace, membership.User, RolePermissions.Of(membership.Role));
}

/// <summary>Who asks in an HTTP request.</summary>
public static class HttpCaller
{
    private static readonly object s_key = new();

    /// <summary>The caller that authorisation found.</summary>
    /// <exception cref="InvalidOperationException">The endpoint names no permission.</exception>
    public static Caller GetCaller(this HttpContext http) =>
        http.Items[s_key] as Caller ?? throw new InvalidOperationException("This endpoint names no permission, so nobody was asked for.");

    internal static void SetCaller(this HttpContext http, Caller caller) => http.Items[s_key] = caller;

    internal static Caller? FindCaller(this HttpContext http) => http.Items[s_key] as Caller;
}

/// <summary>Decides over a permission, for requests and for navigation inside a circuit alike.</summary>
internal sealed class PermissionHandler(Callers callers, IHttpContextAccessor accessor) : AuthorizationHandler<PermissionRequirement>
{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, PermissionRequirement requirement)
    {
        var http = context.Resource as HttpContext ?? (context.Resource is null ? accessor.HttpContext : null);
        var caller = http?.FindCaller() ?? await FindAsync(context, http);
        if (caller is null || !caller.May(requirement.Permission))
        {
            return;
        }

        http?.SetCaller(caller);
        context.Succeed(requirement);
    }

    private async Task<Caller?> FindAsync(AuthorizationHandlerContext context, HttpContext? http)
    {
        var slug = context.Resource switch
        {
            Microsoft.AspNetCore.Components.RouteData route => route.RouteValues.GetValueOrDefault(Callers.WorkspaceParameter) as string,
            _ => http?.GetRouteValue(Callers.WorkspaceParameter) as string ?? http?.Request.Headers[Callers.WorkspaceHeader].ToString(),
        };
        return await callers.FindMembershipAsync(context.User, slug, http?.RequestAborted ?? CancellationToken.None) is { } membership
            ? Callers.Of(membership)
            : null;
    }
}
