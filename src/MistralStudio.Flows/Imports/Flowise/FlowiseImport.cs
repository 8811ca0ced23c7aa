using System.Text.Json.Nodes;
using MistralStudio.Core;

namespace MistralStudio.Flows.Imports.Flowise;

/// <summary>
/// Reads exports of Flowise, <c>{nodes, edges}</c>: agent flows of version 2, whose edges say what follows what, and chat flows, whose edges
/// plug models, memories and tools into chains.
/// </summary>
internal static class FlowiseImport
{
    public static bool Is(JsonObject root) => root["nodes"] is JsonArray && root["edges"] is JsonArray || (root.Text("func") is not null && root.Text("schema") is not null);

    public static Result<ImportedFlow> Read(JsonObject root)
    {
        if (root["nodes"] is not JsonArray { Count: > 0 } nodes)
        {
            return ImportErrors.NoFlow("Flowise", root.Text("func") is null ? "it has no nodes" : "it is a tool's script, not a flow");
        }

        if (nodes.Count > FlowImport.MostNodes)
        {
            return ImportErrors.TooManyNodes(nodes.Count);
        }

        var flow = new ForeignFlow(ImportSource.Flowise, root.Text("name") ?? "Flow");
        if (nodes.Any(node => node.Text("data", "name")?.EndsWith("Agentflow", StringComparison.Ordinal) is true))
        {
            new FlowiseAgentFlow(flow, root).Read();
        }
        else
        {
            new FlowiseChatFlow(flow, root).Read();
        }

        return DraftBuilder.Build(flow);
    }

    /// <summary>The program that a part would start; null where it would start none.</summary>
    public static string? Command(JsonNode? node, int depth = 0)
    {
        if (depth > FlowImport.MostDepth)
        {
            return null;
        }

        if (node is JsonObject part)
        {
            if (part.Text("command") is { Length: > 0 } command && (part.ContainsKey("args") || part.ContainsKey("env") || command.Contains(' ', StringComparison.Ordinal)))
            {
                return Name(command);
            }

            return part.Select(one => Command(one.Value, depth + 1)).FirstOrDefault(found => found is not null);
        }

        return node switch
        {
            JsonArray list => list.Select(one => Command(one, depth + 1)).FirstOrDefault(found => found is not null),
            // The settings of an MCP server are a text there.
            JsonValue when node.Text() is { Length: > 10 } text && text.Contains("\"command\"", StringComparison.Ordinal) => Command(ForeignJson.Inside(text), depth + 1),
            _ => null,
        };
    }

    public static string CommandRemark(string command) =>
        $"It would start the program \"{command}\" on this machine: an import starts nothing. The operator can put it into Mcp:Servers.";

    private static string Name(string command)
    {
        var name = command.Split(' ', 2)[0];
        return name.Length <= 60 ? name : name[..60];
    }
}
