using System.Text.Json;

namespace MistralStudio.Core.Flows;

/// <summary>A port of a node.</summary>
/// <param name="Required">For an in-port: the node does not compile without an edge to it.</param>
public sealed record Port(string Name, PortType Type, bool Required = true)
{
    /// <summary>For an out-port: it may be skipped where others of the node are taken.</summary>
    public bool IsBranch { get; init; }
}

/// <summary>The ports of one node.</summary>
/// <param name="Inputs">Those that are known by name.</param>
/// <param name="Outputs">All.</param>
public sealed record NodePorts(IReadOnlyList<Port> Inputs, IReadOnlyList<Port> Outputs)
{
    /// <summary>True where an edge may bring any other name too, of any type: the node's "named" ports.</summary>
    public bool Named { get; init; }

    /// <summary>What a container gives to its body, by name.</summary>
    public IReadOnlyList<Port> ToBody { get; init; } = [];

    /// <summary>What a container's body gives back; null where the body may give anything by any name.</summary>
    public IReadOnlyList<Port>? FromBody { get; init; } = [];
}

/// <summary>What is known of a node when its ports are asked for.</summary>
public sealed record NodeShape
{
    /// <summary>Its configuration, which follows its schema.</summary>
    public required JsonElement Config { get; init; }

    /// <summary>Types that edges bring, by in-port, in the order of the edges.</summary>
    public IReadOnlyDictionary<string, PortType> Arriving { get; init; } = new Dictionary<string, PortType>();

    /// <summary>Types that a container's body gives back, by name; empty until its body was looked at.</summary>
    public IReadOnlyDictionary<string, PortType> Returned { get; init; } = new Dictionary<string, PortType>();

    /// <summary>Inputs of the flow that the node is in.</summary>
    public IReadOnlyList<Port> FlowInputs { get; init; } = [];

    /// <summary>Inputs of the flow that a sub-flow node names.</summary>
    public IReadOnlyList<Port> SubInputs { get; init; } = [];

    /// <summary>Outputs of the flow that a sub-flow node names.</summary>
    public IReadOnlyList<Port> SubOutputs { get; init; } = [];
}

/// <summary>How a field of a configuration is evaluated before the node sees it.</summary>
public enum FieldSyntax
{
    /// <summary>A Liquid template: the node sees its text.</summary>
    Template,

    /// <summary>A Liquid condition (<c>score &gt; 0.5 and question contains "refund"</c>): the node sees true or false.</summary>
    Condition,
}

/// <summary>A field of a configuration that names ports.</summary>
/// <param name="Pointer">JSON pointer, with <c>*</c> for every item of a list or member of an object: <c>/headers/*</c>.</param>
/// <param name="Extra">Names that the node itself provides while the field is evaluated (<c>item</c>).</param>
public sealed record ConfigField(string Pointer, FieldSyntax Syntax, params string[] Extra)
{
    /// <summary>True where the node evaluates the field itself, once per item: it is only checked by the compiler.</summary>
    public bool IsDeferred { get; init; }

    /// <summary>True where the text is a length of time, as it stands or as its template gives it.</summary>
    public bool IsDuration { get; init; }
}

/// <summary>Fields that count only where another has a certain value: the body of a webhook is nothing to an e-mail.</summary>
/// <param name="Choice">JSON pointer of the field that decides, at the top of the configuration.</param>
/// <param name="Value">What it says where these count.</param>
/// <param name="Pointers">JSON pointers of what counts there.</param>
public sealed record ConfigWay(string Choice, string Value, params string[] Pointers);

/// <summary>Which part of the palette a node type is in.</summary>
public enum NodeCategory
{
    Begin,
    Models,
    Knowledge,
    Logic,
    Data,
    World,
    People,
    End,
}

/// <summary>What the engine itself does with a node.</summary>
public enum NodeRole
{
    /// <summary>Its <see cref="INodeExecutor"/> runs it.</summary>
    Task,

    /// <summary>Where a run begins: it gives the run's inputs.</summary>
    Begin,

    /// <summary>What it is given becomes outputs of the flow.</summary>
    End,

    /// <summary>Its body runs once for each item of a list.</summary>
    ForEach,

    /// <summary>Its body runs until a condition holds.</summary>
    Loop,

    /// <summary>Another flow is its body.</summary>
    SubFlow,

    /// <summary>It is there for readers of the flow.</summary>
    Note,
}

/// <summary>A problem of a node's configuration that its schema cannot express.</summary>
/// <param name="Field">JSON pointer into the configuration.</param>
public sealed record ConfigProblem(string Field, Error Error);

/// <summary>
/// A type of node: what the compiler, the palette and the engine know of it. A room offers its types as singletons of this record and their
/// <see cref="INodeExecutor"/>s beside them; nothing else changes.
/// </summary>
public sealed record NodeType
{
    /// <summary>Its id in definitions: <c>http-request</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Raised where the same configuration and inputs would give something else than before; part of the key of results.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Where the palette has it.</summary>
    public required NodeCategory Category { get; init; }

    /// <summary>What the engine does with it.</summary>
    public NodeRole Role { get; init; } = NodeRole.Task;

    /// <summary>JSON Schema (2020-12) of its configuration, with titles and descriptions for the form.</summary>
    public required string Schema { get; init; }

    /// <summary>The record that an executor reads the configuration as; null where it reads JSON.</summary>
    public Type? ConfigType { get; init; }

    /// <summary>Its ports, from its configuration and the edges that arrive.</summary>
    public required Func<NodeShape, NodePorts> Ports { get; init; }

    /// <summary>What it does outside of the run.</summary>
    public Func<JsonElement, NodeEffects> Effects { get; init; } = _ => NodeEffects.Pure;

    /// <summary>True where doing it twice with the same idempotency key is the same as once.</summary>
    public Func<JsonElement, bool> IsIdempotent { get; init; } = _ => false;

    /// <summary>True where everything that it does outside of the run happens in steps (<see cref="INodeSteps"/>): cut off between two, it goes on.</summary>
    public bool WorksInSteps { get; init; }

    /// <summary>Fields of its configuration that are templates or conditions.</summary>
    public IReadOnlyList<ConfigField> Fields { get; init; } = [];

    /// <summary>Problems that the schema cannot express.</summary>
    public Func<JsonElement, IEnumerable<ConfigProblem>> Check { get; init; } = _ => [];

    /// <summary>Problems that show only with what edges bring.</summary>
    public Func<NodeShape, IEnumerable<ConfigProblem>> CheckArriving { get; init; } = _ => [];

    /// <summary>Fields that count only where another has a certain value; a form shows them there alone.</summary>
    public IReadOnlyList<ConfigWay> Ways { get; init; } = [];

    /// <summary>The policy where a node says nothing.</summary>
    public NodePolicy Policy { get; init; } = NodePolicy.None;

    /// <summary>True where its <c>text</c> port can be streamed to an answer while it grows.</summary>
    public bool StreamsText { get; init; }

    /// <summary>What it does, in a few sentences for the author of a flow.</summary>
    public required string Help { get; init; }

    /// <summary>A configuration that compiles, as JSON.</summary>
    public required string Example { get; init; }
}
