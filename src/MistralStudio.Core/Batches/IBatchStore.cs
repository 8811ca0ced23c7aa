using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Core.Tables;

namespace MistralStudio.Core.Batches;

/// <summary>Tables that were added; rows are read from where they lie, never all at once.</summary>
public interface ITableStore
{
    /// <summary>Takes a table: writes the file to the disk, has it read in a process apart, and keeps its rows. Nothing is kept of one that cannot be read.</summary>
    Task<Result<StoredTable>> AddAsync(WorkspaceId workspace, string name, Stream content, UserId by, CancellationToken cancellationToken);

    /// <param name="addedBy">Who has to have added it; null: anybody.</param>
    Task<StoredTable?> FindAsync(WorkspaceId workspace, TableId id, UserId? addedBy, CancellationToken cancellationToken);

    /// <summary>Rows from one on, in order.</summary>
    /// <param name="first">From 0.</param>
    IAsyncEnumerable<TableRow> ReadAsync(WorkspaceId workspace, TableId id, long first, CancellationToken cancellationToken);
}

/// <summary>Batches and what became of their rows; every id is looked up through its workspace.</summary>
public interface IBatchStore
{
    /// <summary>Keeps a batch that is to run; its plan was checked. Fails where there is no such table.</summary>
    Task<Result<Batch>> CreateAsync(NewBatch batch, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    /// <param name="startedBy">Who has to have started them; null: anybody.</param>
    Task<Listing<Batch>> ListAsync(WorkspaceId workspace, BatchState? state, UserId? startedBy, string? after, int limit, CancellationToken cancellationToken);

    /// <param name="startedBy">Who has to have started it; null: anybody.</param>
    Task<Batch?> FindAsync(WorkspaceId workspace, BatchId id, UserId? startedBy, CancellationToken cancellationToken);

    /// <summary>What became of rows, in the order of the table.</summary>
    /// <param name="state">Only these; null: all.</param>
    /// <param name="after">Rows up to this one are left out; -1 leaves out none.</param>
    Task<IReadOnlyList<BatchResult>> ListResultsAsync(BatchId id, BatchRowState? state, long after, int limit, CancellationToken cancellationToken);

    /// <summary>Changes where it stands as a person wants it.</summary>
    Task<Result<Batch>> ChangeAsync(WorkspaceId workspace, BatchId id, BatchChange change, UserId by, ApiKeyId? key, CancellationToken cancellationToken);

    /// <summary>Removes a batch that does not run with what became of its rows, and its table where no other batch has it.</summary>
    Task<Result<Unit>> DeleteAsync(WorkspaceId workspace, BatchId id, UserId? by, CancellationToken cancellationToken);

    /// <summary>Writes into the audit log that somebody took a batch's rows out.</summary>
    Task NoteExportAsync(Batch batch, UserId? by, CancellationToken cancellationToken);
}

/// <summary>What a person does to a batch.</summary>
public abstract record BatchChange
{
    private BatchChange()
    {
    }

    /// <summary>Ends it.</summary>
    public sealed record Cancel : BatchChange;

    /// <summary>Lets it wait.</summary>
    public sealed record Pause : BatchChange;

    /// <summary>Lets a paused or cancelled one go on, with the rights of who says so.</summary>
    /// <param name="Budget">The new limits, of all that it used and will use; null: those it had.</param>
    public sealed record Resume(BatchBudget? Budget) : BatchChange;

    /// <summary>Has the rows that failed asked about once more, with the rights of who says so.</summary>
    public sealed record RetryFailed : BatchChange;
}

/// <summary>Batches as the one that runs them sees them, in whatever workspace.</summary>
public interface IBatchWork
{
    /// <summary>Batches that go on by themselves: what a start takes up again.</summary>
    Task<IReadOnlyList<BatchId>> ListRunningAsync(CancellationToken cancellationToken);

    /// <summary>One batch; null where it was removed.</summary>
    Task<Batch?> FindAsync(BatchId id, CancellationToken cancellationToken);

    /// <summary>The numbers of the rows that have an outcome, in order.</summary>
    IAsyncEnumerable<long> ListDoneAsync(BatchId id, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps what became of rows and where the batch stands, all in one transaction. Gives the revision after it; null where somebody changed or took
    /// over the batch since <paramref name="revision"/>, and nothing is kept then.
    /// </summary>
    Task<long?> CommitAsync(BatchId id, long revision, BatchProgress progress, IReadOnlyList<BatchResult> results, CancellationToken cancellationToken);

    /// <summary>The rights that whoever started a batch holds at this moment; fails where they are gone.</summary>
    ValueTask<Result<Caller>> RightsOfAsync(Batch batch, CancellationToken cancellationToken);
}

/// <summary>Where a batch stands, as its run says it.</summary>
public sealed record BatchProgress(
    BatchState State, long Succeeded, long Failed, BatchSpending Spent, double? RowsPerSecond, Error? Reason, DateTimeOffset? WaitsUntil)
{
    /// <summary>As a batch stands.</summary>
    public static BatchProgress Of(Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return new(batch.State, batch.Succeeded, batch.Failed, batch.Spent, batch.RowsPerSecond, batch.Reason, batch.WaitsUntil);
    }

    /// <summary>With one more row.</summary>
    public BatchProgress Plus(BatchResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return this with
        {
            Succeeded = Succeeded + (result.State == BatchRowState.Succeeded ? 1 : 0),
            Failed = Failed + (result.State == BatchRowState.Failed ? 1 : 0),
            Spent = Spent.Plus(result),
        };
    }
}
