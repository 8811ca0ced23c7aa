using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes.Merge;

/// <summary>Joins branches.</summary>
internal static class MergeNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "merge",
        Category = NodeCategory.Logic,
        Schema = """
            {
              "type": "object",
              "properties": {
                "mode": { "enum": ["first", "object", "list"], "title": "What it gives", "description": "The first value that arrived, all by the names of their ports, or all in a list.", "default": "first" }
              },
              "additionalProperties": false
            }
            """,
        ConfigType = typeof(MergeConfig),
        Ports = shape => new NodePorts([], [new Port("value", TypeOf(shape))]) { Named = true },
        Help = "Waits for all that is connected to it, whatever branches were taken, and gives what arrived: the first in the order of its edges, or all of them.",
        Example = """{"mode":"first"}""",
    };

    private static PortType TypeOf(NodeShape shape)
    {
        var mode = shape.Config.TryGetProperty("mode", out var named) ? named.GetString() : "first";
        var types = shape.Arriving.Values.Distinct().ToList();
        var one = types.Count == 1 ? types[0] : PortType.Json;
        return mode switch { "object" => PortType.Json, "list" => PortType.ListOf(one), _ => one };
    }
}

/// <summary>What a Merge gives.</summary>
internal enum MergeMode
{
    First,
    Object,
    List,
}

/// <summary>Configuration of a Merge.</summary>
internal sealed record MergeConfig
{
    public MergeMode Mode { get; init; }
}

/// <summary>Runs Merge nodes.</summary>
internal sealed class MergeExecutor : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => MergeNode.Type.Id;

    /// <inheritdoc/>
    public ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var value = ((MergeConfig)execution.Config).Mode switch
        {
            MergeMode.Object => FlowValue.From(execution.Inputs.ToDictionary(input => input.Key, input => input.Value.Json)),
            MergeMode.List => FlowValue.From(execution.Inputs.Values.Select(input => input.Json)),
            _ => execution.Inputs.Values.First(),
        };
        return new(NodeOutcome.Of("value", value));
    }
}
