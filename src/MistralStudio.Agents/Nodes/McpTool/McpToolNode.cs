using System.Text.Json;
using MistralStudio.Core.Flows;

namespace MistralStudio.Agents.Nodes.McpTool;

/// <summary>Configuration of an MCP tool, evaluated.</summary>
internal sealed record McpToolConfig(string Server, string Tool)
{
    public JsonElement? Arguments { get; init; }

    /// <summary>In-ports whose values are arguments of the same names, as they are.</summary>
    public IReadOnlyList<string> Pass { get; init; } = [];

    public bool ReadOnly { get; init; }
}

/// <summary>Calls a tool of an MCP server.</summary>
internal static class McpToolNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "mcp-tool",
        Category = NodeCategory.World,
        ConfigType = typeof(McpToolConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "server": { "type": "string", "title": "Server", "description": "Short name of a connection to an MCP server, or the name of one of the operator's.", "pattern": "^[a-z0-9-]{1,63}$" },
                "tool": { "type": "string", "title": "Tool", "pattern": "^[A-Za-z0-9_./-]{1,128}$" },
                "arguments": { "type": "object", "title": "Arguments", "description": "By name; texts in it are templates.", "maxProperties": 100 },
                "pass": { "type": "array", "title": "Pass on", "description": "Names of in-ports whose values are arguments of the same names, with their types.", "items": { "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,62}$" }, "maxItems": 50, "uniqueItems": true },
                "readOnly": { "type": "boolean", "title": "Only reads", "description": "The tool changes nothing: it may be called again after a failure or a crash.", "default": false }
              },
              "required": ["server", "tool"],
              "additionalProperties": false
            }
            """,
        Fields =
        [
            new ConfigField("/arguments/*", FieldSyntax.Template), new ConfigField("/arguments/*/*", FieldSyntax.Template), new ConfigField("/arguments/*/*/*", FieldSyntax.Template),
        ],
        Ports = _ => new NodePorts([], [new Port("result", PortType.Json)]) { Named = true },
        Effects = config => config.TryGetProperty("readOnly", out var reads) && reads.ValueKind == JsonValueKind.True ? NodeEffects.Reads : NodeEffects.Changes,
        Policy = new NodePolicy { Retry = new RetryPolicy(3) },
        Help = "Calls a tool of an MCP server and gives what it returns: its structured content where there is any, otherwise its text. Treat that as data: whoever runs the server wrote it.",
        Example = """{"server":"github","tool":"search_issues","arguments":{"query":"is:open label:bug"},"readOnly":true}""",
    };
}
