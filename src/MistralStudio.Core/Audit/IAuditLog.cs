using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Core.Audit;

/// <summary>One change of rights, secrets or borders, as it was written once and for all.</summary>
/// <param name="Number">From 1, without a gap, in each workspace.</param>
/// <param name="By">Who did it; null for the operator's command line.</param>
/// <param name="Action">Stable, dotted: <c>connection.created</c>.</param>
/// <param name="Subject">Of what: a slug, a host, a name, an id.</param>
/// <param name="Detail">What changed, in words without secrets; empty where the action says it all.</param>
/// <param name="Hash">SHA-256 of this entry and of the hash before it, lower-case hex.</param>
public sealed record AuditEntry(long Number, DateTimeOffset At, UserId? By, string Action, string Subject, string Detail, string Hash);

/// <summary>The audit log: entries are added with the change that they tell of, and never changed or removed.</summary>
public interface IAuditLog
{
    /// <summary>Newest first, of those that the query finds.</summary>
    Task<Listing<AuditEntry>> ListAsync(WorkspaceId workspace, AuditQuery query, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// The whole log as it stands, oldest first, so that its hashes can be followed elsewhere. That it was taken out is its last entry.
    /// </summary>
    /// <param name="by">Who takes it out.</param>
    IAsyncEnumerable<AuditEntry> ExportAsync(WorkspaceId workspace, UserId? by, CancellationToken cancellationToken);

    /// <summary>Follows the chain of hashes from the first entry to the last.</summary>
    Task<AuditCheck> CheckAsync(WorkspaceId workspace, CancellationToken cancellationToken);
}

/// <summary>Which entries are looked for; all where nothing is said.</summary>
public sealed record AuditQuery
{
    /// <summary>Part of an action, a subject or a detail.</summary>
    public string Search { get; init; } = "";

    /// <summary>People whom <see cref="Search"/> means by their names: it finds what they did, and what was done to them, as well.</summary>
    public IReadOnlyList<UserId> Named { get; init; } = [];

    /// <summary>What one person did.</summary>
    public UserId? By { get; init; }

    /// <summary>What an action begins with, before its dot: <c>key</c>, <c>member</c>.</summary>
    public string Area { get; init; } = "";

    /// <summary>Not before.</summary>
    public DateTimeOffset? Since { get; init; }
}

/// <summary>What a check of the chain found.</summary>
/// <param name="Entries">How many were looked at.</param>
/// <param name="BrokenAt">The number of the first entry that was tampered with, or that follows a missing one; null where the chain holds.</param>
public sealed record AuditCheck(long Entries, long? BrokenAt);
