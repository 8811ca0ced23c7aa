using Microsoft.Extensions.Logging;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Work;

namespace MistralStudio.Agents.Batches;

/// <summary>Owns batches one at a time each. All it needs to know is in the store, so that it goes on after kill -9, here or elsewhere.</summary>
internal sealed class BatchExecutor(IBatchWork batches, ITableStore tables, IAgentRunner runner, TimeProvider time, ILogger<BatchExecutor> log) : IWorkExecutor
{
    /// <summary>The kind of work that a batch is.</summary>
    public const string WorkKind = "batch";

    /// <summary>The signal that ends a stretch of it at once: a person changed where it stands.</summary>
    public const string Changed = "changed";

    /// <inheritdoc/>
    public string Kind => WorkKind;

    /// <inheritdoc/>
    public int? Places => 8;

    /// <summary>The work that a batch is.</summary>
    public static WorkKey Work(BatchId batch) => new(WorkKind, batch.ToString());

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListUnfinishedAsync(CancellationToken cancellationToken) =>
        [.. (await batches.ListRunningAsync(cancellationToken)).Select(batch => batch.ToString())];

    /// <inheritdoc/>
    public async Task ExecuteAsync(WorkKey work, IWorkSignals signals, CancellationToken cancellationToken)
    {
        var id = BatchId.Parse(work.Id);
        var changed = signals.Token(Changed);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, changed);
        try
        {
            // Once more after each stretch: somebody may have let it go on again before the last one saw that it was stopped.
            while (await batches.FindAsync(id, stop.Token) is { State: BatchState.Running } batch)
            {
                // A batch keeps its table: it is there as long as the batch is.
                var table = await tables.FindAsync(batch.Workspace, batch.Table, null, stop.Token);
                await using var run = new BatchRun(batch, new RowAsker(runner, batch, table!.Columns, time), batches, tables, time, log);
                await run.RunAsync(stop.Token);
            }
        }
        catch (OperationCanceledException) when (changed.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // What a person wants of it is in the store.
        }
    }
}
