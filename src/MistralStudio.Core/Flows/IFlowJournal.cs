using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Flows;

/// <summary>Transitions of one run that become durable together, or not at all.</summary>
/// <param name="Run">Whose.</param>
/// <param name="Events">In order, numbered on from the last that was committed.</param>
/// <param name="Status">Where the run stands after them, for lists and for what is started again.</param>
/// <param name="ClockAt">When the run's own clock goes on with it (timer, expiry, next try); null where it does not.</param>
public sealed record RunCommit(RunId Run, IReadOnlyList<RunEvent> Events, RunStatus Status, DateTimeOffset? ClockAt);

/// <summary>
/// The journals of all runs: what is not here did not happen. One loop at a time appends to a run; a second one is refused by the numbers
/// of its events.
/// </summary>
public interface IFlowJournal
{
    /// <summary>
    /// Makes transitions durable; returns once they are. The first event of a run is <see cref="RunStarted"/> and makes the run known.
    /// Fails with <see cref="FlowRunErrors.JournalTaken"/> where events of these numbers are there already, with
    /// <c>storage.disk_full</c> where the disk is; nothing of it is kept then. Commits of many runs may share one transaction.
    /// </summary>
    ValueTask<Result<Unit>> AppendAsync(RunCommit commit, CancellationToken cancellationToken);

    /// <summary>The events of a run after a number, in order, as far as they are committed; none where there is no such run.</summary>
    IAsyncEnumerable<RunEvent> ReadAsync(RunId run, long after, CancellationToken cancellationToken);
}

/// <summary>Sees what a run does, after it is durable. Called by the run's loop: it returns at once.</summary>
public interface IRunObserver
{
    /// <summary>These events were committed.</summary>
    void Committed(RunId run, IReadOnlyList<RunEvent> events);

    /// <summary>A node that feeds an answer produced more of its text. It is not journalled: the finished text will be.</summary>
    /// <param name="node">Path of the answer's node.</param>
    void Streamed(RunId run, string node, string text);
}

/// <summary>Expected failures of runs that more than one room can meet.</summary>
public static class FlowRunErrors
{
    /// <summary>The code of a second loop being refused.</summary>
    public const string JournalTakenCode = "run.journal_taken";

    public static Error JournalTaken() => new(
        JournalTakenCode, "Another loop goes on with this run.", "Nothing needs to be done: watch the run where it is.");

    public static Error NotFound() => new(
        "run.not_found", "This run does not exist here.", "It may have been deleted; open Runs to see which there are.");

    public static Error DiskFull() => new(
        "storage.disk_full", "The disk that holds the journal of runs is full.", "Free some space, then go on with the run.");

    public static Error DefinitionMissing(string hash) => new(
        "run.definition_missing",
        $"The version of the flow that this run executes is no longer there ({hash[..Math.Min(12, hash.Length)]}).",
        "Restore it from a backup, or cancel the run and start another.");
}
