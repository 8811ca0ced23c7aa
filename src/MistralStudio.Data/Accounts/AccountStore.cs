using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Data.Audit;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Accounts;

/// <summary>A workspace as one of its members sees it.</summary>
/// <param name="Stamp">Changes with every change of the member's rights.</param>
public sealed record Membership(WorkspaceId Workspace, string Slug, string Name, UserId User, Role Role, DateTimeOffset? SuspendedAt, Guid Stamp);

/// <summary>A member as the people of a workspace see them.</summary>
/// <param name="Stamp">Changes with every change of the member's rights.</param>
public sealed record Member(UserId User, string DisplayName, string Email, Role Role, DateTimeOffset JoinedAt, DateTimeOffset? SuspendedAt, Guid Stamp);

/// <summary>People, workspaces, and who may do what where.</summary>
public sealed class AccountStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time)
{
    /// <summary>True once the first owner was created; set-up is over then, for good.</summary>
    public async Task<bool> HasOwnerAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Memberships.AnyAsync(row => row.Role == Role.Owner, cancellationToken);
    }

    /// <summary>Creates the first account with the first workspace, whole or not at all; fails where there is an owner already.</summary>
    /// <param name="owner">Its password is hashed already.</param>
    public async Task<Result<Membership>> CreateFirstOwnerAsync(StudioUser owner, string workspaceName, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(System.Data.IsolationLevel.Serializable, cancellationToken);
        if (await context.Memberships.AnyAsync(row => row.Role == Role.Owner, cancellationToken))
        {
            return AccountErrors.OwnerExists();
        }

        var now = time.GetUtcNow();
        var name = workspaceName.Trim().Length == 0 ? "Workspace" : workspaceName.Trim();
        var workspace = new WorkspaceRow { Id = WorkspaceId.New(), Slug = Slug.Of(name, "workspace"), Name = name, CreatedAt = now };
        var membership = new MembershipRow
        {
            WorkspaceId = workspace.Id, UserId = owner.Id, Role = Role.Owner, JoinedAt = now, Stamp = Guid.NewGuid(),
        };
        context.Add(owner);
        context.Workspaces.Add(workspace);
        context.Memberships.Add(membership);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new Membership(workspace.Id, workspace.Slug, workspace.Name, owner.UserId, Role.Owner, null, membership.Stamp);
    }

    /// <summary>The workspaces of a person, oldest membership first; suspended ones included.</summary>
    public async Task<IReadOnlyList<Membership>> ListMembershipsAsync(UserId user, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Memberships(context, context.Memberships.Where(row => row.UserId == user.Value).OrderBy(row => row.JoinedAt)).ToListAsync(cancellationToken);
    }

    /// <summary>A person's membership of the workspace with this slug; null where there is none, or no such workspace.</summary>
    public async Task<Membership?> FindMembershipAsync(string slug, UserId user, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Memberships(
            context,
            context.Memberships.Where(row => row.UserId == user.Value && context.Workspaces.Any(workspace => workspace.Id == row.WorkspaceId && workspace.Slug == slug)))
            .FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>A person's membership of a workspace; null where there is none.</summary>
    public async Task<Membership?> FindMembershipAsync(WorkspaceId workspace, UserId user, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Memberships(context, context.Memberships.Where(row => row.UserId == user.Value && row.WorkspaceId == workspace))
            .FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>The oldest workspace and its longest-standing Owner: whom commands of the command line act for.</summary>
    public async Task<Membership?> FindDefaultOwnerAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Memberships(context, context.Memberships.Where(row => row.Role == Role.Owner && row.SuspendedAt == null).OrderBy(row => row.JoinedAt))
            .FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Members of a workspace, longest-standing first.</summary>
    public async Task<IReadOnlyList<Member>> ListMembersAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Members(context, context.Memberships.Where(row => row.WorkspaceId == workspace).OrderBy(row => row.JoinedAt)).ToListAsync(cancellationToken);
    }

    /// <summary>A page of the members, newest first.</summary>
    public async Task<Listing<Member>> ListMembersAsync(WorkspaceId workspace, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var cursor = Cursor.Parse(after);
        limit = ListQuery.Limit(limit);
        var rows = context.Memberships.Where(row => row.WorkspaceId == workspace && row.JoinedAt <= cursor.Instant)
            .OrderByDescending(row => row.JoinedAt).ThenByDescending(row => row.UserId);
        return cursor.Page(await Members(context, rows.Skip(cursor.Skip).Take(limit + 1)).ToListAsync(cancellationToken), limit, member => member.JoinedAt);
    }

    /// <summary>A member of a workspace; null where there is none.</summary>
    public async Task<Member?> FindMemberAsync(WorkspaceId workspace, UserId user, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Members(context, context.Memberships.Where(row => row.WorkspaceId == workspace && row.UserId == user.Value)).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Gives a member another role; the last Owner keeps theirs.</summary>
    public Task<Result<Unit>> ChangeRoleAsync(WorkspaceId workspace, UserId user, Role role, UserId? by, CancellationToken cancellationToken) =>
        ChangeAsync(workspace, user, stamp: null, role, suspended: null, by, cancellationToken);

    /// <summary>Suspends a member, or lets them in again.</summary>
    public Task<Result<Unit>> SuspendAsync(WorkspaceId workspace, UserId user, bool suspended, UserId? by, CancellationToken cancellationToken) =>
        ChangeAsync(workspace, user, stamp: null, role: null, suspended, by, cancellationToken);

    /// <summary>Changes a member's rights; what is null stays. The last Owner stays one.</summary>
    /// <param name="stamp">The <see cref="Member.Stamp"/> that the change was made from; null changes whatever is there.</param>
    /// <param name="by">Who does it, for the audit log; null for the operator.</param>
    public async Task<Result<Unit>> ChangeAsync(
        WorkspaceId workspace, UserId user, Guid? stamp, Role? role, bool? suspended, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var row = await FindAsync(context, workspace, user, cancellationToken);
        if (row is null)
        {
            return AccountErrors.MemberNotFound();
        }

        if (stamp is { } read && read != row.Stamp)
        {
            return AccountErrors.Conflict();
        }

        var loses = suspended is true || (role is { } next && next != Role.Owner);
        if (loses && await IsLastOwnerAsync(context, row, cancellationToken))
        {
            return AccountErrors.LastOwner();
        }

        if (role is { } becomes && becomes != row.Role)
        {
            await AuditTrail.AppendAsync(context, workspace, by, "member.role_changed", $"{user}", $"{row.Role} to {becomes}", time, cancellationToken);
        }

        if (suspended is { } ends && ends != row.SuspendedAt is not null)
        {
            await AuditTrail.AppendAsync(context, workspace, by, ends ? "member.suspended" : "member.let_in", $"{user}", "", time, cancellationToken);
        }

        row.Role = role ?? row.Role;
        row.SuspendedAt = suspended switch { true => row.SuspendedAt ?? time.GetUtcNow(), false => null, null => row.SuspendedAt };
        row.Stamp = Guid.NewGuid();
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return default(Unit);
    }

    /// <summary>Ends a membership with its keys and open invites, which a later membership does not bring back; the account stays.</summary>
    public async Task<Result<Unit>> RemoveAsync(WorkspaceId workspace, UserId user, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var row = await FindAsync(context, workspace, user, cancellationToken);
        if (row is null)
        {
            return AccountErrors.MemberNotFound();
        }

        if (await IsLastOwnerAsync(context, row, cancellationToken))
        {
            return AccountErrors.LastOwner();
        }

        var now = time.GetUtcNow();
        await context.ApiKeys.Where(key => key.WorkspaceId == workspace && key.CreatedBy == user.Value && key.RevokedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(key => key.RevokedAt, now), cancellationToken);
        await context.Invites.Where(invite => invite.WorkspaceId == workspace && invite.CreatedBy == user.Value && invite.UsedAt == null)
            .ExecuteDeleteAsync(cancellationToken);
        context.Memberships.Remove(row);
        await AuditTrail.AppendAsync(context, workspace, by, "member.removed", $"{user}", $"{row.Role}", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return default(Unit);
    }

    private static Task<MembershipRow?> FindAsync(StudioDbContext context, WorkspaceId workspace, UserId user, CancellationToken cancellationToken) =>
        context.Memberships.FirstOrDefaultAsync(row => row.WorkspaceId == workspace && row.UserId == user.Value, cancellationToken);

    private static async Task<bool> IsLastOwnerAsync(StudioDbContext context, MembershipRow row, CancellationToken cancellationToken) =>
        row.Role == Role.Owner && row.SuspendedAt is null && !await context.Memberships.AnyAsync(
            other => other.WorkspaceId == row.WorkspaceId && other.UserId != row.UserId && other.Role == Role.Owner && other.SuspendedAt == null,
            cancellationToken);

    private static IQueryable<Membership> Memberships(StudioDbContext context, IQueryable<MembershipRow> rows) => rows.AsNoTracking().Join(
        context.Workspaces,
        row => row.WorkspaceId,
        workspace => workspace.Id,
        (row, workspace) => new Membership(workspace.Id, workspace.Slug, workspace.Name, new UserId(row.UserId), row.Role, row.SuspendedAt, row.Stamp));

    private static IQueryable<Member> Members(StudioDbContext context, IQueryable<MembershipRow> rows) => rows.AsNoTracking().Join(
        context.Users,
        row => row.UserId,
        user => user.Id,
        (row, user) => new Member(new UserId(user.Id), user.DisplayName, user.Email!, row.Role, row.JoinedAt, row.SuspendedAt, row.Stamp));
}
