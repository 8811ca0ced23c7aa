using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Flows;

/// <summary>A flow: a draft that is edited, and the versions that were published of it.</summary>
/// <param name="Slug">By which <c>flow:slug</c> names it; unique in its workspace.</param>
/// <param name="Draft">JSON of the definition that is being edited; it need not compile.</param>
/// <param name="Revision">Rises with every save; the next save names the one it read.</param>
/// <param name="PublishedVersion">Number of the latest published version; null where there is none.</param>
public sealed record Flow(
    FlowId Id,
    WorkspaceId Workspace,
    string Slug,
    string Name,
    string Draft,
    long Revision,
    int? PublishedVersion,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>A version as it was published.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Hash">SHA-256 of its canonical JSON, lower-case hex.</param>
/// <param name="Message">What its publisher said of it; may be empty.</param>
/// <param name="PublishedBy">Who; null once the account is gone.</param>
public sealed record PublishedFlow(FlowId Flow, int Number, string Hash, string Message, UserId? PublishedBy, DateTimeOffset PublishedAt);

/// <summary>A run as lists show it.</summary>
/// <param name="Version">Number of the published version; null for a draft.</param>
/// <param name="ClockAt">When its own clock goes on with it; null where it does not.</param>
/// <param name="Usage">What it used; nothing before it ended.</param>
/// <param name="Error">Why it failed; null where it did not.</param>
public sealed record RunSummary(
    RunId Id,
    WorkspaceId Workspace,
    FlowId Flow,
    string Definition,
    int? Version,
    RunStatus Status,
    RunTrigger Trigger,
    UserId StartedBy,
    DateTimeOffset StartedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? EndedAt,
    DateTimeOffset? ClockAt,
    RunUsage Usage,
    Error? Error);

/// <summary>Which runs a list has.</summary>
/// <param name="Flow">Of one flow; null: of all.</param>
/// <param name="Status">In one state; null: in any.</param>
/// <param name="StartedBy">Of one person; null: of everybody.</param>
public sealed record RunFilter(FlowId? Flow = null, RunStatus? Status = null, UserId? StartedBy = null)
{
    /// <summary>In which a node of this id did something, wherever it stands; null: whatever did.</summary>
    public string? Node { get; init; }

    /// <summary>In whose errors, or values that the journal itself holds, this stands as it is written; null: whatever they say.</summary>
    public string? Text { get; init; }

    /// <summary>That began no earlier; null: whenever.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>That cost at least so many US dollars; null: whatever they cost.</summary>
    public decimal? LeastCost { get; init; }

    /// <summary>True where it leaves out nothing but runs of other people.</summary>
    public bool IsAll => this == new RunFilter { StartedBy = StartedBy };
}
