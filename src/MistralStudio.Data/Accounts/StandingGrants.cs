using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Accounts;

/// <summary>What a person and a key hold at this moment, for work that goes on after the request that began it.</summary>
internal static class StandingGrants
{
    /// <summary>A person's present role; null where they are no active member.</summary>
    public static Task<Role?> RoleOfAsync(StudioDbContext context, WorkspaceId workspace, UserId user, CancellationToken cancellationToken) =>
        context.Memberships.Where(row => row.WorkspaceId == workspace && row.UserId == user.Value && row.SuspendedAt == null)
            .Select(row => (Role?)row.Role).FirstOrDefaultAsync(cancellationToken);

    /// <summary>The scopes of a key; null where it was revoked or has expired.</summary>
    public static async Task<IReadOnlyList<string>?> ScopesOfAsync(
        StudioDbContext context, WorkspaceId workspace, ApiKeyId key, DateTimeOffset now, CancellationToken cancellationToken) =>
        await context.ApiKeys.Where(row => row.Id == key && row.WorkspaceId == workspace && row.RevokedAt == null && (row.ExpiresAt == null || row.ExpiresAt > now))
            .Select(row => row.Scopes).FirstOrDefaultAsync(cancellationToken) is { } scopes
            ? StudioJson.Read(scopes, StudioJson.Default.IReadOnlyListString)
            : null;
}
