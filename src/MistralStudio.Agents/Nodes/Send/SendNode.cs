using System.Text.Json;
using MistralStudio.Core.Flows;

namespace MistralStudio.Agents.Nodes.Send;

/// <summary>Configuration of a Send, evaluated.</summary>
internal sealed record SendConfig(string Via)
{
    public const string Webhook = "webhook";
    public const string Email = "email";

    /// <summary>Slug of the connection that is the webhook.</summary>
    public string? Connection { get; init; }

    /// <summary>Body of the webhook; null: what arrives, as JSON by name.</summary>
    public string? Body { get; init; }

    public bool Idempotent { get; init; }

    public IReadOnlyList<string> To { get; init; } = [];

    public string Subject { get; init; } = "";

    public string Text { get; init; } = "";
}

/// <summary>Sends something to somebody.</summary>
internal static class SendNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "send",
        Category = NodeCategory.World,
        ConfigType = typeof(SendConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "via": { "enum": ["webhook", "email"], "title": "By" },
                "connection": { "type": "string", "title": "Webhook", "description": "Short name of a connection of kind webhook: it has the address and the secret that signs.", "pattern": "^[a-z0-9-]{1,63}$" },
                "body": { "type": "string", "title": "Body", "description": "Of the webhook; without it, what is connected goes as JSON by name.", "maxLength": 200000 },
                "idempotent": { "type": "boolean", "title": "Counts once", "description": "The receiver counts each webhook-id once: it may be sent again after a failure or a crash.", "default": false },
                "to": { "type": "array", "title": "To", "description": "E-mail addresses.", "items": { "type": "string", "minLength": 1, "maxLength": 1000 }, "minItems": 1, "maxItems": 50 },
                "subject": { "type": "string", "title": "Subject", "maxLength": 1000 },
                "text": { "type": "string", "title": "Text", "maxLength": 200000 }
              },
              "required": ["via"],
              "additionalProperties": false
            }
            """,
        Fields =
        [
            new ConfigField("/body", FieldSyntax.Template), new ConfigField("/to/*", FieldSyntax.Template),
            new ConfigField("/subject", FieldSyntax.Template), new ConfigField("/text", FieldSyntax.Template),
        ],
        Ways = [new ConfigWay("/via", SendConfig.Webhook, "/connection", "/body", "/idempotent"), new ConfigWay("/via", SendConfig.Email, "/to", "/subject", "/text")],
        Ports = _ => new NodePorts([], [new Port("receipt", PortType.Json)]) { Named = true },
        Effects = _ => NodeEffects.Changes,
        IsIdempotent = config => config.GetProperty("via").ValueEquals(SendConfig.Webhook) && config.TryGetProperty("idempotent", out var idempotent) && idempotent.ValueKind == JsonValueKind.True,
        Policy = new NodePolicy { Retry = new RetryPolicy(3) },
        Check = Problems,
        Help = "Sends a webhook or an e-mail, and gives a receipt. A webhook is signed (webhook-id, webhook-timestamp and webhook-signature, HMAC-SHA256, see standardwebhooks.com); its address and secret are in a connection. E-mail goes out through the operator's mail server.",
        Example = """{"via":"email","to":["team@example.com"],"subject":"Weekly report","text":"Nothing new this week."}""",
    };

    private static IEnumerable<ConfigProblem> Problems(JsonElement config)
    {
        var isWebhook = config.GetProperty("via").ValueEquals(SendConfig.Webhook);
        foreach (var needed in isWebhook ? (string[])["connection"] : ["to", "subject", "text"])
        {
            if (!config.TryGetProperty(needed, out _))
            {
                yield return new ConfigProblem($"/{needed}", isWebhook ? SendErrors.NoWebhook() : SendErrors.Incomplete(needed));
            }
        }

        foreach (var stray in isWebhook ? (string[])["to", "subject", "text"] : ["connection", "body", "idempotent"])
        {
            if (config.TryGetProperty(stray, out _))
            {
                yield return new ConfigProblem($"/{stray}", SendErrors.Stray(stray, isWebhook));
            }
        }
    }
}
