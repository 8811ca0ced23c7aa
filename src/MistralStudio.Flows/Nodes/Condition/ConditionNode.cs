using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes.Condition;

/// <summary>Configuration of a Condition, evaluated.</summary>
internal sealed record ConditionConfig(bool When);

/// <summary>Takes one of two branches.</summary>
internal static class ConditionNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "condition",
        Category = NodeCategory.Logic,
        ConfigType = typeof(ConditionConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "when": { "type": "string", "title": "When", "description": "score > 0.5 and question contains \"refund\"", "minLength": 1, "maxLength": 2000 }
              },
              "required": ["when"],
              "additionalProperties": false
            }
            """,
        Fields = [new ConfigField("/when", FieldSyntax.Condition)],
        Ports = shape => new NodePorts(
            [],
            [new Port("true", PortsOf.Carried(shape)) { IsBranch = true }, new Port("false", PortsOf.Carried(shape)) { IsBranch = true }]) { Named = true },
        Help = "Takes the branch \"true\" where its condition holds, and \"false\" where not. The branch carries what arrived: the value itself where it is one, all of them by name where there are several.",
        Example = """{"when":"score > 0.5"}""",
    };
}

/// <summary>Runs Condition nodes.</summary>
internal sealed class ConditionExecutor : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => ConditionNode.Type.Id;

    /// <inheritdoc/>
    public ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken) =>
        new(NodeOutcome.Of(((ConditionConfig)execution.Config).When ? "true" : "false", PortsOf.Carried(execution.Inputs)));
}
