using MistralStudio.Core.Flows;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Flows.Nodes.ForEach;

/// <summary>Configuration of a For each.</summary>
internal sealed record ForEachConfig
{
    public int Parallel { get; init; } = 4;
}

/// <summary>Repeats its body for each item of a list.</summary>
internal static class ForEachNode
{
    private static readonly Port s_result = new(NodeInputs.Ports.Result, PortType.Json);

    public static NodeType Type { get; } = new()
    {
        Id = "for-each",
        Category = NodeCategory.Logic,
        Role = NodeRole.ForEach,
        ConfigType = typeof(ForEachConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "parallel": { "type": "integer", "title": "At the same time", "description": "Items whose bodies run at the same time.", "minimum": 1, "maximum": 32, "default": 4 }
              },
              "additionalProperties": false
            }
            """,
        Ports = shape => new NodePorts(
            [new Port(NodeInputs.Ports.Items, PortType.ListOf(PortType.Json))],
            [new Port(NodeInputs.Ports.Results, PortType.ListOf(shape.Returned.GetValueOrDefault(NodeInputs.Ports.Result, PortType.Json)))])
        {
            Named = true,
            ToBody =
            [
                new Port(NodeInputs.Ports.Item, shape.Arriving.GetValueOrDefault(NodeInputs.Ports.Items)?.Item ?? PortType.Json),
                new Port(NodeInputs.Ports.Index, PortType.Number),
                .. shape.Arriving.Where(port => port.Key != NodeInputs.Ports.Items).Select(port => new Port(port.Key, port.Value)),
            ],
            FromBody = [s_result],
        },
        Help = "Runs its body once for each item of the list. Inside, the For each itself gives \"item\", \"index\" and whatever else is connected to it; "
            + "what is connected to its \"result\" is collected in \"results\", in the order of the items. An item whose branch gave no result is null there.",
        Example = """{"parallel":8}""",
    };

    /// <summary>How many items are worked on at a time.</summary>
    public static int ParallelOf(object? config) => ((ForEachConfig)config!).Parallel;
}
