using System.Text.Json;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Definitions;

/// <summary>A flow as its author drew it: <c>mistralstudio.flow/1</c>.</summary>
public sealed record FlowDefinition
{
    /// <summary>The schema that this record reads and writes.</summary>
    public const string CurrentSchema = "mistralstudio.flow/1";

    /// <summary>Name and version of the format.</summary>
    public string Schema { get; init; } = CurrentSchema;

    /// <summary>Nodes in the order that the author made them.</summary>
    public IReadOnlyList<FlowNode> Nodes { get; init; } = [];

    /// <summary>Edges; where several come to one port, the first that is taken counts.</summary>
    public IReadOnlyList<FlowEdge> Edges { get; init; } = [];

    /// <summary>What a run is started with.</summary>
    public IReadOnlyList<FlowInput> Inputs { get; init; } = [];

    /// <summary>What a run may use.</summary>
    public RunBudget? Budget { get; init; }

    /// <summary>Remarks on the canvas.</summary>
    public IReadOnlyList<FlowNote> Notes { get; init; } = [];
}

/// <summary>A node of a flow or of a container's body.</summary>
/// <param name="Id">Unique beside its neighbours: letters, digits, <c>-</c> and <c>_</c>.</param>
/// <param name="Type">Id of its <see cref="NodeType"/>.</param>
public sealed record FlowNode(string Id, string Type)
{
    /// <summary>Its name for people.</summary>
    public string? Title { get; init; }

    /// <summary>Its configuration, after the schema of its type; absent: <c>{}</c>.</summary>
    public JsonElement? Config { get; init; }

    /// <summary>What it does when time runs out or it fails; what is not said is as its type has it.</summary>
    public NodePolicy? Policy { get; init; }

    /// <summary>What a container repeats.</summary>
    public FlowBody? Body { get; init; }

    /// <summary>Where it is on the canvas; inside a container, from the corner of the container's inside.</summary>
    public FlowPosition? Position { get; init; }

    /// <summary>How large it is drawn, for containers and remarks; null where it is as large as it needs to be.</summary>
    public FlowSize? Size { get; init; }
}

/// <summary>The inside of a container. Its edges name the container itself for what it gives to its body and takes back.</summary>
public sealed record FlowBody
{
    /// <summary>Nodes.</summary>
    public IReadOnlyList<FlowNode> Nodes { get; init; } = [];

    /// <summary>Edges.</summary>
    public IReadOnlyList<FlowEdge> Edges { get; init; } = [];
}

/// <summary>An edge between two ports, <c>node.port</c> each.</summary>
public sealed record FlowEdge(string From, string To)
{
    /// <summary>The node of an end, whatever the end is otherwise: what stands before its first dot, or all of it.</summary>
    public static string NodeOf(string end)
    {
        ArgumentNullException.ThrowIfNull(end);
        return end.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? end[..dot] : end;
    }

    /// <summary>The port of an end: what stands behind its first dot; empty where there is none.</summary>
    public static string PortOf(string end)
    {
        ArgumentNullException.ThrowIfNull(end);
        return end.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? end[(dot + 1)..] : "";
    }
}

/// <summary>Something that a run is started with.</summary>
public sealed record FlowInput(string Name, PortType Type)
{
    /// <summary>True where a run does not start without it.</summary>
    public bool Required { get; init; }

    /// <summary>Its name for people.</summary>
    public string? Title { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>Its value where a run is started without.</summary>
    public JsonElement? Default { get; init; }
}

/// <summary>A place on the canvas, in its pixels.</summary>
public sealed record FlowPosition(double X, double Y);

/// <summary>A size on the canvas, in its pixels.</summary>
public sealed record FlowSize(double Width, double Height);

/// <summary>A remark on the canvas.</summary>
public sealed record FlowNote(string Text)
{
    /// <summary>Where it is on the canvas.</summary>
    public FlowPosition? Position { get; init; }

    /// <summary>How large it is drawn; null: as large as a card.</summary>
    public FlowSize? Size { get; init; }
}
