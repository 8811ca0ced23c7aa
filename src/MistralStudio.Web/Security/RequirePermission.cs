using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace MistralStudio.Web.Security;

/// <summary>
/// The permission that a page or an endpoint needs, see <see cref="Core.Security.Permissions"/>. Everything names one, or says
/// <see cref="AllowAnonymousAttribute"/>; a test fails on what says neither.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RequirePermissionAttribute(string permission) : AuthorizeAttribute(PermissionPolicies.NameOf(permission))
{
    /// <summary>The permission.</summary>
    public string Permission { get; } = permission;
}

/// <summary>Membership of the workspace named in the route must grant this.</summary>
internal sealed record PermissionRequirement(string Permission) : IAuthorizationRequirement;

/// <summary>Makes a policy of each permission's name, and denies what names none.</summary>
internal sealed class PermissionPolicies(IOptions<AuthorizationOptions> options) : DefaultAuthorizationPolicyProvider(options)
{
    private const string Prefix = "permission:";

    public static string NameOf(string permission) => Prefix + permission;

    public override async Task<AuthorizationPolicy?> GetPolicyAsync(string policyName) => policyName.StartsWith(Prefix, StringComparison.Ordinal)
        ? new AuthorizationPolicyBuilder().RequireAuthenticatedUser().AddRequirements(new PermissionRequirement(policyName[Prefix.Length..])).Build()
        : await base.GetPolicyAsync(policyName);
}

/// <summary>Names the permission of an endpoint.</summary>
public static class PermissionEndpoints
{
    public static TBuilder RequirePermission<TBuilder>(this TBuilder builder, string permission)
        where TBuilder : IEndpointConventionBuilder => builder.RequireAuthorization(new RequirePermissionAttribute(permission));
}
