using MistralStudio.Core.Flows;
using MistralStudio.Flows.Compilation;

namespace MistralStudio.Flows.Runs;

/// <summary>A value that arrives at an in-port.</summary>
internal readonly record struct NodeInput(EdgePlan Edge, string From, FlowValue Value);

/// <summary>Finds what arrives at a node.</summary>
internal static class NodeInputs
{
    /// <summary>One value for each edge that was taken, in the author's order; of several at one port the first counts.</summary>
    public static IEnumerable<NodeInput> Of(NodeState node, IReadOnlyDictionary<string, FlowValue> edits)
    {
        var scope = node.Scope;
        foreach (var index in node.Plan.In)
        {
            if (scope.Edges[index] == EdgeState.Taken)
            {
                var edge = scope.Plan.Edges[index];
                var from = scope.Nodes[edge.From];
                if (edits.Count > 0 && edits.TryGetValue($"{node.Path}.{edge.ToPort}", out var edited))
                {
                    yield return new NodeInput(edge, from.Plan.Id, edited);
                }
                else if (ValueAt(from, edge.FromPort, edits) is { } value)
                {
                    yield return new NodeInput(edge, from.Plan.Id, value);
                }
            }
        }
    }

    /// <summary>The same by in-port.</summary>
    public static Dictionary<string, FlowValue> ByPort(NodeState node, IReadOnlyDictionary<string, FlowValue> edits)
    {
        var values = new Dictionary<string, FlowValue>(StringComparer.Ordinal);
        foreach (var input in Of(node, edits))
        {
            values.TryAdd(input.Edge.ToPort, input.Value);
        }

        return values;
    }

    /// <summary>The value of a variable as this node sees it: of the innermost place where it was set; null where it was not.</summary>
    public static FlowValue? Variable(NodeState node, string name)
    {
        for (var scope = node.Scope; ; scope = scope.Owner!.Scope)
        {
            if (scope.Variables?.TryGetValue(name, out var value) is true || scope.Owner?.Container?.Variables?.TryGetValue(name, out value) is true)
            {
                return value;
            }

            // A sub-flow knows nothing of who calls it.
            if (scope.Owner is null or { Plan.Role: NodeRole.SubFlow })
            {
                return null;
            }
        }
    }

    private static FlowValue? ValueAt(NodeState from, string port, IReadOnlyDictionary<string, FlowValue> edits)
    {
        if (!from.Plan.IsBorder)
        {
            return from.Outputs?.GetValueOrDefault(port);
        }

        var container = from.Scope.Owner!;
        return port switch
        {
            Ports.Index => FlowValue.Of(from.Scope.Index),
            Ports.Item when container.Plan.Role == NodeRole.ForEach => FlowValue.ItemOf(container.Container!.Items!, from.Scope.Index),
            _ when container.Plan.Role == NodeRole.Loop => container.Container!.Values.GetValueOrDefault(port),
            _ => ByPort(container, edits).GetValueOrDefault(port),
        };
    }

    /// <summary>True where a container gives this to its body in this iteration.</summary>
    public static bool IsGiven(NodeState border, string port, IReadOnlyDictionary<string, FlowValue> edits) => ValueAt(border, port, edits) is not null;

    /// <summary>Names that containers give and take.</summary>
    public static class Ports
    {
        public const string Items = "items";
        public const string Item = "item";
        public const string Index = "index";
        public const string Result = "result";
        public const string Results = "results";
        public const string Iterations = "iterations";
    }
}
