using System.Text.Json;
using System.Text.Json.Nodes;

namespace MistralStudio.Tests.Shared.Qdrant;

/// <summary>A point of the double: numbers under names, sparse ones as places with values.</summary>
internal sealed class DoublePoint(JsonNode id)
{
    public JsonNode Id { get; } = id;

    public string IdKey { get; } = IdText(id);

    public Dictionary<string, float[]> Dense { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, Dictionary<uint, float>> Sparse { get; } = new(StringComparer.Ordinal);

    public JsonObject Payload { get; set; } = [];

    /// <summary>Grows with each write of a point.</summary>
    public int Written { get; set; }

    /// <summary>Names of the vectors that it has.</summary>
    public Dictionary<string, bool> Vectors => Dense.Keys.Concat(Sparse.Keys).ToDictionary(name => name, _ => true);

    public static string IdText(JsonNode id) => id.GetValueKind() == JsonValueKind.Number ? id.ToJsonString() : Guid.Parse((string)id!).ToString();

    /// <summary>Numbers before names, each in their order: the order of scrolling.</summary>
    public (ulong Number, string Text) Order => Id.GetValueKind() == JsonValueKind.Number ? (ulong.Parse(IdKey, System.Globalization.CultureInfo.InvariantCulture), "") : (ulong.MaxValue, IdKey);

    public DoublePoint Copy()
    {
        var copy = new DoublePoint(Id.DeepClone()) { Payload = (JsonObject)Payload.DeepClone(), Written = Written };
        foreach (var (name, vector) in Dense)
        {
            copy.Dense[name] = vector;
        }

        foreach (var (name, vector) in Sparse)
        {
            copy.Sparse[name] = vector;
        }

        return copy;
    }

    /// <summary>The vectors that a request asks for: all, or some by their names.</summary>
    public JsonNode? Show(JsonNode? with)
    {
        var names = with switch
        {
            JsonArray some => some.Select(name => (string)name!).ToHashSet(),
            JsonValue value when value.GetValueKind() == JsonValueKind.True => null,
            _ => [],
        };
        if (names is { Count: 0 })
        {
            return null;
        }

        if (Dense.TryGetValue("", out var only))
        {
            return new JsonArray([.. only.Select(number => (JsonNode)number)]);
        }

        var shown = new JsonObject();
        foreach (var (name, vector) in Dense.Where(item => names is null || names.Contains(item.Key)))
        {
            shown[name] = new JsonArray([.. vector.Select(number => (JsonNode)number)]);
        }

        foreach (var (name, vector) in Sparse.Where(item => names is null || names.Contains(item.Key)))
        {
            var ordered = vector.OrderBy(item => item.Key).ToList();
            shown[name] = new JsonObject
            {
                ["indices"] = new JsonArray([.. ordered.Select(item => (JsonNode)item.Key)]),
                ["values"] = new JsonArray([.. ordered.Select(item => (JsonNode)item.Value)]),
            };
        }

        return shown;
    }

    /// <summary>The payload that a request asks for: all, some fields, or all but some; null: none.</summary>
    public JsonObject? ShowPayload(JsonNode? with)
    {
        HashSet<string>? include = null, exclude = null;
        switch (with)
        {
            case JsonArray some:
                include = Names(some);
                break;
            case JsonObject { } parts:
                include = parts["include"] is JsonArray wanted ? Names(wanted) : null;
                exclude = parts["exclude"] is JsonArray unwanted ? Names(unwanted) : null;
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.True:
                break;
            default:
                return null;
        }

        return new(Payload.Where(field => (include?.Contains(field.Key) ?? true) && !(exclude?.Contains(field.Key) ?? false))
            .Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())));

        static HashSet<string> Names(JsonArray names) => [.. names.Select(name => (string)name!)];
    }
}

/// <summary>An answer of the double that is a failure.</summary>
internal sealed class DoubleFailure(int status, string message) : Exception(message)
{
    public int Status { get; } = status;

    /// <summary>Seconds after which to try again.</summary>
    public int? RetryAfter { get; init; }

    public static DoubleFailure NoCollection(string name) => new(404, $"Not found: Collection `{name}` doesn't exist!");

    public static DoubleFailure Wrong(string what) => new(400, $"Wrong input: {what}");

    public static DoubleFailure Format(string what) => new(400, $"Format error in JSON body: {what}");
}
