using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Data;
using MistralStudio.Web.Layout;

namespace MistralStudio.Web.Security;

/// <inheritdoc cref="IWorkspaceScopes"/>
internal sealed class WorkspaceScopes(
    AuthenticationStateProvider authentication, Callers callers, IDbContextFactory<StudioDbContext> contexts) : IWorkspaceScopes
{
    public async ValueTask<WorkspaceScope?> FindAsync(string slug, CancellationToken cancellationToken)
    {
        var principal = (await authentication.GetAuthenticationStateAsync()).User;
        if (slug.Length == 0 || await callers.FindMembershipAsync(principal, slug, cancellationToken) is not { } membership)
        {
            return null;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var person = await context.Users.AsNoTracking().Where(user => user.Id == membership.User.Value)
            .Select(user => new { user.DisplayName, user.Email }).FirstOrDefaultAsync(cancellationToken);
        var caller = Callers.Of(membership);
        (authentication as CircuitRevocation)?.Rely(caller);
        return person is null
            ? null
            : new WorkspaceScope(caller, membership.Slug, membership.Name, membership.Role, person.DisplayName, person.Email ?? "");
    }
}
