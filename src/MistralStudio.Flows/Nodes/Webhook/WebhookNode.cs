using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes.Webhook;

/// <summary>Where a run begins that a call from outside starts.</summary>
internal static class WebhookNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "webhook",
        Category = NodeCategory.Begin,
        Role = NodeRole.Begin,
        Schema = """
            {
              "type": "object",
              "properties": {
                "signatureHeader": { "type": "string", "title": "Header with the signature", "description": "HMAC-SHA256 of the body, hex, with the webhook's secret.", "pattern": "^[A-Za-z0-9-]+$", "maxLength": 100, "default": "X-Signature-256" }
              },
              "additionalProperties": false
            }
            """,
        Ports = PortsOf.Fixed([], [new Port("body", PortType.Json), new Port("headers", PortType.Json)]),
        Help = "The run begins here when the webhook of the flow is called. The call has to be signed with the webhook's secret, and counts once.",
        Example = """{"signatureHeader":"X-Hub-Signature-256"}""",
    };
}
