using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Audit;

namespace MistralStudio.Data.Connections;

/// <inheritdoc cref="IWorkspaceHosts"/>
internal sealed class AllowedHostStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IWorkspaceHosts
{
    public async ValueTask<bool> IsAllowedAsync(WorkspaceId? workspace, HostAndPort place, CancellationToken cancellationToken)
    {
        if (workspace is not { } owner)
        {
            return false;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Find(context, owner, place).AnyAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<AllowedHost>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.AllowedHosts.AsNoTracking().Where(row => row.WorkspaceId == workspace).OrderBy(row => row.Host).ThenBy(row => row.Port)
            .Select(row => new AllowedHost(new HostAndPort(row.Host, row.Port), row.AllowedAt)).ToListAsync(cancellationToken);
    }

    public async Task AllowAsync(WorkspaceId workspace, HostAndPort place, UserId by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await Find(context, workspace, place).AnyAsync(cancellationToken))
        {
            return;
        }

        context.AllowedHosts.Add(new AllowedHostRow { WorkspaceId = workspace, Host = place.Host, Port = place.Port, AllowedAt = time.GetUtcNow() });
        await AuditTrail.AppendAsync(context, workspace, by, "egress.allowed", place.ToString(), "", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    public async Task<bool> WithdrawAsync(WorkspaceId workspace, HostAndPort place, UserId by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await Find(context, workspace, place).FirstOrDefaultAsync(cancellationToken) is not { } row)
        {
            return false;
        }

        context.AllowedHosts.Remove(row);
        await AuditTrail.AppendAsync(context, workspace, by, "egress.withdrawn", place.ToString(), "", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private static IQueryable<AllowedHostRow> Find(StudioDbContext context, WorkspaceId workspace, HostAndPort place) =>
        context.AllowedHosts.Where(row => row.WorkspaceId == workspace && row.Host == place.Host && row.Port == place.Port);
}
