using MistralStudio.Agents.Batches;
using MistralStudio.Core;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.BatchesApi;

namespace MistralStudio.Web.Features.Batches;

/// <summary>One batch as it goes on, with the rows that are looked at. Driven by the page, or by a test without a browser.</summary>
public sealed class BatchViewState(IBatchStore store, ITableStore tables, FilledRows rows, BatchRuns runs, Caller caller)
{
    // Of the rows with one outcome, as far as somebody has scrolled.
    private readonly List<FilledRow> _filtered = [];
    private OutputColumns? _output;

    /// <summary>The batch; null before it is read, and where there is none.</summary>
    public Batch? Batch { get; private set; }

    /// <summary>Its table.</summary>
    public StoredTable? Table { get; private set; }

    /// <summary>The names of the columns that it adds.</summary>
    public IReadOnlyList<string> Adds => _output?.Names ?? [];

    /// <summary>Only rows with this outcome; null: all.</summary>
    public BatchRowState? Filter { get; private set; }

    /// <summary>Why the last command failed.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where the person may change where it stands.</summary>
    public bool MayChange => caller.May(Permissions.ModelsUse);

    /// <summary>Rows that the filter shows.</summary>
    public long Shown => Filter switch { null => Batch!.Rows, BatchRowState.Failed => Batch!.Failed, _ => Batch!.Succeeded };

    /// <summary>Reads it; false where there is none that the person may see.</summary>
    public async Task<bool> LoadAsync(BatchId id, CancellationToken cancellationToken)
    {
        Batch = await FindAsync(id, cancellationToken);
        Table = Batch is null ? null : await tables.FindAsync(caller.Workspace, Batch.Table, null, cancellationToken);
        _output = Batch is null || Table is null ? null : new OutputColumns(Batch.Plan, Table.Columns);
        return _output is not null;
    }

    /// <summary>Looks again while it goes on; true where anything differs.</summary>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        if (Batch is not { State: BatchState.Running } before || await FindAsync(before.Id, cancellationToken) is not { } now)
        {
            return false;
        }

        Batch = now;
        return now.Revision != before.Revision;
    }

    /// <summary>Shows only rows with an outcome, or all.</summary>
    public void Show(BatchRowState? filter)
    {
        Filter = filter;
        _filtered.Clear();
    }

    /// <summary>Rows to show, from a place in what the filter leaves.</summary>
    public async Task<IReadOnlyList<FilledRow>> ReadAsync(int from, int count, CancellationToken cancellationToken)
    {
        if (Filter is not { } filter)
        {
            return await rows.ListAsync(Batch!, null, from - 1, count, cancellationToken);
        }

        while (_filtered.Count < from + count)
        {
            var more = await rows.ListAsync(Batch!, filter, _filtered.Count == 0 ? -1 : _filtered[^1].Row.Number, count, cancellationToken);
            _filtered.AddRange(more);
            if (more.Count < count)
            {
                break;
            }
        }

        return [.. _filtered.Skip(from).Take(count)];
    }

    /// <summary>What a row has in the added columns.</summary>
    public IReadOnlyList<string> Added(FilledRow row) => _output!.TextsOf(row.Result);

    /// <summary>Changes where it stands.</summary>
    public async Task ChangeAsync(BatchChange change, CancellationToken cancellationToken)
    {
        var changed = await runs.ChangeAsync(caller.Workspace, Batch!.Id, change, caller.User!.Value, null, cancellationToken);
        Error = changed.Error;
        Batch = changed.IsSuccess ? changed.Value : Batch;
        _filtered.Clear();
    }

    /// <summary>Removes it; false where it could not be.</summary>
    public async Task<bool> DeleteAsync(CancellationToken cancellationToken)
    {
        Error = (await store.DeleteAsync(caller.Workspace, Batch!.Id, caller.User, cancellationToken)).Error;
        return Error is null;
    }

    private Task<Batch?> FindAsync(BatchId id, CancellationToken cancellationToken) => store.FindBatchAsync(id, caller, cancellationToken);
}
