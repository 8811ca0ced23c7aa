using MistralStudio.Core.Flows;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>Ports of a node as it stands in a flow that need not compile.</summary>
/// <param name="Inputs">Those of its type, then those that edges bring by name.</param>
/// <param name="Outputs">Those it gives; of a node whose settings are wrong those that edges name.</param>
/// <param name="TakesMore">True where an edge may bring any other name.</param>
public sealed record NodeLook(IReadOnlyList<Port> Inputs, IReadOnlyList<Port> Outputs, bool TakesMore)
{
    /// <summary>In-ports whose names edges made up.</summary>
    public IReadOnlyList<string> Named { get; init; } = [];

    /// <summary>For a container: what it gives to its inside.</summary>
    public IReadOnlyList<Port> ToBody { get; init; } = [];

    /// <summary>For a container: what its inside gives back.</summary>
    public IReadOnlyList<Port> FromBody { get; init; } = [];

    /// <summary>Those of <see cref="FromBody"/> whose names edges made up.</summary>
    public IReadOnlyList<string> NamedBack { get; init; } = [];

    /// <summary>For a container: true where its inside may give anything back.</summary>
    public bool TakesMoreBack { get; init; }

    /// <summary>A node of which nothing is known.</summary>
    public static NodeLook Unknown { get; } = new([], [], TakesMore: true);
}

/// <summary>What can be seen of a flow without running it: ports, types of edges, and why it does not compile.</summary>
public sealed class FlowLook
{
    private static readonly IReadOnlySet<string> s_none = new HashSet<string>();

    private readonly Dictionary<string, NodeLook> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, HashSet<string>>> _after = new(StringComparer.Ordinal);

    private FlowLook(FlowDefinition definition, IReadOnlyList<FlowProblem> problems, FlowPlan? plan) => (Definition, Problems, Plan) = (definition, problems, plan);

    /// <summary>What was looked at.</summary>
    public FlowDefinition Definition { get; }

    /// <summary>Why it does not compile; none where it does.</summary>
    public IReadOnlyList<FlowProblem> Problems { get; }

    /// <summary>What a run would do; null where it does not compile.</summary>
    public FlowPlan? Plan { get; }

    /// <summary>Ports of the node of a path.</summary>
    public NodeLook Of(string path) => _nodes.GetValueOrDefault(path) ?? NodeLook.Unknown;

    /// <summary>The type of what travels along an edge.</summary>
    public PortType TypeOf(string scope, FlowEdge edge) => Giving(scope, edge.From)?.Type ?? PortType.Json;

    /// <summary>The port that an edge leaves from; null where it is not there.</summary>
    public Port? Giving(string scope, string end)
    {
        if (Names.Split(end) is not { } from)
        {
            return null;
        }

        var isBorder = IsContainer(scope, from.Node);
        return (isBorder ? Of(scope).ToBody : Of(Scopes.Join(scope, from.Node)).Outputs).FirstOrDefault(port => port.Name == from.Port);
    }

    /// <summary>True where an edge's end means the container that the scope is the inside of.</summary>
    public static bool IsContainer(string scope, string node)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return scope.Length > 0 && Scopes.Split(scope).Id == node;
    }

    /// <summary>Ids of the nodes of a scope that come after one of it.</summary>
    public IReadOnlySet<string> After(string scope, string id) =>
        _after.TryGetValue(scope, out var there) ? Reach(there, id) : s_none;

    /// <summary>Looks at a definition.</summary>
    /// <param name="subFlows">Definitions of the flows that it calls, by reference.</param>
    public static FlowLook At(FlowCompiler compiler, FlowDefinition definition, IReadOnlyDictionary<string, FlowDefinition>? subFlows = null)
    {
        ArgumentNullException.ThrowIfNull(compiler);
        var (compiled, root) = compiler.CompileScope(definition, subFlows);
        var look = new FlowLook(definition, compiled.Problems, compiled.Plan);
        look.Read("", Scopes.Find(definition, "")!, root);
        return look;
    }

    private void Read(string scope, FlowBody body, ScopePlan? plan)
    {
        var next = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        _after[scope] = next;
        var ends = body.Edges.Select(edge => (From: Names.Split(edge.From), To: Names.Split(edge.To))).Where(edge => edge is { From: not null, To: not null })
            .Select(edge => (From: edge.From!.Value, To: edge.To!.Value)).ToList();
        foreach (var (from, to) in ends.Where(edge => !IsContainer(scope, edge.From.Node) && !IsContainer(scope, edge.To.Node)))
        {
            (next.TryGetValue(from.Node, out var after) ? after : next[from.Node] = new HashSet<string>(StringComparer.Ordinal)).Add(to.Node);
        }

        var (arrives, leaves) = (ends.ToLookup(edge => edge.To.Node, edge => edge.To.Port), ends.ToLookup(edge => edge.From.Node, edge => edge.From.Port));
        foreach (var node in body.Nodes)
        {
            var path = Scopes.Join(scope, node.Id);
            var planned = plan is not null && plan.IndexOf.TryGetValue(node.Id, out var index) && index >= 0 ? plan.Nodes[index] : null;
            var isNote = planned is null && plan is not null && plan.IndexOf.TryGetValue(node.Id, out var place) && place < 0;
            var (given, planOfBody) = (planned is null ? new NodePorts([], []) { Named = !isNote } : planned.IsUnread ? Usual(planned.Type) : planned.Ports, node.Body is not null ? planned?.Body : null);
            var more = arrives[node.Id].Distinct(StringComparer.Ordinal).Where(name => given.Inputs.All(port => port.Name != name)).Select(name => new Port(name, PortType.Json, false)).ToList();
            var back = Returned(node, given).ToList();
            var lost = leaves[node.Id].Distinct(StringComparer.Ordinal).Where(name => given.Outputs.All(port => port.Name != name)).Select(name => new Port(name, PortType.Json));
            // A container's own edges inside are counted in its own scope, not here.
            // What may be missing at a start or behind a container is no choice that the node makes.
            var chooses = planned is null || planned.Role == NodeRole.Task;
            var outputs = given.Outputs.Select(port => chooses || port.Name == Names.ErrorPort ? port : port with { IsBranch = false });
            _nodes.TryAdd(path, new NodeLook([.. given.Inputs, .. more], [.. outputs, .. lost], given.Named)
            {
                Named = given.Named ? [.. more.Select(port => port.Name)] : [],
                ToBody = given.ToBody,
                FromBody = [.. given.FromBody ?? [], .. back],
                NamedBack = given.FromBody is null ? [.. back.Select(port => port.Name)] : [],
                TakesMoreBack = given.FromBody is null,
            });
            if (node.Body is { } inside)
            {
                Read(path, inside, planOfBody);
            }
        }
    }

    // A node whose settings are not finished can be connected nevertheless.
    private static NodePorts Usual(NodeType type) => type.Ports(new NodeShape { Config = System.Text.Json.JsonElement.Parse(type.Example) });

    private static IEnumerable<Port> Returned(FlowNode node, NodePorts given) => (node.Body?.Edges ?? [])
        .Select(edge => Names.Split(edge.To)).Where(to => to?.Node == node.Id).Select(to => to!.Value.Port).Distinct(StringComparer.Ordinal)
        .Where(name => given.FromBody?.Any(port => port.Name == name) != true).Select(name => new Port(name, PortType.Json, false));

    private static HashSet<string> Reach(Dictionary<string, HashSet<string>> next, string id)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var left = new Stack<string>([id]);
        while (left.TryPop(out var at))
        {
            foreach (var to in next.GetValueOrDefault(at) ?? [])
            {
                if (seen.Add(to))
                {
                    left.Push(to);
                }
            }
        }

        return seen;
    }
}
