using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Core.Models;
using MistralStudio.Core.Tables;
using MistralStudio.Core.Work;

namespace MistralStudio.Agents.Batches;

/// <summary>Starts batches and changes where they stand, as pages and programs want it.</summary>
public sealed class BatchRuns(IBatchStore store, ITableStore tables, IWorkOwner owner, IAgentRunner runner, IModelRouter models, TimeProvider time)
{
    /// <summary>Checks a batch against its table and begins it.</summary>
    public async Task<Result<Batch>> StartAsync(NewBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (await tables.FindAsync(batch.Workspace, batch.Table, null, cancellationToken) is not { } table)
        {
            return TableErrors.NotFound();
        }

        if (BatchRules.Check(batch.Plan, table.Columns) is { } broken)
        {
            return broken;
        }

        if (await FindBlindAsync(batch, cancellationToken) is { } blind)
        {
            return blind;
        }

        var created = await store.CreateAsync(batch, cancellationToken);
        if (created.IsSuccess)
        {
            await owner.StartAsync(BatchExecutor.Work(created.Value.Id), CancellationToken.None);
        }

        return created;
    }

    /// <summary>Changes where a batch stands; what it asks at this moment is stopped at once.</summary>
    public async Task<Result<Batch>> ChangeAsync(WorkspaceId workspace, BatchId id, BatchChange change, UserId by, ApiKeyId? key, CancellationToken cancellationToken)
    {
        var changed = await store.ChangeAsync(workspace, id, change, by, key, cancellationToken);
        if (!changed.IsSuccess)
        {
            return changed;
        }

        if (changed.Value.State == BatchState.Running)
        {
            await owner.StartAsync(BatchExecutor.Work(id), CancellationToken.None);
        }
        else
        {
            await owner.SignalAsync(BatchExecutor.Work(id), BatchExecutor.Changed, CancellationToken.None);
        }

        return changed;
    }

    /// <summary>Asks about a few rows as the batch would, and keeps nothing.</summary>
    public async Task<IReadOnlyList<BatchResult>> TryAsync(
        WorkspaceId workspace, UserId by, BatchPlan plan, StoredTable table, IReadOnlyList<TableRow> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        var now = time.GetUtcNow();
        var batch = new Batch(
            BatchId.New(), workspace, "", table.Id, plan, by, null, BatchState.Running, rows.Count, 0, 0, BatchSpending.Zero, null, null, null, now, now, null, 0);
        var asker = new RowAsker(runner, batch, table.Columns, time);
        return [.. (await Task.WhenAll(rows.Select(row => asker.AskAsync(row, 1, cancellationToken)))).Select(outcome => outcome.Result)];
    }

    // Every row would fail for it. A model that is not there at this moment is waited for instead.
    private async Task<Error?> FindBlindAsync(NewBatch batch, CancellationToken cancellationToken)
    {
        if (!batch.Plan.Prompt.Images.Any())
        {
            return null;
        }

        var found = await models.ResolveAsync(batch.Workspace, RowAsker.ModelOf(batch.Plan), cancellationToken);
        return found.IsSuccess && !ChatAbilities.Of(found.Value.Chat).Images ? ImageErrors.CannotRead(found.Value.Id) : null;
    }

    /// <summary>A prompt as a row fills it, for a look before the batch is begun.</summary>
    public static Result<IReadOnlyList<TurnMessage>> Preview(BatchPlan plan, IReadOnlyList<string> columns, TableRow row) => RowAsker.Fill(plan, columns, row);
}
