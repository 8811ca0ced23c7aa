using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Flows;

/// <summary>How a run began.</summary>
public enum RunTrigger
{
    /// <summary>A person in the interface, or a key over HTTP.</summary>
    Person,

    /// <summary>A schedule.</summary>
    Schedule,

    /// <summary>A call from outside.</summary>
    Webhook,

    /// <summary>The flow asked as a model.</summary>
    Model,

    /// <summary>The flow called as an MCP tool.</summary>
    Tool,

    /// <summary>An evaluation or a replay.</summary>
    Replay,
}

/// <summary>Whose rights a run has (rule 13): those of who pressed Run for a draft, those that the publisher still holds for a version.</summary>
/// <param name="User">The person whose present rights count.</param>
/// <param name="PublishedVersion">Number of the published version whose grants bound them; null for a draft.</param>
public sealed record RunAuthority(UserId User, int? PublishedVersion)
{
    /// <summary>The key that began the run, whose scopes bound a draft's rights and whose end is the run's; null where a person or the studio did.</summary>
    public ApiKeyId? Key { get; init; }
}

/// <summary>Everything that a run needs to begin; it is the journal's first event, and all that a restart knows.</summary>
public sealed record RunStart
{
    /// <summary>Where it runs.</summary>
    public required WorkspaceId Workspace { get; init; }

    /// <summary>The flow.</summary>
    public required FlowId Flow { get; init; }

    /// <summary>Hash of the definition that it executes to its end, whatever becomes of the flow.</summary>
    public required string Definition { get; init; }

    /// <summary>Number of the published version; null for a draft.</summary>
    public int? Version { get; init; }

    /// <summary>Hashes of the definitions of its sub-flows, and of theirs, by the reference that names them (<c>triage@8</c>).</summary>
    public IReadOnlyDictionary<string, string> SubFlows { get; init; } = new Dictionary<string, string>();

    /// <summary>The flow's inputs by name; for a schedule and a webhook what their nodes give.</summary>
    public IReadOnlyDictionary<string, FlowValue> Inputs { get; init; } = new Dictionary<string, FlowValue>();

    /// <summary>How it began.</summary>
    public RunTrigger Trigger { get; init; }

    /// <summary>Whose rights it has.</summary>
    public required RunAuthority Authority { get; init; }

    /// <summary>Who began it, and may look at it; null for the studio itself: then it is <see cref="RunAuthority.User"/>.</summary>
    public UserId? StartedBy { get; init; }

    /// <summary>Nodes that are not run, by their paths in the definition, with what they give instead; none but for a draft.</summary>
    public IReadOnlyDictionary<string, FlowPin> Pins { get; init; } = new Dictionary<string, FlowPin>();

    /// <summary>How many runs stand above it, each called by a node of the one above; 0 for a run of its own.</summary>
    public int Depth { get; init; }

    /// <summary>What it may use; the definition may say less.</summary>
    public RunBudget Budget { get; init; } = RunBudget.Unlimited;
}
