using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Compilation;

namespace MistralStudio.Flows.Runs;

/// <summary>What is known of an edge. The join rule is made of nothing else.</summary>
internal enum EdgeState : byte
{
    Unknown,
    Taken,
    Skipped,
}

/// <summary>A node's instance in a run, as its events left it.</summary>
internal sealed class NodeState(NodePlan plan, ScopeState scope)
{
    public NodePlan Plan { get; } = plan;

    public ScopeState Scope { get; } = scope;

    public string Path => Scope.Prefix + Plan.Id;

    public NodeStatus Status { get; set; }

    /// <summary>Edges that arrive and are still unknown.</summary>
    public int Unknown { get; set; } = plan.In.Length;

    /// <summary>Edges that arrive and were taken.</summary>
    public int Taken { get; set; }

    /// <summary>Starts.</summary>
    public int Attempt { get; set; }

    /// <summary>Failures that were followed by another try.</summary>
    public int Failures { get; set; }

    /// <summary>Values by out-port once it is done.</summary>
    public IReadOnlyDictionary<string, FlowValue>? Outputs { get; set; }

    public Error? Error { get; set; }

    /// <summary>When the next try is due.</summary>
    public DateTimeOffset? RetryAt { get; set; }

    /// <summary>True once its owner was told that its time has come, until its status changes.</summary>
    public bool IsOffered { get; set; }

    public Bookmark? Bookmark { get; set; }

    /// <summary>The bookmark by which a person is asked whether what was cut off has happened.</summary>
    public BookmarkId? UncertainBookmark { get; set; }

    /// <summary>How its last bookmark was used.</summary>
    public Resumption? Resumption { get; set; }

    public List<StepState>? Steps { get; set; }

    public ContainerState? Container { get; set; }

    /// <summary>How far a container came, once it is over; null before, and for other nodes.</summary>
    public NodeRounds? Rounds { get; set; }

    /// <summary>True for a container that has come to what it gives, and for a loop that decides about another round.</summary>
    public bool IsClosing => Status == NodeStatus.Running && Container is { } container && (Plan.Role != NodeRole.Loop || container.IsTurning);

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public RunUsage? Usage { get; set; }

    /// <summary>True where its result is pinned in the draft that runs.</summary>
    public bool IsPinned { get; set; }

    /// <summary>By which its result can be found again.</summary>
    public string? Key { get; set; }
}

/// <summary>A step inside a node.</summary>
internal sealed class StepState(StepStarted started)
{
    public StepStarted Started { get; } = started;

    public FlowValue? Value { get; set; }

    public Error? Error { get; set; }

    /// <summary>True where a person said that it did not happen.</summary>
    public bool MayRepeat { get; set; }

    public bool IsOpen => Value is null && Error is null;
}

/// <summary>Nodes and edges beside each other, once: of the flow, or of one iteration of a body.</summary>
internal sealed class ScopeState
{
    public ScopeState(ScopePlan plan, NodeState? owner, int index, string prefix)
    {
        Plan = plan;
        Owner = owner;
        Index = index;
        Prefix = prefix;
        Edges = new EdgeState[plan.Edges.Length];
        Nodes = new NodeState[plan.Nodes.Length];
        for (var i = 0; i < Nodes.Length; i++)
        {
            Nodes[i] = new NodeState(plan.Nodes[i], this);
        }

        Open = Nodes.Length - (plan.BodyBegin >= 0 ? 1 : 0);
    }

    public ScopePlan Plan { get; }

    /// <summary>The container; null for the flow itself.</summary>
    public NodeState? Owner { get; }

    /// <summary>Which iteration of it.</summary>
    public int Index { get; }

    /// <summary>What the paths of its nodes begin with.</summary>
    public string Prefix { get; }

    public NodeState[] Nodes { get; }

    public EdgeState[] Edges { get; }

    /// <summary>Nodes that are not done yet.</summary>
    public int Open { get; set; }

    /// <summary>The node that failed, and the scope with it.</summary>
    public NodeState? FailedBy { get; set; }

    /// <summary>What its ends were given: outputs of the flow.</summary>
    public Dictionary<string, FlowValue>? Outputs { get; set; }

    /// <summary>Variables that were set here; a loop keeps them for all its iterations.</summary>
    public Dictionary<string, FlowValue>? Variables { get; set; }
}

/// <summary>What a container has done so far.</summary>
internal sealed class ContainerState
{
    /// <summary>How often the body runs; null where nobody knows yet.</summary>
    public int? Iterations { get; init; }

    /// <summary>The list that a For each goes through.</summary>
    public FlowValue? Items { get; init; }

    /// <summary>Results of a For each in the order of its items.</summary>
    public FlowValue?[] Results { get; init; } = [];

    /// <summary>What a loop hands from one iteration to the next.</summary>
    public Dictionary<string, FlowValue> Values { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Variables that the body of a loop set.</summary>
    public Dictionary<string, FlowValue>? Variables { get; set; }

    /// <summary>True while a loop has to decide about another round.</summary>
    public bool IsTurning { get; set; }

    /// <summary>Iterations that run.</summary>
    public Dictionary<int, ScopeState> Scopes { get; } = [];

    /// <summary>The iteration that begins next.</summary>
    public int Next { get; set; }

    /// <summary>Iterations that are done.</summary>
    public int Done { get; set; }

    /// <summary>What a sub-flow gave.</summary>
    public IReadOnlyDictionary<string, FlowValue> Outputs { get; set; } = new Dictionary<string, FlowValue>();
}
