using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Compilation;

/// <summary>What compiling came to: a plan, or why there is none.</summary>
public sealed record CompiledFlow(FlowPlan? Plan, IReadOnlyList<FlowProblem> Problems);

/// <summary>Makes plans of definitions. Nothing runs that does not compile.</summary>
public sealed class FlowCompiler(NodeCatalog catalog)
{
    /// <summary>Nodes of a flow in all, those of bodies and sub-flows included.</summary>
    public const int MostNodes = 10_000;

    /// <summary>Edges of a flow and its bodies.</summary>
    public const int MostEdges = 50_000;

    /// <summary>Containers and sub-flows inside each other.</summary>
    public const int MostDepth = 8;

    /// <summary>Problems that are told at once.</summary>
    public const int MostProblems = 200;

    private static readonly Dictionary<string, FlowDefinition> s_none = [];

    /// <summary>Compiles a definition.</summary>
    /// <param name="subFlows">Definitions of all flows that it calls, and of those that they call, by reference (<c>triage@8</c>).</param>
    public CompiledFlow Compile(FlowDefinition definition, IReadOnlyDictionary<string, FlowDefinition>? subFlows = null) => CompileScope(definition, subFlows).Compiled;

    /// <summary>The same, with what could be read of a definition that does not compile; null where it is too large to look at.</summary>
    internal (CompiledFlow Compiled, ScopePlan? Root) CompileScope(FlowDefinition definition, IReadOnlyDictionary<string, FlowDefinition>? subFlows)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var work = new CompilerWork(catalog, subFlows ?? s_none);
        if (Size(definition) is { } tooLarge)
        {
            return (new CompiledFlow(null, [tooLarge]), null);
        }

        if (definition.Nodes.Count == 0)
        {
            return (new CompiledFlow(null, [FlowProblem.Of("", FlowErrors.Empty())]), null);
        }

        var root = ScopeCompiler.Flow(work, definition, "", []);
        var problems = work.Problems.Take(MostProblems).ToList();
        return problems.Count > 0
            ? (new CompiledFlow(null, problems), root)
            : (new CompiledFlow(new FlowPlan(root, definition.Inputs, definition.Budget ?? RunBudget.Unlimited, work.Nodes), []), root);
    }

    /// <summary>References of the flows that a definition calls, without repetition.</summary>
    public static IReadOnlyList<string> SubFlows(FlowDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var found = new List<string>();
        Walk(definition.Nodes, 0);
        return [.. found.Distinct(StringComparer.Ordinal)];

        void Walk(IReadOnlyList<FlowNode> nodes, int depth)
        {
            foreach (var node in nodes)
            {
                if (SubFlowReference.Of(node) is { } reference)
                {
                    found.Add(reference);
                }

                if (node.Body is { } body && depth < MostDepth)
                {
                    Walk(body.Nodes, depth + 1);
                }
            }
        }
    }

    private static FlowProblem? Size(FlowDefinition definition)
    {
        var nodes = definition.Nodes.Count;
        var edges = definition.Edges.Count;
        var bodies = new Stack<(FlowBody Body, int Depth)>(definition.Nodes.Where(node => node.Body is not null).Select(node => (node.Body!, 1)));
        while (bodies.TryPop(out var inside))
        {
            if (inside.Depth > MostDepth)
            {
                return FlowProblem.Of("", FlowErrors.TooDeep(MostDepth));
            }

            nodes += inside.Body.Nodes.Count;
            edges += inside.Body.Edges.Count;
            foreach (var node in inside.Body.Nodes.Where(node => node.Body is not null))
            {
                bodies.Push((node.Body!, inside.Depth + 1));
            }
        }

        return nodes > MostNodes ? FlowProblem.Of("", FlowErrors.TooLarge("nodes", nodes, MostNodes))
            : edges > MostEdges ? FlowProblem.Of("", FlowErrors.TooLarge("edges", edges, MostEdges))
            : null;
    }
}

/// <summary>What a sub-flow node calls.</summary>
internal static class SubFlowReference
{
    public const string TypeId = "sub-flow";

    public static string? Of(FlowNode node) =>
        node.Type == TypeId && node.Config is { ValueKind: System.Text.Json.JsonValueKind.Object } config
            && config.TryGetProperty("flow", out var flow) && flow.ValueKind == System.Text.Json.JsonValueKind.String
                ? flow.GetString()
                : null;
}

/// <summary>What one compilation shares.</summary>
internal sealed class CompilerWork(NodeCatalog catalog, IReadOnlyDictionary<string, FlowDefinition> subFlows)
{
    public NodeCatalog Catalog { get; } = catalog;

    public IReadOnlyDictionary<string, FlowDefinition> SubFlows { get; } = subFlows;

    public List<FlowProblem> Problems { get; } = [];

    /// <summary>Nodes so far.</summary>
    public int Nodes { get; set; }
}
