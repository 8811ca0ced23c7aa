using System.Text.Json;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes.Given;

/// <summary>Gives values that its author wrote down.</summary>
internal static class GivenNode
{
    /// <summary>The member of the configuration that has the values.</summary>
    public const string Values = "values";

    public static NodeType Type { get; } = new()
    {
        Id = "given",
        Category = NodeCategory.Data,
        Schema = """
            {
              "type": "object",
              "properties": {
                "values": { "type": "object", "title": "Values", "description": "By the name of the out-port that gives them: {\"currency\": \"EUR\", \"limit\": 500}.", "minProperties": 1, "maxProperties": 100, "propertyNames": { "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,62}$" } }
              },
              "required": ["values"],
              "additionalProperties": false
            }
            """,
        Ports = shape => new NodePorts([], [.. shape.Config.GetProperty(Values).EnumerateObject().Select(value => new Port(value.Name, TypeOf(value.Value)))]),
        Help = "Gives fixed values: a price list, a currency, an example to try the nodes behind it with.",
        Example = """{"values":{"currency":"EUR","limit":500}}""",
    };

    private static PortType TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => PortType.Text,
        JsonValueKind.Number => PortType.Number,
        JsonValueKind.True or JsonValueKind.False => PortType.Boolean,
        _ => PortType.Json,
    };
}

/// <summary>Runs Given nodes.</summary>
internal sealed class GivenExecutor : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => GivenNode.Type.Id;

    /// <inheritdoc/>
    public ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var values = ((JsonElement)execution.Config).GetProperty(GivenNode.Values).EnumerateObject();
        return new(new NodeOutcome.Succeeded(values.ToDictionary(value => value.Name, value => FlowValue.Of(value.Value), StringComparer.Ordinal)));
    }
}
