using System.Text.Json;
using MistralStudio.Core.Flows;

namespace MistralStudio.Agents.Nodes.HttpRequest;

/// <summary>Configuration of an HTTP request, evaluated.</summary>
internal sealed record HttpRequestConfig(string Url)
{
    public string Method { get; init; } = "GET";

    /// <summary>Put behind the address, encoded.</summary>
    public IReadOnlyDictionary<string, string> Query { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public string? Body { get; init; }

    /// <summary>Slug of a connection whose key goes with the request.</summary>
    public string? Connection { get; init; }

    public bool Idempotent { get; init; }

    public bool AnyStatus { get; init; }

    public int TimeoutSeconds { get; init; } = 30;
}

/// <summary>Calls a server.</summary>
internal static class HttpRequestNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "http-request",
        Category = NodeCategory.World,
        ConfigType = typeof(HttpRequestConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "method": { "enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], "title": "Method", "default": "GET" },
                "url": { "type": "string", "title": "Address", "description": "https://api.example.com/orders/{{ order | url_encode }}; with a connection, a path at its server: /orders.", "minLength": 1, "maxLength": 8000 },
                "query": { "type": "object", "title": "Query", "description": "Put behind the address, encoded.", "additionalProperties": { "type": "string", "maxLength": 8000 }, "maxProperties": 50 },
                "headers": { "type": "object", "title": "Headers", "description": "No keys and passwords: those belong in a connection.", "additionalProperties": { "type": "string", "maxLength": 8000 }, "maxProperties": 50 },
                "body": { "type": "string", "title": "Body", "description": "JSON: {\"question\": {{ question | json }}}, or any text.", "maxLength": 200000 },
                "connection": { "type": "string", "title": "Connection", "description": "Short name of a connection to an HTTP API, whose key goes with the request.", "pattern": "^[a-z0-9-]{1,63}$" },
                "idempotent": { "type": "boolean", "title": "Counts once", "description": "The server counts requests with one Idempotency-Key once: the request may be made again after a failure or a crash.", "default": false },
                "anyStatus": { "type": "boolean", "title": "Go on with any status", "description": "Otherwise a status of 400 and above fails the node.", "default": false },
                "timeoutSeconds": { "type": "integer", "title": "Time limit, s", "minimum": 1, "maximum": 300, "default": 30 }
              },
              "required": ["url"],
              "additionalProperties": false
            }
            """,
        Fields =
        [
            new ConfigField("/url", FieldSyntax.Template), new ConfigField("/query/*", FieldSyntax.Template),
            new ConfigField("/headers/*", FieldSyntax.Template), new ConfigField("/body", FieldSyntax.Template),
        ],
        Ports = _ => new NodePorts([], [new Port("status", PortType.Number), new Port("body", PortType.Json), new Port("headers", PortType.Json)]) { Named = true },
        Effects = config => IsReading(config) ? NodeEffects.Reads : NodeEffects.Changes,
        IsIdempotent = config => config.TryGetProperty("idempotent", out var idempotent) && idempotent.ValueKind == JsonValueKind.True,
        Policy = new NodePolicy { Retry = new RetryPolicy(3) },
        Check = Problems,
        Help = "Calls a server on the internet and gives the status, the body (JSON where it is JSON, otherwise its text) and the headers of its answer. "
            + "Addresses of this machine and of private networks are refused unless an owner allowed them. GET and HEAD are tried again where the server is busy or unreachable; the others only where the request counts once.",
        Example = """{"method":"POST","url":"https://api.example.com/orders","headers":{"Accept":"application/json"},"body":"{\"text\": {{ text | json }}}","idempotent":true}""",
    };

    /// <summary>True for a method that leaves the server as it is.</summary>
    public static bool IsReading(string method) => method is "GET" or "HEAD";

    private static bool IsReading(JsonElement config) => !config.TryGetProperty("method", out var method) || IsReading(method.GetString()!);

    private static IEnumerable<ConfigProblem> Problems(JsonElement config)
    {
        foreach (var header in config.TryGetProperty("headers", out var headers) ? headers.EnumerateObject().Select(one => one.Name) : [])
        {
            if (RequestHeaders.Problem(header) is { } error)
            {
                yield return new ConfigProblem($"/headers/{header.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}", error);
            }
        }

        if (IsReading(config) && config.TryGetProperty("body", out _))
        {
            yield return new ConfigProblem("/body", HttpRequestErrors.StrayBody());
        }
    }
}
