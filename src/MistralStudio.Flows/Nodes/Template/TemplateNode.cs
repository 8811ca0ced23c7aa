using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes.Template;

/// <summary>Configuration of a Template, evaluated.</summary>
internal sealed record TemplateConfig(string Template);

/// <summary>Writes a text.</summary>
internal static class TemplateNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "template",
        Category = NodeCategory.Data,
        ConfigType = typeof(TemplateConfig),
        Schema = """
            {
              "type": "object",
              "properties": { "template": { "type": "string", "title": "Text", "description": "Liquid: {{ port }}, {% if port %} ... {% endif %}.", "maxLength": 200000 } },
              "required": ["template"],
              "additionalProperties": false
            }
            """,
        Fields = [new ConfigField("/template", FieldSyntax.Template)],
        Ports = PortsOf.Named(new Port("text", PortType.Text)),
        Help = "Writes a text from what is connected to it. It names what arrives by its in-port or by where it comes from: {{ context }} or {{ search.passages }}. Passages are numbered as a model is shown them.",
        Example = """{"template":"Hello!"}""",
    };
}

/// <summary>Runs Template nodes: the engine has evaluated the text.</summary>
internal sealed class TemplateExecutor : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => TemplateNode.Type.Id;

    /// <inheritdoc/>
    public ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken) =>
        new(NodeOutcome.Of("text", FlowValue.Of(((TemplateConfig)execution.Config).Template)));
}
