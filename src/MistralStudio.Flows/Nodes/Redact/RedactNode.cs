using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes.Redact;

/// <summary>Configuration of a Redact node.</summary>
internal sealed record RedactConfig
{
    public IReadOnlyList<RedactKind> Kinds { get; init; } = Enum.GetValues<RedactKind>();

    public IReadOnlyList<string> Words { get; init; } = [];
}

/// <summary>Takes what names a person out of a text.</summary>
internal static class RedactNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "redact",
        Category = NodeCategory.Data,
        ConfigType = typeof(RedactConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "kinds": { "type": "array", "title": "What is taken out", "items": { "enum": ["email", "phone", "card", "iban", "address", "secret"] }, "uniqueItems": true, "default": ["email", "phone", "card", "iban", "address", "secret"] },
                "words": { "type": "array", "title": "Words", "description": "Names and words that are taken out too, whole and without regard to case.", "items": { "type": "string", "minLength": 2, "maxLength": 200 }, "maxItems": 1000 }
              },
              "additionalProperties": false
            }
            """,
        Ports = PortsOf.Fixed([new Port("text", PortType.Text)], [new Port("text", PortType.Text), new Port("found", PortType.Json)]),
        Help = "Takes e-mail addresses, telephone numbers, payment cards, bank accounts, network addresses, keys and words of your own out of a text. Each is replaced by what it was, [email 1]; the same one by the same. \"found\" counts them, without saying them.",
        Example = """{"kinds":["email","phone"],"words":["Project Falcon"]}""",
    };
}

/// <summary>Runs Redact nodes.</summary>
internal sealed class RedactExecutor : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => RedactNode.Type.Id;

    /// <inheritdoc/>
    public ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var config = (RedactConfig)execution.Config;
        var (text, found) = Redaction.Of(execution.Inputs["text"].Text, config.Kinds, config.Words);
        return new(new NodeOutcome.Succeeded(new Dictionary<string, FlowValue>(StringComparer.Ordinal) { ["text"] = FlowValue.Of(text), ["found"] = FlowValue.From(found) }));
    }
}
