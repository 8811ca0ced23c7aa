using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Templates;

namespace MistralStudio.Flows.Compilation;

/// <summary>A flow that can run: everything is looked up, checked and read once. Immutable; any number of runs share it.</summary>
public sealed class FlowPlan
{
    internal FlowPlan(ScopePlan root, IReadOnlyList<FlowInput> inputs, RunBudget budget, int nodeCount)
    {
        Root = root;
        Inputs = inputs;
        Budget = budget;
        NodeCount = nodeCount;
    }

    /// <summary>What a run is started with.</summary>
    public IReadOnlyList<FlowInput> Inputs { get; }

    /// <summary>What a run gives.</summary>
    public IReadOnlyList<Port> Outputs => Root.Outputs;

    /// <summary>What a run may use, as the author has it.</summary>
    public RunBudget Budget { get; }

    /// <summary>Nodes in all, those of bodies and sub-flows included.</summary>
    public int NodeCount { get; }

    internal ScopePlan Root { get; }
}

/// <summary>Nodes and edges that stand beside each other: of a flow, or of a body.</summary>
internal sealed class ScopePlan
{
    /// <summary>Index of what a container gives to its body, among the nodes; -1 outside of bodies.</summary>
    public int BodyBegin { get; init; } = -1;

    /// <summary>Index of what a container takes back from its body, among the nodes; -1 outside of bodies.</summary>
    public int BodyEnd { get; init; } = -1;

    /// <summary>Nodes, those two included, remarks left out.</summary>
    public required NodePlan[] Nodes { get; init; }

    public required EdgePlan[] Edges { get; init; }

    /// <summary>The flow's inputs; empty for a body.</summary>
    public IReadOnlyList<FlowInput> Inputs { get; init; } = [];

    /// <summary>The flow's outputs; empty for a body.</summary>
    public IReadOnlyList<Port> Outputs { get; init; } = [];

    public required IReadOnlyDictionary<string, int> IndexOf { get; init; }
}

/// <summary>An edge.</summary>
/// <param name="Type">Of the value that it brings.</param>
/// <param name="Check">The type that the value is looked at for when it arrives; null where it always fits.</param>
internal sealed record EdgePlan(int Index, int From, string FromPort, int To, string ToPort, PortType Type, PortType? Check);

/// <summary>A node.</summary>
internal sealed class NodePlan
{
    public required int Index { get; init; }

    public required string Id { get; init; }

    /// <summary>Its name for people; null where its author gave none.</summary>
    public string? Title { get; init; }

    public required NodeType Type { get; init; }

    public INodeExecutor? Executor { get; init; }

    public required JsonElement Config { get; init; }

    /// <summary>SHA-256 of the configuration, for the keys of results.</summary>
    public required string ConfigHash { get; init; }

    /// <summary>The configuration as its executor reads it; null where a field has to be evaluated first.</summary>
    public object? Bound { get; init; }

    /// <summary>Fields that are templates or conditions.</summary>
    public FieldPlan[] Fields { get; init; } = [];

    public NodePolicy Policy { get; init; } = NodePolicy.None;

    public NodeEffects Effects { get; init; }

    public bool IsIdempotent { get; init; }

    public required NodePorts Ports { get; init; }

    /// <summary>True where its ports are not known: its settings are wrong, or it waits for itself. Such a flow does not run.</summary>
    public bool IsUnread { get; init; }

    /// <summary>Indexes of the edges that arrive, in the author's order.</summary>
    public required int[] In { get; init; }

    /// <summary>Indexes of the edges that leave.</summary>
    public required int[] Out { get; init; }

    /// <summary>The inside of a container.</summary>
    public ScopePlan? Body { get; init; }

    /// <summary>Names of the variables that its fields read.</summary>
    public string[] Variables { get; init; } = [];

    /// <summary>The variable that it sets; null for all but those that set one.</summary>
    public string? Sets { get; init; }

    /// <summary>Ids of the answers that its text is streamed to.</summary>
    public string[] StreamsTo { get; init; } = [];

    public NodeRole Role => Type.Role;

    /// <summary>True for what a container gives to its body and takes back.</summary>
    public bool IsBorder { get; init; }

    public bool IsContainer => Role is NodeRole.ForEach or NodeRole.Loop or NodeRole.SubFlow && !IsBorder;
}

/// <summary>A field of a configuration that is evaluated.</summary>
/// <param name="Path">Names and positions that lead to it.</param>
internal sealed record FieldPlan(string[] Path, string Pointer, ConfigField Field, LiquidField Liquid);
