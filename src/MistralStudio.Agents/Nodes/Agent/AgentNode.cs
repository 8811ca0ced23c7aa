using System.Text.Json;
using MistralStudio.Agents.Nodes.Agent.Tools;
using MistralStudio.Core.Flows;

namespace MistralStudio.Agents.Nodes.Agent;

/// <summary>A model that works with tools until it has an answer.</summary>
internal static class AgentNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "agent",
        Category = NodeCategory.Models,
        ConfigType = typeof(AgentConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "model": { "type": "string", "title": "Model", "description": "default, the id of a local model, or connection/name; one that can call tools.", "minLength": 1, "maxLength": 300, "default": "default" },
                "prompt": { "type": "string", "title": "Task", "description": "Empty: the last of the messages is the task.", "maxLength": 200000, "default": "" },
                "system": { "type": "string", "title": "Instructions", "description": "What the agent is, and how it should work.", "maxLength": 100000, "default": "" },
                "temperature": { "type": "number", "title": "Temperature", "minimum": 0, "maximum": 2 },
                "maxTokens": { "type": "integer", "title": "Most tokens of one answer", "minimum": 1, "maximum": 200000, "default": 1024 },
                "maxSteps": { "type": "integer", "title": "Most calls of the model", "minimum": 1, "maximum": 100, "default": 10 },
                "tools": {
                  "type": "array", "title": "Tools", "maxItems": 20,
                  "items": {
                    "oneOf": [
                      {
                        "title": "Knowledge bases", "type": "object",
                        "properties": {
                          "kind": { "title": "Kind", "const": "knowledge" },
                          "name": { "type": "string", "title": "Name for the model", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,63}$" },
                          "description": { "type": "string", "title": "What the model is told of it", "maxLength": 2000 },
                          "bases": { "type": "array", "title": "Knowledge bases", "items": { "type": "string", "minLength": 1, "maxLength": 300 }, "minItems": 1, "maxItems": 20 },
                          "k": { "type": "integer", "title": "Passages", "minimum": 1, "maximum": 100 },
                          "mode": { "title": "Search by", "enum": ["hybrid", "dense", "lexical"] }
                        },
                        "required": ["kind", "bases"], "additionalProperties": false
                      },
                      {
                        "title": "HTTP API", "type": "object",
                        "properties": {
                          "kind": { "title": "Kind", "const": "http" },
                          "document": { "type": "object", "title": "OpenAPI document", "description": "Version 3, as JSON." },
                          "operations": { "type": "array", "title": "Operations", "description": "Their ids. Empty: all.", "items": { "type": "string", "minLength": 1, "maxLength": 200 }, "maxItems": 100 },
                          "connection": { "type": "string", "title": "Connection", "description": "Whose address and key are used. Empty: the document's own address, without a key.", "pattern": "^[a-z0-9-]{1,63}$" }
                        },
                        "required": ["kind", "document"], "additionalProperties": false
                      },
                      {
                        "title": "Flow", "type": "object",
                        "properties": {
                          "kind": { "title": "Kind", "const": "flow" },
                          "name": { "type": "string", "title": "Name for the model", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,63}$" },
                          "description": { "type": "string", "title": "What the model is told of it", "maxLength": 2000 },
                          "flow": { "type": "string", "title": "Flow", "description": "The short name of a published flow, or name@version.", "pattern": "^[a-z0-9-]{1,63}(@[0-9]{1,9})?$" }
                        },
                        "required": ["kind", "flow"], "additionalProperties": false
                      },
                      {
                        "title": "MCP server", "type": "object",
                        "properties": {
                          "kind": { "title": "Kind", "const": "mcp" },
                          "server": { "type": "string", "title": "Server", "description": "Short name of a connection to an MCP server, or the name of one of the operator's.", "pattern": "^[a-z0-9-]{1,63}$" },
                          "tools": { "type": "array", "title": "Tools", "description": "Empty: all that it has.", "items": { "type": "string", "pattern": "^[A-Za-z0-9_./-]{1,128}$" }, "maxItems": 100 },
                          "readOnly": { "type": "array", "title": "Tools that change nothing", "description": "They are called without asking.", "items": { "type": "string", "pattern": "^[A-Za-z0-9_./-]{1,128}$" }, "maxItems": 100 }
                        },
                        "required": ["kind", "server"], "additionalProperties": false
                      }
                    ]
                  }
                },
                "approved": { "type": "array", "title": "Called without asking", "description": "Names of tools that change something and that a published version calls without a person's approval. A draft always asks.", "items": { "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,63}$" }, "maxItems": 100 },
                "who": { "type": "array", "title": "Who may approve", "description": "E-mail addresses, or role:member, role:builder, role:admin. Nobody named: everyone here who may decide.", "items": { "type": "string", "pattern": "^(role:(member|builder|admin|owner)|[^@\\s]+@[^@\\s]+)$" }, "maxItems": 50 },
                "expires": { "type": "string", "title": "An approval expires after", "description": "Empty: never. In the source hours, minutes and seconds, or days before them: 2.00:00:00.", "pattern": "^([0-9]{1,4}\\.)?[0-9]{2}:[0-5][0-9]:[0-5][0-9]$" }
              },
              "additionalProperties": false
            }
            """,
        Fields = [new ConfigField("/prompt", FieldSyntax.Template), new ConfigField("/system", FieldSyntax.Template)],
        Ports = _ => new NodePorts(
            [new Port("messages", PortType.Messages, Required: false)],
            [new Port("text", PortType.Text), new Port("steps", PortType.Json), new Port("usage", PortType.Json)])
        {
            Named = true,
        },
        Check = Problems,
        CheckArriving = MessageValues.Unasked,
        Effects = EffectsOf,
        WorksInSteps = true,
        Policy = new NodePolicy { Timeout = TimeSpan.FromMinutes(30), Retry = new RetryPolicy(3) },
        StreamsText = true,
        Help = "Gives a model a task and tools: knowledge bases, operations of an HTTP API, other flows, tools of MCP servers. It calls them as often as it needs until it answers, or its steps are over. A tool that changes something waits for a person's approval, unless the author of a published version named it as one that is called without asking. Each call of the model and of a tool is journalled: a crash repeats one at most.",
        Example = """{"system":"Answer from the contracts alone.","prompt":"Which contracts end this year?","maxSteps":6,"tools":[{"kind":"knowledge","bases":["Contracts"],"k":6}]}""",
    };

    private static IEnumerable<ConfigProblem> Problems(JsonElement config)
    {
        foreach (var (index, tool) in Tools(config).Index())
        {
            if (tool.TryGetProperty("document", out var document))
            {
                var operations = tool.TryGetProperty("operations", out var named) ? named.EnumerateArray().Select(one => one.GetString()!).ToList() : [];
                if (OpenApiDocument.Read(document, operations) is { Error: { } wrong })
                {
                    yield return new ConfigProblem($"/tools/{index}/document", wrong);
                }
            }
        }
    }

    // Knowledge is read; whether a flow or a server's tool changes something, only its author knows.
    private static NodeEffects EffectsOf(JsonElement config) => Tools(config).Any(Changes) ? NodeEffects.Changes : NodeEffects.Reads;

    private static bool Changes(JsonElement tool) => tool.GetProperty("kind").GetString() switch
    {
        "knowledge" => false,
        "http" => OpenApiDocument.Read(tool.GetProperty("document"), tool.TryGetProperty("operations", out var named) ? [.. named.EnumerateArray().Select(one => one.GetString()!)] : [])
            is not { IsSuccess: true } read || read.Value.Operations.Any(operation => !operation.OnlyReads),
        _ => true,
    };

    private static IEnumerable<JsonElement> Tools(JsonElement config) => config.TryGetProperty("tools", out var tools) ? tools.EnumerateArray() : [];
}
