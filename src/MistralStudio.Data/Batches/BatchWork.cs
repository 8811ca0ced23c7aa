using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Batches;

/// <inheritdoc cref="IBatchWork"/>
internal sealed class BatchWork(IDbContextFactory<StudioDbContext> contexts, BatchConnection connection, TimeProvider time) : IBatchWork
{
    public async Task<IReadOnlyList<BatchId>> ListRunningAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Batches.Where(row => row.State == BatchState.Running).OrderBy(row => row.CreatedAt).Select(row => row.Id).ToListAsync(cancellationToken);
    }

    public async Task<Batch?> FindAsync(BatchId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return (await context.Batches.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, cancellationToken))?.ToBatch();
    }

    public async IAsyncEnumerable<long> ListDoneAsync(BatchId id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = context.BatchResults.Where(row => row.BatchId == id).OrderBy(row => row.Row).Select(row => row.Row).AsAsyncEnumerable();
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            yield return row;
        }
    }

    public Task<long?> CommitAsync(BatchId id, long revision, BatchProgress progress, IReadOnlyList<BatchResult> results, CancellationToken cancellationToken) =>
        connection.CommitAsync(id, revision, progress, results, time.GetUtcNow(), cancellationToken);

    public async ValueTask<Result<Caller>> RightsOfAsync(Batch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await StandingGrants.RoleOfAsync(context, batch.Workspace, batch.StartedBy, cancellationToken) is not { } role)
        {
            return BatchErrors.StarterGone();
        }

        var granted = RolePermissions.Of(role);
        if (batch.Key is { } key)
        {
            if (await StandingGrants.ScopesOfAsync(context, batch.Workspace, key, time.GetUtcNow(), cancellationToken) is not { } scopes)
            {
                return BatchErrors.KeyGone();
            }

            granted = scopes.Where(granted.Contains).ToFrozenSet(StringComparer.Ordinal);
        }

        return new Caller(batch.Workspace, batch.StartedBy, granted);
    }
}
