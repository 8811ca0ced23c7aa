using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Tables;
using MistralStudio.Data.Audit;
using MistralStudio.Data.Blobs;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Batches;

/// <inheritdoc cref="IBatchStore"/>
internal sealed class BatchStore(IDbContextFactory<StudioDbContext> contexts, IBlobStore blobs, TimeProvider time) : IBatchStore
{
    // No transaction of the database is long: what a million rows came to goes in pieces.
    private const long RemovedAtOnce = 5_000;

    public async Task<Result<Batch>> CreateAsync(NewBatch batch, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await context.BatchTables.AsNoTracking().FirstOrDefaultAsync(row => row.Id == batch.Table && row.WorkspaceId == batch.Workspace, cancellationToken) is not { } table)
        {
            return TableErrors.NotFound();
        }

        var name = batch.Name.Trim();
        if (name.Length > BatchRules.MostName)
        {
            return BatchErrors.BadName();
        }

        var now = time.GetUtcNow();
        var row = new BatchRow
        {
            Id = BatchId.New(),
            WorkspaceId = batch.Workspace,
            TableId = table.Id,
            Name = name.Length > 0 ? name : Shorten(batch.Plan.Reference is { } prompt ? $"{prompt["prompt:".Length..]} · {table.Name}" : table.Name),
            Plan = BatchRecords.WritePlan(batch.Plan),
            StartedBy = batch.StartedBy.Value,
            KeyId = batch.Key,
            State = BatchState.Running,
            Rows = table.Rows,
            Cost = "0",
            CreatedAt = now,
            UpdatedAt = now,
            Revision = 1,
        };
        // A batch outlives the prompt or the conversation that it was made of, and shows its images to the last row.
        if (await ImageRights.ShareAsync(context, batch.Workspace, batch.StartedBy, OwnerOf(row.Id), [.. batch.Plan.Prompt.Images], cancellationToken) is { } refused)
        {
            return refused;
        }

        context.Batches.Add(row);
        await AuditTrail.AppendAsync(context, batch.Workspace, batch.StartedBy, "batch.started", $"{row.Id}", $"{row.Name}, {table.Rows.ToString("N0", CultureInfo.InvariantCulture)} rows", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return row.ToBatch();
    }

    public async Task<Listing<Batch>> ListAsync(WorkspaceId workspace, BatchState? state, UserId? startedBy, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = context.Batches.AsNoTracking().Where(row => row.WorkspaceId == workspace);
        rows = state is { } wanted ? rows.Where(row => row.State == wanted) : rows;
        rows = startedBy is { } person ? rows.Where(row => row.StartedBy == person.Value) : rows;
        var cursor = Cursor.Parse(after);
        limit = ListQuery.Limit(limit);
        var read = await rows.Where(row => row.CreatedAt <= cursor.Instant).OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id)
            .Skip(cursor.Skip).Take(limit + 1).ToListAsync(cancellationToken);
        return cursor.Page([.. read.Select(BatchRecords.ToBatch)], limit, item => item.CreatedAt);
    }

    public async Task<Batch?> FindAsync(WorkspaceId workspace, BatchId id, UserId? startedBy, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = context.Batches.AsNoTracking().Where(row => row.Id == id && row.WorkspaceId == workspace);
        rows = startedBy is { } person ? rows.Where(row => row.StartedBy == person.Value) : rows;
        return (await rows.FirstOrDefaultAsync(cancellationToken))?.ToBatch();
    }

    public async Task<IReadOnlyList<BatchResult>> ListResultsAsync(BatchId id, BatchRowState? state, long after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = context.BatchResults.AsNoTracking().Where(row => row.BatchId == id && row.Row > after);
        rows = state is { } wanted ? rows.Where(row => row.State == wanted) : rows;
        return [.. (await rows.OrderBy(row => row.Row).Take(limit).ToListAsync(cancellationToken)).Select(BatchRecords.ToResult)];
    }

    public async Task<Result<Batch>> ChangeAsync(WorkspaceId workspace, BatchId id, BatchChange change, UserId by, ApiKeyId? key, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await context.Batches.FirstOrDefaultAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken) is not { } row)
        {
            return BatchErrors.NotFound();
        }

        if (Refuse(row, change) is { } refused)
        {
            return refused;
        }

        var now = time.GetUtcNow();
        (row.Revision, row.UpdatedAt, row.WaitsUntil, row.RowsPerSecond) = (row.Revision + 1, now, null, null);
        var reason = change is BatchChange.Pause ? BatchErrors.PausedByHand() : null;
        (row.ReasonCode, row.ReasonMessage, row.ReasonNext) = (reason?.Code, reason?.Message, reason?.Next);
        (row.State, row.EndedAt) = change switch
        {
            BatchChange.Cancel => (BatchState.Cancelled, now),
            BatchChange.Pause => (BatchState.Paused, (DateTimeOffset?)null),
            _ => (BatchState.Running, null),
        };
        if (change is BatchChange.Resume or BatchChange.RetryFailed)
        {
            (row.StartedBy, row.KeyId) = (by.Value, key);
        }

        if (change is BatchChange.Resume { Budget: { } budget })
        {
            row.Plan = BatchRecords.WritePlan(row.ToBatch().Plan with { Budget = budget });
        }

        if (change is BatchChange.RetryFailed)
        {
            await context.BatchResults.Where(result => result.BatchId == id && result.State == BatchRowState.Failed).ExecuteDeleteAsync(cancellationToken);
            row.Failed = 0;
        }

        await AuditTrail.AppendAsync(context, workspace, by, ActionOf(change), $"{id}", row.Name, time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return row.ToBatch();
    }

    public async Task<Result<Unit>> DeleteAsync(WorkspaceId workspace, BatchId id, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await context.Batches.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken) is not { } row)
        {
            return BatchErrors.NotFound();
        }

        if (row.State == BatchState.Running)
        {
            return BatchErrors.StillRunning();
        }

        for (var from = 0L; from < row.Rows; from += RemovedAtOnce)
        {
            var to = from + RemovedAtOnce;
            await context.BatchResults.Where(result => result.BatchId == id && result.Row >= from && result.Row < to).ExecuteDeleteAsync(cancellationToken);
        }

        string? released;
        await using (var transaction = await context.Database.BeginTransactionAsync(cancellationToken))
        {
            await context.Batches.Where(batch => batch.Id == id).ExecuteDeleteAsync(cancellationToken);
            released = await context.Batches.AnyAsync(batch => batch.TableId == row.TableId, cancellationToken)
                ? null
                : await context.BatchTables.Where(table => table.Id == row.TableId).Select(table => table.Sha256).FirstOrDefaultAsync(cancellationToken);
            await context.BatchTables.Where(table => table.Id == row.TableId && released != null).ExecuteDeleteAsync(cancellationToken);
            await AuditTrail.AppendAsync(context, workspace, by, "batch.deleted", $"{id}", row.Name, time, cancellationToken);
            await context.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        if (released is not null)
        {
            await blobs.ReleaseAsync(workspace, released, TableStore.OwnerOf(row.TableId), cancellationToken);
        }

        foreach (var image in row.ToBatch().Plan.Prompt.Images)
        {
            await blobs.ReleaseAsync(workspace, image.Sha256, OwnerOf(id), cancellationToken);
        }

        return default(Unit);
    }

    public async Task NoteExportAsync(Batch batch, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await AuditTrail.AppendAsync(context, batch.Workspace, by, "batch.exported", $"{batch.Id}", batch.Name, time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static string OwnerOf(BatchId id) => $"batch/{id}";

    private static Error? Refuse(BatchRow row, BatchChange change) => change switch
    {
        BatchChange.Cancel when row.State is BatchState.Done or BatchState.Cancelled => BatchErrors.NotRunning(),
        BatchChange.Pause when row.State != BatchState.Running => BatchErrors.NotRunning(),
        BatchChange.Resume when row.State is not (BatchState.Paused or BatchState.Cancelled) => BatchErrors.NotPaused(),
        BatchChange.Resume { Budget: { Rows: < 1 } or { Tokens: < 1 } or { Cost: <= 0 } } => BatchErrors.BadBudget(),
        BatchChange.RetryFailed when row.State == BatchState.Running => BatchErrors.StillRunning(),
        BatchChange.RetryFailed when row.Failed == 0 => BatchErrors.NothingFailed(),
        _ => null,
    };

    private static string ActionOf(BatchChange change) => change switch
    {
        BatchChange.Cancel => "batch.cancelled",
        BatchChange.Pause => "batch.paused",
        BatchChange.Resume => "batch.resumed",
        _ => "batch.retried",
    };

    private static string Shorten(string name) => name.Length <= BatchRules.MostName ? name : name[..(BatchRules.MostName - 1)] + "…";
}
