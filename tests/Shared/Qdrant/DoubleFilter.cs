using System.Globalization;
using System.Text.Json.Nodes;

namespace MistralStudio.Tests.Shared.Qdrant;

/// <summary>Qdrant's filters over payloads, as its documentation has them.</summary>
internal static class DoubleFilter
{
    public static bool Matches(JsonObject? filter, DoublePoint point)
    {
        if (filter is null)
        {
            return true;
        }

        var must = List(filter["must"]).All(condition => Holds(condition, point));
        var mustNot = List(filter["must_not"]).All(condition => !Holds(condition, point));
        var should = List(filter["should"]).ToList();
        var enough = filter["min_should"] is not JsonObject least
            || List(least["conditions"]).Count(condition => Holds(condition, point)) >= (int)least["min_count"]!;
        return must && mustNot && enough && (should.Count == 0 || should.Exists(condition => Holds(condition, point)));
    }

    /// <summary>The keys that a filter asks for.</summary>
    public static IEnumerable<string> Keys(JsonNode? node) => node switch
    {
        JsonObject item when item["key"] is JsonValue key => [(string)key!],
        JsonObject item => item.SelectMany(member => Keys(member.Value)),
        JsonArray items => items.SelectMany(Keys),
        _ => [],
    };

    private static IEnumerable<JsonObject> List(JsonNode? conditions) => conditions switch
    {
        JsonArray items => items.Select(item => (JsonObject)item!),
        JsonObject only => [only],
        _ => [],
    };

    private static bool Holds(JsonObject condition, DoublePoint point)
    {
        if (condition["has_id"] is JsonArray ids)
        {
            return ids.Any(id => DoublePoint.IdText(id!) == point.IdKey);
        }

        if (condition["has_vector"] is { } vector)
        {
            return point.Vectors.ContainsKey((string)vector!);
        }

        if (condition["is_empty"] is JsonObject empty)
        {
            return Values(point.Payload, (string)empty["key"]!).All(value => value is null);
        }

        if (condition["is_null"] is JsonObject nothing)
        {
            return point.Payload.TryGetPropertyValue((string)nothing["key"]!, out var value) && value is null;
        }

        if (condition["key"] is not JsonValue key)
        {
            return Matches(condition, point);
        }

        var values = Values(point.Payload, (string)key!).Where(value => value is not null).Select(value => value!).ToList();
        return condition["match"] is JsonObject match ? Fits(match, values)
            : condition["range"] is JsonObject range ? values.Exists(value => Within(range, value))
            : condition["values_count"] is JsonObject count && Within(count, JsonValue.Create(values.Count));
    }

    private static IEnumerable<JsonNode?> Values(JsonObject payload, string key) => payload[key] switch
    {
        JsonArray items => items,
        var value => new JsonNode?[] { value },
    };

    private static bool Fits(JsonObject match, List<JsonNode> values)
    {
        if (match["value"] is { } wanted)
        {
            return values.Exists(value => JsonNode.DeepEquals(value, wanted));
        }

        if (match["any"] is JsonArray any)
        {
            return values.Exists(value => any.Any(item => JsonNode.DeepEquals(value, item)));
        }

        if (match["except"] is JsonArray except)
        {
            return values.Exists(value => !except.Any(item => JsonNode.DeepEquals(value, item)));
        }

        var texts = values.Select(value => Words((string)value!)).ToList();
        return match["text"] is { } text ? texts.Exists(words => Words((string)text!).TrueForAll(words.Contains))
            : match["text_any"] is { } some ? texts.Exists(words => Words((string)some!).Exists(words.Contains))
            : match["phrase"] is { } phrase && texts.Exists(words => $" {string.Join(' ', words)} ".Contains($" {string.Join(' ', Words((string)phrase!))} ", StringComparison.Ordinal));
    }

    private static bool Within(JsonObject range, JsonNode value) => range.All(bound =>
    {
        if (bound.Value is null)
        {
            return true;
        }

        var (a, b) = (Number(value), Number(bound.Value));
        return bound.Key switch { "gt" => a > b, "gte" => a >= b, "lt" => a < b, "lte" => a <= b, _ => true };
    });

    /// <summary>A number, or a date's microseconds since 1970.</summary>
    public static double Number(JsonNode value) => value.GetValueKind() == System.Text.Json.JsonValueKind.Number
        ? double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture)
        : DateTimeOffset.TryParse((string)value!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? date.ToUnixTimeMilliseconds() * 1000.0
            : double.NaN;

    private static List<string> Words(string text) =>
        [.. text.ToLowerInvariant().Split([' ', '.', ',', '?', '!'], StringSplitOptions.RemoveEmptyEntries).Where(word => word.Length > 1)];
}
