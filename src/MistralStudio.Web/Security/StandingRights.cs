using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Web.Security;

/// <summary>Whether what somebody relied on a moment ago still holds. Asked of the database, so that a change by another process counts as well.</summary>
public sealed class StandingRights(IServiceScopeFactory scopes, AccountStore accounts, SignInStore ended, ApiKeyStore keys)
{
    /// <summary>How often it is asked while something runs; a loss of rights takes effect within five seconds.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>True while a person's sign-in stands and their memberships grant all that was relied on.</summary>
    public async Task<bool> HoldsAsync(ClaimsPrincipal principal, IEnumerable<Caller> relied, CancellationToken cancellationToken)
    {
        if (Callers.UserOf(principal) is not { } user)
        {
            return true;
        }

        await using var scope = scopes.CreateAsyncScope();
        var account = await scope.ServiceProvider.GetRequiredService<UserManager<StudioUser>>().FindByIdAsync(user.ToString());
        var stamp = principal.FindFirstValue(new ClaimsIdentityOptions().SecurityStampClaimType);
        if (account?.SecurityStamp is null || account.SecurityStamp != stamp
            || (SignIns.Of(principal) is { } signIn && await ended.IsEndedAsync(user, signIn, cancellationToken)))
        {
            return false;
        }

        var memberships = await accounts.ListMembershipsAsync(user, cancellationToken);
        return relied.All(caller => memberships.Any(found =>
            found.Workspace == caller.Workspace && found.SuspendedAt is null && caller.Granted.IsSubsetOf(RolePermissions.Of(found.Role))));
    }

    /// <summary>True while a key works and grants all that was relied on.</summary>
    public async Task<bool> HoldsAsync(string token, Caller relied, CancellationToken cancellationToken) =>
        await keys.AuthenticateAsync(token, cancellationToken) is { } found && relied.Granted.IsSubsetOf(found.Caller.Granted);
}
