using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Schemas;
using MistralStudio.Retrieval.Qdrant;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Tests.Shared.Qdrant;

namespace MistralStudio.Retrieval.Tests.Qdrant;

/// <summary>What is sent to Qdrant follows its own OpenAPI document, with objects closed: a field that it does not know is a fault.</summary>
public sealed partial class OpenApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EachRequest_OfALifeOfABase_FollowsTheDocument()
    {
        var api = Api.Read(await File.ReadAllBytesAsync(SharedData.Require("data", "qdrant", "openapi.json"), Cancellation));
        await using var server = await QdrantDouble.StartAsync();
        using var room = QdrantIndexTests.Room(server);
        var parent = await room.CreateBaseAsync();
        var document = await room.IngestAsync(parent, "pears.md", "# Fruit\n\nPears ripen in the cellar.\n\n# Nuts\n\nWalnuts fall in October.");
        await QdrantIndexTests.MoveAsync(room, parent, IndexStore.Qdrant);
        await room.IngestAsync(parent, "plums.md", "Plums ripen early.");
        await room.DescribeAsync(document, ("year", "2021"), ("signed", "2026-01-31"), ("kind", "letter"));
        var hit = (await room.FindAsync(parent, "pears ripen")).Hits[0];
        var filter = new SearchFilter([], [new("year", FilterOperator.AtLeast, [MetadataValue.Parse("2020")]), new("kind", FilterOperator.Is, [MetadataValue.Parse("letter")])]);
        Assert.NotEmpty((await room.Search.SearchAsync(
            new(room.Workspace, [parent], "pears ripen") { Filter = filter, Explain = [hit.PassageId], Settings = new() { Diversity = .3, Neighbours = 1 } }, Cancellation)).Value.Hits);
        await room.Intake.DeleteAsync(room.Workspace, parent, document.Id, null, Cancellation);
        await room.Work.IdleAsync();
        await room.Get<QdrantCollections>().ReplaceAsync(HashedEmbedder.Dimensions, Cancellation);
        await QdrantIndexTests.MoveAsync(room, parent, IndexStore.Embedded);

        var seen = new HashSet<string>();
        var wrong = new List<string>();
        foreach (var (method, path, body) in server.Bodies)
        {
            var (route, violations) = api.Check(method, path, body);
            seen.Add($"{method} {route}");
            wrong.AddRange(violations.Take(2).Select(violation => $"{method} {path}: {violation} in {body[..Math.Min(body.Length, 300)]}"));
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong.Take(10)));
        Assert.Superset(
            new HashSet<string>
            {
                "PUT /collections/{collection_name}", "PUT /collections/{collection_name}/index", "PUT /collections/{collection_name}/points",
                "POST /collections/{collection_name}/points/delete", "POST /collections/{collection_name}/points/query/batch",
                "POST /collections/{collection_name}/points/scroll", "POST /collections/{collection_name}/points/count", "POST /collections/aliases",
            },
            seen);
    }

    [Theory]
    [InlineData("limit", "limits")]
    [InlineData("kb_id", null)]
    public async Task AMisspeltField_IsNotMissed(string field, string? other)
    {
        var api = Api.Read(await File.ReadAllBytesAsync(SharedData.Require("data", "qdrant", "openapi.json"), Cancellation));
        var body = """{"filter":{"must":[{"key":"kb_id","match":{"value":"a"}}]},"limit":10,"with_payload":false,"with_vector":["dense"]}""";
        Assert.Empty(api.Check("POST", "/collections/studio_384/points/scroll", body).Violations);
        var wrong = other is null ? body.Replace("\"key\":\"kb_id\"", "\"key\":7", StringComparison.Ordinal) : body.Replace($"\"{field}\"", $"\"{other}\"", StringComparison.Ordinal);
        Assert.NotEmpty(api.Check("POST", "/collections/studio_384/points/scroll", wrong).Violations);
    }

    /// <summary>The request bodies of an OpenAPI document as schemas.</summary>
    private sealed partial class Api(List<(string Method, string Path, Regex Pattern, JsonObject Schema)> routes, JsonNode components)
    {
        private readonly Dictionary<string, JsonSchema> _schemas = [];

        public static Api Read(byte[] document)
        {
            var root = JsonNode.Parse(document)!;
            Close(root);
            var routes = new List<(string, string, Regex, JsonObject)>();
            foreach (var (path, item) in root["paths"]!.AsObject())
            {
                foreach (var (method, operation) in item!.AsObject())
                {
                    if (operation?["requestBody"]?["content"]?["application/json"]?["schema"] is JsonObject schema)
                    {
                        routes.Add((method.ToUpperInvariant(), path, new Regex($"^{Parameter().Replace(path, "[^/]+")}$"), schema));
                    }
                }
            }

            // "aliases" is a place of its own, not the name of a collection.
            return new([.. routes.OrderBy(route => route.Item2.Contains('{', StringComparison.Ordinal))], root["components"]!);
        }

        public (string Route, IReadOnlyList<SchemaViolation> Violations) Check(string method, string path, string body)
        {
            var route = routes.First(candidate => candidate.Method == method && candidate.Pattern.IsMatch(path));
            var name = $"{method} {route.Path}";
            if (!_schemas.TryGetValue(name, out var schema))
            {
                var whole = new JsonObject { ["allOf"] = new JsonArray(route.Schema.DeepClone()), ["components"] = components.DeepClone() };
                using var json = JsonDocument.Parse(whole.ToJsonString());
                schema = _schemas[name] = JsonSchema.Read(json.RootElement.Clone()).Value;
            }

            using var value = JsonDocument.Parse(body);
            return (route.Path, schema.Validate(value.RootElement));
        }

        // As OpenAPI 3.0 writes null, and with every object closed; otherwise anything follows it.
        private static void Close(JsonNode? node)
        {
            if (node is JsonArray array)
            {
                foreach (var item in array)
                {
                    Close(item);
                }

                return;
            }

            if (node is not JsonObject found)
            {
                return;
            }

            foreach (var choices in (JsonArray[])[.. new[] { "anyOf", "oneOf" }.Select(name => found[name]).OfType<JsonArray>()])
            {
                for (var i = 0; i < choices.Count; i++)
                {
                    if (choices[i] is JsonObject { Count: 1 } only && only["nullable"] is not null)
                    {
                        choices[i] = new JsonObject { ["type"] = "null" };
                    }
                }
            }

            // Formats are those of Rust (uint64), which no validator of JSON knows.
            found.Remove("format");
            if (found["type"] is JsonValue type && type.GetValueKind() == JsonValueKind.String)
            {
                if ((string)type! == "object" && found["properties"] is JsonObject && found["additionalProperties"] is null)
                {
                    found["additionalProperties"] = false;
                }

                if (found["nullable"] is JsonValue nullable && nullable.GetValueKind() == JsonValueKind.True)
                {
                    found["type"] = new JsonArray((string)type!, "null");
                    (found["enum"] as JsonArray)?.Add((JsonNode?)null);
                }
            }

            foreach (var (name, child) in found.ToList())
            {
                if (name is not ("example" or "default" or "enum"))
                {
                    Close(child);
                }
            }
        }

        [GeneratedRegex(@"\{[^}]+\}")]
        private static partial Regex Parameter();
    }
}
