using System.Text.Json;
using System.Text.Json.Nodes;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Words;

/// <summary>
/// JSON Schemas that hold a model to definitions and patches: one alternative per type of the catalogue. Shape alone is held; limits and patterns
/// are the compiler's, which says what is wrong in words that a model can follow.
/// </summary>
internal static class WordsSchema
{
    private static readonly string[] s_kept = ["type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf"];

    public static JsonElement OfDefinition(NodeCatalog catalog) => Finish(catalog, Object(
        ["summary", "inputs", "nodes", "edges"],
        ("summary", Text()),
        ("inputs", List(Input())),
        ("nodes", List(Reference("node"))),
        ("edges", List(Reference("edge")))));

    public static JsonElement OfPatch(NodeCatalog catalog) => Finish(catalog, Object(
        ["summary"],
        ("summary", Text()),
        ("set", List(Object(["node"], ("in", Text()), ("node", Reference("node"))))),
        ("remove", List(Text())),
        ("removeEdges", List(Object(["from", "to"], ("in", Text()), ("from", Text()), ("to", Text())))),
        ("addEdges", List(Object(["from", "to"], ("in", Text()), ("from", Text()), ("to", Text())))),
        ("inputs", List(Input()))));

    /// <summary>A configuration's schema without what only forms and the compiler need.</summary>
    public static JsonNode Short(JsonNode schema)
    {
        if (schema is not JsonObject given)
        {
            return schema.DeepClone();
        }

        var kept = new JsonObject();
        foreach (var (name, value) in given)
        {
            switch (name)
            {
                case "properties":
                    kept[name] = new JsonObject([.. ((JsonObject)value!).Select(one => KeyValuePair.Create(one.Key, (JsonNode?)Short(one.Value!)))]);
                    break;
                case "items":
                    kept[name] = Short(value!);
                    break;
                case "additionalProperties":
                    kept[name] = value is JsonObject ? Short(value) : value!.DeepClone();
                    break;
                case "anyOf" or "oneOf":
                    kept["anyOf"] = new JsonArray([.. ((JsonArray)value!).Select(one => (JsonNode?)Short(one!))]);
                    break;
                case var _ when s_kept.Contains(name):
                    kept[name] = value!.DeepClone();
                    break;
            }
        }

        return kept;
    }

    private static JsonElement Finish(NodeCatalog catalog, JsonObject root)
    {
        root["$defs"] = new JsonObject
        {
            ["edge"] = Object(["from", "to"], ("from", Text()), ("to", Text())),
            ["node"] = new JsonObject { ["anyOf"] = new JsonArray([.. catalog.Entries.Select(entry => (JsonNode?)Node(entry.Type))]) },
        };
        return JsonSerializer.SerializeToElement(root, FlowJson.Relaxed);
    }

    private static JsonObject Node(NodeType type)
    {
        List<(string, JsonNode)> members = [("id", Text()), ("type", new JsonObject { ["const"] = type.Id }), ("title", Text()), ("config", Short(JsonNode.Parse(type.Schema)!))];
        List<string> required = ["id", "type", "title", "config"];
        if (type.Role is NodeRole.ForEach or NodeRole.Loop)
        {
            members.Add(("body", Object(["nodes", "edges"], ("nodes", List(Reference("node"))), ("edges", List(Reference("edge"))))));
            required.Add("body");
        }

        return Object([.. required], [.. members]);
    }

    private static JsonObject Input() => Object(
        ["name", "type", "required"],
        ("name", Text()),
        ("type", new JsonObject { ["enum"] = new JsonArray("text", "number", "boolean", "json", "file", "list<text>", "list<file>", "list<json>") }),
        ("required", new JsonObject { ["type"] = "boolean" }),
        ("title", Text()));

    private static JsonObject Object(string[] required, params (string Name, JsonNode Schema)[] members) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject([.. members.Select(member => KeyValuePair.Create(member.Name, (JsonNode?)member.Schema))]),
        ["required"] = new JsonArray([.. required.Select(name => JsonValue.Create(name))]),
        ["additionalProperties"] = false,
    };

    private static JsonObject List(JsonNode items) => new() { ["type"] = "array", ["items"] = items };

    private static JsonObject Text() => new() { ["type"] = "string" };

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/$defs/{name}" };
}
