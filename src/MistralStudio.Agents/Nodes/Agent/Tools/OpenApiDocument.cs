using System.Text.Json;
using System.Text.Json.Nodes;
using MistralStudio.Core;

namespace MistralStudio.Agents.Nodes.Agent.Tools;

/// <summary>Where an argument of an operation goes.</summary>
internal enum ArgumentPlace
{
    Path,
    Query,
    Header,
}

/// <summary>One operation of an HTTP API.</summary>
/// <param name="Path">As the document has it: <c>/pets/{id}</c>.</param>
/// <param name="Places">Where each argument but the body goes, by name.</param>
/// <param name="HasBody">True where the argument <c>body</c> is sent as JSON.</param>
/// <param name="Parameters">JSON Schema of the arguments.</param>
internal sealed record ApiOperation(
    string Id, HttpMethod Method, string Path, string Description, IReadOnlyDictionary<string, ArgumentPlace> Places, bool HasBody, JsonElement Parameters)
{
    /// <summary>True for what HTTP calls safe.</summary>
    public bool OnlyReads => Method == HttpMethod.Get || Method == HttpMethod.Head;
}

/// <summary>
/// What of an OpenAPI 3 document makes tools: <c>{"openapi":"3...","servers":[{"url"}],"paths":{"/pets/{id}":{"get":{"operationId", "parameters",
/// "requestBody"}}}}</c>. References lead into the document alone; nothing is fetched.
/// </summary>
/// <param name="Server">The document's own address; null where it has none that is whole.</param>
internal sealed record OpenApiDocument(Uri? Server, IReadOnlyList<ApiOperation> Operations)
{
    /// <summary>Most operations of one document that are tools at once.</summary>
    public const int MostOperations = 64;

    private const string Body = "body";

    private static readonly string[] s_methods = ["get", "head", "post", "put", "patch", "delete"];

    /// <summary>Reads one.</summary>
    /// <param name="wanted">Ids of the operations that are wanted; empty: all.</param>
    public static Result<OpenApiDocument> Read(JsonElement document, IReadOnlyList<string> wanted)
    {
        if (!document.TryGetProperty("openapi", out var version) || version.ValueKind != JsonValueKind.String || !version.GetString()!.StartsWith("3.", StringComparison.Ordinal))
        {
            return AgentNodeErrors.BadDocument("it is not of version 3");
        }

        if (!document.TryGetProperty("paths", out var paths) || paths.ValueKind != JsonValueKind.Object)
        {
            return AgentNodeErrors.BadDocument("it has no paths");
        }

        var references = new OpenApiReferences(document);
        var operations = new List<ApiOperation>();
        foreach (var path in paths.EnumerateObject().Where(path => path.Name.StartsWith('/') && path.Value.ValueKind == JsonValueKind.Object))
        {
            foreach (var method in s_methods.Where(method => path.Value.TryGetProperty(method, out var operation) && operation.ValueKind == JsonValueKind.Object))
            {
                var operation = path.Value.GetProperty(method);
                var id = Text(operation, "operationId") ?? $"{method} {path.Name}";
                if (wanted.Count > 0 && !wanted.Contains(id))
                {
                    continue;
                }

                var read = Read(references, path, method, operation, id);
                if (!read.IsSuccess)
                {
                    return read.Error;
                }

                operations.Add(read.Value);
            }
        }

        if (wanted.FirstOrDefault(id => operations.TrueForAll(operation => operation.Id != id)) is { } missing)
        {
            return AgentNodeErrors.BadDocument($"it has no operation \"{missing}\"");
        }

        return operations.Count switch
        {
            0 => AgentNodeErrors.BadDocument("it has no operations"),
            > MostOperations => AgentNodeErrors.BadDocument($"it has more than {MostOperations} operations: name those that are needed"),
            _ => new OpenApiDocument(ServerOf(document), operations),
        };
    }

    private static Result<ApiOperation> Read(OpenApiReferences references, JsonProperty path, string method, JsonElement operation, string id)
    {
        var places = new Dictionary<string, ArgumentPlace>(StringComparer.Ordinal);
        var properties = new JsonObject();
        var required = new JsonArray();
        // An operation's parameter stands in the place of the path's of the same name.
        foreach (var given in Items(operation, "parameters").Concat(Items(path.Value, "parameters")))
        {
            var parameter = references.Follow(given);
            if (Text(parameter, "name") is not { Length: > 0 } name || name == Body || properties.ContainsKey(name))
            {
                continue;
            }

            ArgumentPlace? place = Text(parameter, "in") switch { "path" => ArgumentPlace.Path, "query" => ArgumentPlace.Query, "header" => ArgumentPlace.Header, _ => null };
            var isRequired = place == ArgumentPlace.Path || (parameter.TryGetProperty("required", out var must) && must.ValueKind == JsonValueKind.True);
            if (place is null || (place == ArgumentPlace.Header && HttpRequest.RequestHeaders.Problem(name) is not null))
            {
                // A cookie, or a key: that is the connection's.
                continue;
            }

            var schema = parameter.TryGetProperty("schema", out var described) ? references.Inline(described) : new JsonObject { ["type"] = "string" };
            if (schema is JsonObject named && Text(parameter, "description") is { } words)
            {
                named["description"] = words;
            }

            places[name] = place.Value;
            properties[name] = schema;
            if (isRequired)
            {
                required.Add(name);
            }
        }

        var hasBody = false;
        if (operation.TryGetProperty("requestBody", out var body))
        {
            body = references.Follow(body);
            if (body.TryGetProperty("content", out var content) && content.TryGetProperty("application/json", out var json))
            {
                hasBody = true;
                properties[Body] = json.TryGetProperty("schema", out var schema) ? references.Inline(schema) : new JsonObject { ["type"] = "object" };
                if (body.TryGetProperty("required", out var must) && must.ValueKind == JsonValueKind.True)
                {
                    required.Add(Body);
                }
            }
        }

        if (references.IsExhausted)
        {
            return AgentNodeErrors.BadDocument("its schemas are too large");
        }

        return new ApiOperation(
            id, new HttpMethod(method.ToUpperInvariant()), path.Name, Text(operation, "summary") ?? Text(operation, "description") ?? $"{method.ToUpperInvariant()} {path.Name}",
            places, hasBody,
            JsonSerializer.SerializeToElement(new JsonObject { ["type"] = "object", ["properties"] = properties, ["required"] = required, ["additionalProperties"] = false }));
    }

    private static Uri? ServerOf(JsonElement document) =>
        Items(document, "servers").Select(server => Text(server, "url")).FirstOrDefault() is { } url
        && Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0 ? address : null;

    private static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static IEnumerable<JsonElement> Items(JsonElement json, string name) =>
        json.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];
}

/// <summary>Follows the references of a document, as deep and as far as a tool needs.</summary>
internal sealed class OpenApiReferences(JsonElement document)
{
    private const int MostDepth = 24;
    private const int MostValues = 20_000;

    private int _left = MostValues;

    /// <summary>True once the document had more in it than is read.</summary>
    public bool IsExhausted => _left < 0;

    /// <summary>What a reference leads to, or the value itself; undefined members where it leads nowhere.</summary>
    public JsonElement Follow(JsonElement value)
    {
        for (var hops = 0; hops < MostDepth && value.ValueKind == JsonValueKind.Object && value.TryGetProperty("$ref", out var to) && to.ValueKind == JsonValueKind.String; hops++)
        {
            value = Find(to.GetString()!);
        }

        return value.ValueKind == JsonValueKind.Object ? value : JsonElement.Parse("{}");
    }

    /// <summary>A schema without references; what is deeper than a model could fill in is anything.</summary>
    public JsonNode Inline(JsonElement value, int depth = 0)
    {
        if (--_left < 0 || depth > MostDepth)
        {
            return new JsonObject();
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.TryGetProperty("$ref", out var to) && to.ValueKind == JsonValueKind.String:
                return Inline(Find(to.GetString()!), depth + 1);
            case JsonValueKind.Object:
                var copy = new JsonObject();
                foreach (var member in value.EnumerateObject().Where(member => member.Name is not ("example" or "examples" or "xml" or "externalDocs" or "discriminator")))
                {
                    copy[member.Name] = Inline(member.Value, depth + 1);
                }

                return copy;
            case JsonValueKind.Array:
                return new JsonArray([.. value.EnumerateArray().Select(item => Inline(item, depth + 1))]);
            default:
                return value.ValueKind == JsonValueKind.Undefined ? new JsonObject() : JsonNode.Parse(value.GetRawText())!;
        }
    }

    private JsonElement Find(string reference)
    {
        var at = document;
        foreach (var step in reference.StartsWith("#/", StringComparison.Ordinal) ? reference[2..].Split('/') : ["?"])
        {
            var name = step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return default;
            }
        }

        return at;
    }
}
