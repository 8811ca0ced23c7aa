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
internal sealed class BatchWork(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IBatchWork
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

    public async Task<long?> CommitAsync(BatchId id, long revision, BatchProgress progress, IReadOnlyList<BatchResult> results, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var now = time.GetUtcNow();
        DateTimeOffset? ended = progress.State is BatchState.Done or BatchState.Cancelled ? now : null;
        var (code, message, next) = (progress.Reason?.Code, progress.Reason?.Message, progress.Reason?.Next);
        var cost = BatchRecords.WriteCost(progress.Spent.Cost);
        var changed = await context.Batches.Where(row => row.Id == id && row.Revision == revision && row.State == BatchState.Running).ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.Revision, revision + 1).SetProperty(row => row.State, progress.State)
                .SetProperty(row => row.Succeeded, progress.Succeeded).SetProperty(row => row.Failed, progress.Failed)
                .SetProperty(row => row.SpentRows, progress.Spent.Rows)
                .SetProperty(row => row.InputTokens, progress.Spent.InputTokens).SetProperty(row => row.OutputTokens, progress.Spent.OutputTokens)
                .SetProperty(row => row.Cost, cost).SetProperty(row => row.RowsPerSecond, progress.RowsPerSecond)
                .SetProperty(row => row.ReasonCode, code).SetProperty(row => row.ReasonMessage, message).SetProperty(row => row.ReasonNext, next)
                .SetProperty(row => row.WaitsUntil, progress.WaitsUntil).SetProperty(row => row.UpdatedAt, now).SetProperty(row => row.EndedAt, ended),
            cancellationToken);
        if (changed == 0)
        {
            return null;
        }

        context.BatchResults.AddRange(results.Select(result => result.ToRow(id)));
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return revision + 1;
    }

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
