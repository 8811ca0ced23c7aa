using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Core.Flows;

/// <summary>Flows, their drafts and their versions; every id is looked up through its workspace.</summary>
public interface IFlowStore
{
    /// <summary>Creates a flow; its slug is made of the name and is free. Fails where the name is empty or too long.</summary>
    Task<Result<Flow>> CreateAsync(WorkspaceId workspace, string name, string draft, UserId createdBy, CancellationToken cancellationToken);

    /// <summary>Most recently changed first.</summary>
    Task<Listing<Flow>> ListAsync(WorkspaceId workspace, string? search, string? after, int limit, CancellationToken cancellationToken);

    Task<Flow?> FindAsync(WorkspaceId workspace, FlowId id, CancellationToken cancellationToken);

    /// <summary>Saves the draft; fails with <see cref="FlowStoreErrors.Conflict"/> where somebody else saved since <paramref name="revision"/>.</summary>
    Task<Result<Flow>> SaveDraftAsync(WorkspaceId workspace, FlowId id, long revision, string name, string draft, CancellationToken cancellationToken);

    /// <summary>
    /// Makes a definition the next version. The caller has compiled it; one with the hash of the latest version gives that version again.
    /// Fails where the draft was saved since <paramref name="revision"/>: what is published is what was read.
    /// </summary>
    /// <param name="hash">SHA-256 of <paramref name="canonical"/>, lower-case hex.</param>
    /// <param name="schedules">When it runs by itself; they take the place of those of the version before.</param>
    Task<Result<PublishedFlow>> PublishAsync(
        WorkspaceId workspace, FlowId id, long revision, string canonical, string hash, string message, IReadOnlyList<PlannedSchedule> schedules, UserId publishedBy,
        CancellationToken cancellationToken);

    /// <summary>Keeps a definition that is not published for the runs of it; false where there is no such flow.</summary>
    Task<bool> KeepAsync(WorkspaceId workspace, FlowId id, string canonical, string hash, CancellationToken cancellationToken);

    /// <summary>Newest first; null where there is no such flow.</summary>
    Task<Listing<PublishedFlow>?> ListVersionsAsync(WorkspaceId workspace, FlowId id, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Removes a flow with its versions, runs and their journals. Fails while a run of it has not ended, and with <see cref="FlowStoreErrors.InUse"/>
    /// where something calls it, saying where.
    /// </summary>
    /// <param name="by">Who does it, for the audit log.</param>
    Task<Result<Unit>> DeleteAsync(WorkspaceId workspace, FlowId id, UserId? by, CancellationToken cancellationToken);
}

/// <summary>Runs as lists and restarts see them; what happened in them is in <see cref="IFlowJournal"/>.</summary>
public interface IRunStore
{
    /// <summary>Newest first.</summary>
    Task<Listing<RunSummary>> ListAsync(WorkspaceId workspace, RunFilter filter, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Runs that wait for somebody, or for their clock: those that wait longest first.</summary>
    Task<Listing<RunSummary>> ListWaitingAsync(WorkspaceId workspace, string? after, int limit, CancellationToken cancellationToken);

    /// <param name="startedBy">Who has to have begun it; null: anybody.</param>
    Task<RunSummary?> FindAsync(WorkspaceId workspace, RunId id, UserId? startedBy, CancellationToken cancellationToken);

    /// <summary>Writes into the audit log that somebody took a run out.</summary>
    Task NoteExportAsync(WorkspaceId workspace, RunId id, UserId? by, CancellationToken cancellationToken);

    /// <summary>Runs of every workspace that go on by themselves: what a start takes up again.</summary>
    Task<IReadOnlyList<RunId>> ListRunningAsync(CancellationToken cancellationToken);

    /// <summary>Suspended runs of every workspace whose clock comes no later than <paramref name="until"/>, the soonest first.</summary>
    Task<IReadOnlyList<(RunId Run, DateTimeOffset At)>> ListDueAsync(DateTimeOffset until, int limit, CancellationToken cancellationToken);
}

/// <summary>Expected failures of flows as they are kept.</summary>
public static class FlowStoreErrors
{
    public static Error NameWrong(int most) => new("flow.name", "A flow needs a name.", $"Give it one of at most {most} characters.");

    public static Error NotFound() => new("flow.not_found", "This flow does not exist here.", "It may have been deleted; open Flows to see which there are.");

    public static Error Conflict() => new("flow.conflict", "Somebody else saved this flow meanwhile.", "Open it again to see their change, then make yours.");

    public static Error InUse(IReadOnlyList<string> where) => new(
        "flow.in_use", $"This flow is called by {string.Join(", ", where.Take(5))}{(where.Count > 5 ? $" and {where.Count - 5} more" : "")}.", "Let them call another flow first.");

    public static Error HasRuns(int count) => new(
        "flow.has_runs", count == 1 ? "A run of this flow has not ended." : $"{count} runs of this flow have not ended.", "Cancel them, then delete the flow.");
}
