using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Compilation;

namespace MistralStudio.Flows.Runs;

/// <summary>
/// A run as its journal tells it: nothing but the fold of its events over its plan. One owner applies; the same events always make the same
/// state.
/// </summary>
public sealed partial class RunState
{
    private static readonly Dictionary<string, FlowValue> s_nothing = [];

    private readonly Dictionary<string, IReadOnlyList<NodeView>>? _rounds;

    /// <summary>A run of which nothing happened yet.</summary>
    /// <param name="keepsRounds">True where <see cref="Nodes"/> is to know rounds of containers that are over, too; what runs has no use for them.</param>
    public RunState(FlowPlan plan, bool keepsRounds = false)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Plan = plan;
        _rounds = keepsRounds ? new(StringComparer.Ordinal) : null;
        Root = new ScopeState(plan.Root, null, 0, "");
    }

    /// <summary>What it executes.</summary>
    public FlowPlan Plan { get; }

    /// <summary>How it began; null before <see cref="RunStarted"/>.</summary>
    public RunStart? Start { get; private set; }

    /// <summary>Number of the last event.</summary>
    public long LastSeq { get; private set; }

    /// <summary>When it began.</summary>
    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>When it ended; null while it goes on.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>What it used so far.</summary>
    public RunUsage Usage { get; private set; } = RunUsage.None;

    /// <summary>Starts of nodes and steps so far.</summary>
    public long StepCount { get; private set; }

    /// <summary>Why it ended without outputs; null where it did not.</summary>
    public Error? Error { get; private set; }

    /// <summary>What it gave; empty until it has ended.</summary>
    public IReadOnlyDictionary<string, FlowValue> Outputs { get; private set; } = s_nothing;

    /// <summary>The run that it is a fork of; null where it is none.</summary>
    public Forked? Fork { get; private set; }

    /// <summary>True once somebody asked for its end.</summary>
    public bool IsCancelRequested { get; private set; }

    internal ScopeState Root { get; }

    internal IReadOnlyDictionary<string, FlowValue> Edits => Fork?.Edits ?? s_nothing;

    /// <summary>Nodes that can start or are to be skipped, in the order in which that became known.</summary>
    internal Queue<NodeState> Ready { get; } = new();

    /// <summary>Containers whose iterations are done, or that decide about another.</summary>
    internal Queue<NodeState> Closing { get; } = new();

    /// <summary>Containers in whose bodies something failed.</summary>
    internal Queue<NodeState> Broken { get; } = new();

    internal HashSet<NodeState> Running { get; } = [];

    internal HashSet<NodeState> Retrying { get; } = [];

    internal HashSet<NodeState> Waiting { get; } = [];

    internal HashSet<NodeState> Uncertain { get; } = [];

    /// <summary>Where it stands, apart from what an owner has in hand.</summary>
    public RunStatus Status => _ended
        ?? (Running.Any(node => !node.Plan.IsContainer) || Retrying.Count > 0 || Ready.Any(node => node.Status == NodeStatus.Queued)
            || Closing.Any(node => node.IsClosing) || Broken.Any(node => node.Status == NodeStatus.Running) ? RunStatus.Running
            : Uncertain.Count > 0 ? RunStatus.Uncertain
            : Waiting.Count > 0 ? RunStatus.Suspended
            : RunStatus.Running);

    private RunStatus? _ended;

    /// <summary>Bookmarks that wait to be used.</summary>
    public IReadOnlyList<(string Node, Bookmark Bookmark)> WaitingFor =>
        [.. Waiting.Concat(Uncertain).Select(node => (node.Path, node.Bookmark!)).OrderBy(one => one.Path, StringComparer.Ordinal)];

    /// <summary>When its own clock goes on with it: a timer, an expiry, a next try, the end of its time; null where it does not.</summary>
    public DateTimeOffset? ClockAt
    {
        get
        {
            if (_ended is not null)
            {
                return null;
            }

            var times = Retrying.Select(node => node.RetryAt).Concat(Waiting.Select(node => node.Bookmark!.ClockAt))
                .Append(Budget.WallTime is { } wall ? StartedAt + wall : null);
            return times.Min();
        }
    }

    /// <summary>What it may use.</summary>
    public RunBudget Budget => Start is { } start ? Plan.Budget.And(start.Budget) : Plan.Budget;

    /// <summary>The state after these events.</summary>
    public static RunState Fold(FlowPlan plan, IEnumerable<RunEvent> events, bool keepsRounds = false)
    {
        ArgumentNullException.ThrowIfNull(events);
        var state = new RunState(plan, keepsRounds);
        foreach (var happened in events)
        {
            state.Apply(happened);
        }

        return state;
    }

    /// <summary>The node of a path; null where there is none, or its iteration is over.</summary>
    internal NodeState? Find(string path)
    {
        var scope = Root;
        var rest = path.AsSpan();
        while (true)
        {
            var slash = rest.IndexOf('/');
            var segment = slash < 0 ? rest : rest[..slash];
            var bracket = segment.IndexOf('[');
            var iteration = bracket < 0 ? 0 : int.TryParse(segment[(bracket + 1)..^1], out var number) ? number : -1;
            var id = (bracket < 0 ? segment : segment[..bracket]).ToString();
            if (!scope.Plan.IndexOf.TryGetValue(id, out var index) || index < 0)
            {
                return null;
            }

            var node = scope.Nodes[index];
            if (slash < 0)
            {
                return node;
            }

            if (node.Container?.Scopes.GetValueOrDefault(iteration) is not { } inner)
            {
                return null;
            }

            scope = inner;
            rest = rest[(slash + 1)..];
        }
    }
}
