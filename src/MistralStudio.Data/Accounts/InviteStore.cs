using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Data.Audit;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Accounts;

/// <summary>An invite that waits to be used.</summary>
public sealed record Invite(InviteId Id, WorkspaceId Workspace, string WorkspaceName, Role Role, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>One-time invites to a workspace, valid for seven days, stored as the hash of their token.</summary>
public sealed class InviteStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time)
{
    private static readonly TimeSpan s_life = TimeSpan.FromDays(7);
    private static readonly Role[] s_inviters = [.. Enum.GetValues<Role>().Where(role => RolePermissions.Grants(role, Permissions.MembersManage))];

    /// <summary>Makes an invite; its token is returned once.</summary>
    public async Task<(Invite Invite, string Token)> CreateAsync(WorkspaceId workspace, Role role, UserId createdBy, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var token = Token.NewLink();
        var now = time.GetUtcNow();
        var row = new InviteRow
        {
            Id = InviteId.New(),
            WorkspaceId = workspace,
            TokenHash = Token.Hash(token),
            Role = role,
            CreatedBy = createdBy.Value,
            CreatedAt = now,
            ExpiresAt = now + s_life,
        };
        context.Invites.Add(row);
        await AuditTrail.AppendAsync(context, workspace, createdBy, "invite.created", $"{row.Id}", $"{role}", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        var name = await context.Workspaces.Where(found => found.Id == workspace).Select(found => found.Name).FirstAsync(cancellationToken);
        return (new Invite(row.Id, workspace, name, role, now, row.ExpiresAt), token);
    }

    /// <summary>Invites of a workspace that can still be used, newest first.</summary>
    public async Task<IReadOnlyList<Invite>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Usable(context).Where(row => row.WorkspaceId == workspace).OrderByDescending(row => row.CreatedAt)
            .Join(context.Workspaces, row => row.WorkspaceId, found => found.Id, (row, found) => new Invite(row.Id, found.Id, found.Name, row.Role, row.CreatedAt, row.ExpiresAt))
            .ToListAsync(cancellationToken);
    }

    /// <summary>Takes an invite back; false where the workspace has none with this id.</summary>
    /// <param name="by">Who does it, for the audit log.</param>
    public async Task<bool> RevokeAsync(WorkspaceId workspace, InviteId id, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await context.Invites.Where(row => row.Id == id && row.WorkspaceId == workspace).ExecuteDeleteAsync(cancellationToken) == 0)
        {
            return false;
        }

        await AuditTrail.AppendAsync(context, workspace, by, "invite.revoked", $"{id}", "", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>The invite behind a token; null for a used, expired and unknown one alike.</summary>
    public async Task<Invite?> FindAsync(string token, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var hash = Token.Hash(token);
        return await Usable(context).Where(row => row.TokenHash == hash)
            .Join(context.Workspaces, row => row.WorkspaceId, found => found.Id, (row, found) => new Invite(row.Id, found.Id, found.Name, row.Role, row.CreatedAt, row.ExpiresAt))
            .FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Uses an invite for an account, whole or not at all: once, whoever comes first.</summary>
    /// <param name="newcomer">A new account with its password hashed; null where <paramref name="user"/> has one already.</param>
    public async Task<Result<Membership>> AcceptAsync(string token, StudioUser? newcomer, UserId user, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var now = time.GetUtcNow();
        var hash = Token.Hash(token);

        // Before anything is said of the address: a token that opens nothing must not tell who has an account.
        if (!await Usable(context).AnyAsync(row => row.TokenHash == hash, cancellationToken))
        {
            return AccountErrors.InviteUnusable();
        }

        if (newcomer is not null)
        {
            if (await context.Users.AnyAsync(found => found.NormalizedEmail == newcomer.NormalizedEmail, cancellationToken))
            {
                return AccountErrors.EmailTaken();
            }

            context.Add(newcomer);
            await context.SaveChangesAsync(cancellationToken);
        }

        var used = await Usable(context).Where(row => row.TokenHash == hash).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.UsedAt, now).SetProperty(row => row.UsedBy, user.Value), cancellationToken);
        if (used == 0)
        {
            return AccountErrors.InviteUnusable();
        }

        var invite = await context.Invites.AsNoTracking().FirstAsync(row => row.TokenHash == hash, cancellationToken);
        var membership = await context.Memberships.FirstOrDefaultAsync(
            row => row.WorkspaceId == invite.WorkspaceId && row.UserId == user.Value, cancellationToken);
        if (membership is null)
        {
            membership = new MembershipRow
            {
                WorkspaceId = invite.WorkspaceId, UserId = user.Value, Role = invite.Role, JoinedAt = now, Stamp = Guid.NewGuid(),
            };
            context.Memberships.Add(membership);
        }
        else if (membership.Role < invite.Role && membership.SuspendedAt is null)
        {
            (membership.Role, membership.Stamp) = (invite.Role, Guid.NewGuid());
        }

        await AuditTrail.AppendAsync(context, invite.WorkspaceId, user, "invite.accepted", $"{user}", $"{membership.Role}", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        var workspace = await context.Workspaces.AsNoTracking().FirstAsync(row => row.Id == invite.WorkspaceId, cancellationToken);
        return new Membership(workspace.Id, workspace.Slug, workspace.Name, user, membership.Role, membership.SuspendedAt, membership.Stamp);
    }

    private IQueryable<InviteRow> Usable(StudioDbContext context)
    {
        var now = time.GetUtcNow();

        // An invite holds only while who made it may still invite, and hands out no ownership that they do not have.
        return context.Invites.Where(row => row.UsedAt == null && row.ExpiresAt > now && context.Memberships.Any(
            inviter => inviter.WorkspaceId == row.WorkspaceId && inviter.UserId == row.CreatedBy && inviter.SuspendedAt == null
                && s_inviters.Contains(inviter.Role) && (row.Role != Role.Owner || inviter.Role == Role.Owner)));
    }
}
