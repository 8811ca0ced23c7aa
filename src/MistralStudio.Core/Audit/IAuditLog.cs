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
    /// <summary>Newest first.</summary>
    Task<Listing<AuditEntry>> ListAsync(WorkspaceId workspace, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>The number of the first entry that was tampered with, or that follows a missing one; null where the chain holds.</summary>
    Task<long?> FindBreakAsync(WorkspaceId workspace, CancellationToken cancellationToken);
}
