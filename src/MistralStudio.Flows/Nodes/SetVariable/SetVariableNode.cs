using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes.SetVariable;

/// <summary>Keeps a value under a name.</summary>
internal static class SetVariableNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "set-variable",
        Category = NodeCategory.Data,
        Schema = """
            {
              "type": "object",
              "properties": { "name": { "type": "string", "title": "Name", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,62}$" } },
              "required": ["name"],
              "additionalProperties": false
            }
            """,
        Ports = shape => new NodePorts([new Port("value", PortType.Json)], [new Port("value", shape.Arriving.GetValueOrDefault("value", PortType.Json))]),
        Help = "Keeps a value under a name. Templates and conditions of nodes that come after it name it as {{ variables.name }}. In the body of a Loop it is there in the next rounds; in a For each every item has its own.",
        Example = """{"name":"tone"}""",
    };
}

/// <summary>Runs Set variable nodes.</summary>
internal sealed class SetVariableExecutor : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => SetVariableNode.Type.Id;

    /// <inheritdoc/>
    public ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken) =>
        new(NodeOutcome.Of("value", execution.Inputs["value"]));
}
