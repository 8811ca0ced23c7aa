using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Batches;

/// <summary>Where a batch stands.</summary>
public enum BatchState
{
    /// <summary>Rows are asked about, or wait for the model (<see cref="Batch.Reason"/> says so).</summary>
    Running,

    /// <summary>It waits for a person; <see cref="Batch.Reason"/> says why.</summary>
    Paused,

    /// <summary>Every row has an answer or has failed.</summary>
    Done,

    /// <summary>A person ended it; what was answered is kept.</summary>
    Cancelled,
}

/// <summary>What became of a row.</summary>
public enum BatchRowState
{
    /// <summary>It has its answer.</summary>
    Succeeded,

    /// <summary>It has none, and its error says why.</summary>
    Failed,
}

/// <summary>A prompt that is run over the rows of a table.</summary>
/// <param name="StartedBy">Who started it, or took it up again: it runs with their rights.</param>
/// <param name="Key">The key that did; null where a person did it by hand.</param>
/// <param name="Rows">Of the table.</param>
/// <param name="Succeeded">Rows with an answer.</param>
/// <param name="Failed">Rows without one.</param>
/// <param name="Spent">What was used, by attempts that failed as well.</param>
/// <param name="RowsPerSecond">At the moment; null before there is a pace.</param>
/// <param name="Reason">Why it waits or is paused; null otherwise.</param>
/// <param name="WaitsUntil">When the model is asked again; null where it does not wait for one.</param>
/// <param name="Revision">Counts its changes: who changes it says which they saw.</param>
public sealed record Batch(
    BatchId Id,
    WorkspaceId Workspace,
    string Name,
    TableId Table,
    BatchPlan Plan,
    UserId StartedBy,
    ApiKeyId? Key,
    BatchState State,
    long Rows,
    long Succeeded,
    long Failed,
    BatchSpending Spent,
    double? RowsPerSecond,
    Error? Reason,
    DateTimeOffset? WaitsUntil,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? EndedAt,
    long Revision)
{
    /// <summary>Rows with an outcome.</summary>
    public long Done => Succeeded + Failed;

    /// <summary>0 to 1.</summary>
    public double Share => Rows == 0 ? 1 : (double)Done / Rows;

    /// <summary>At the present pace; null before there is one, and where it does not go on by itself.</summary>
    public TimeSpan? Left => State == BatchState.Running && RowsPerSecond is { } pace and > 0 ? TimeSpan.FromSeconds((Rows - Done) / pace) : null;

    /// <summary>True where nothing more happens unless somebody wants it.</summary>
    public bool IsEnded => State is BatchState.Done or BatchState.Cancelled;
}

/// <summary>What became of one row.</summary>
/// <param name="Row">Its number in the table, from 0.</param>
/// <param name="Text">The answer; what there was of it where the row failed.</param>
/// <param name="Attempts">How often it was asked about.</param>
/// <param name="Cost">US dollars; null where it is not known, and on this machine.</param>
/// <param name="Milliseconds">Of the attempt that counts, from question to answer.</param>
public sealed record BatchResult(
    long Row, BatchRowState State, string Text, Error? Error, int Attempts, int InputTokens, int OutputTokens, decimal? Cost, double Milliseconds);

/// <summary>A batch to begin.</summary>
/// <param name="Name">For lists; made of the prompt and the table where it is empty.</param>
public sealed record NewBatch(WorkspaceId Workspace, string Name, TableId Table, BatchPlan Plan, UserId StartedBy, ApiKeyId? Key);

/// <summary>A table that prompts are run over.</summary>
/// <param name="Sha256">Of its rows as <see cref="Tables.TableRows"/> has them, in the blob store.</param>
/// <param name="Rows">Below the names of the columns.</param>
/// <param name="Notes">What was guessed or left out while it was read.</param>
public sealed record StoredTable(
    TableId Id, WorkspaceId Workspace, string Name, IReadOnlyList<string> Columns, long Rows, IReadOnlyList<Tables.TableNote> Notes, string Sha256, UserId AddedBy, DateTimeOffset AddedAt);
