using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MistralStudio.Core;

namespace MistralStudio.Flows.Imports;

/// <summary>JSON of somebody else: read under limits, and asked for members that may not be there or not be what they should.</summary>
internal static class ForeignJson
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = FlowImport.MostDepth, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static Result<JsonNode> Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text.TrimStart('\uFEFF', ' ', '\r', '\n', '\t'), s_options);
            var left = FlowImport.MostValues;
            return Count(document.RootElement, ref left) ? Copy(document.RootElement)! : ImportErrors.TooManyValues();
        }
        catch (JsonException wrong)
        {
            return wrong.Message.Contains("maximum configured depth", StringComparison.OrdinalIgnoreCase) ? ImportErrors.TooDeep() : ImportErrors.Unreadable($"line {wrong.LineNumber + 1} is no JSON");
        }
    }

    /// <summary>JSON inside a text of an export; null where it is none.</summary>
    public static JsonNode? Inside(string? text)
    {
        if (text is not { Length: > 1 and < 200_000 })
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(text, documentOptions: s_options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            node = node is JsonObject members && members.TryGetPropertyValue(name, out var member) ? member : null;
        }

        return node;
    }

    public static JsonObject? Object(this JsonNode? node, params ReadOnlySpan<string> names) => node.At(names) as JsonObject;

    /// <summary>The items of a list that are objects.</summary>
    public static IEnumerable<JsonObject> Objects(this JsonNode? node, params ReadOnlySpan<string> names) => (node.At(names) as JsonArray)?.OfType<JsonObject>() ?? [];

    /// <summary>The items of a list that are texts or numbers.</summary>
    public static IReadOnlyList<string> Strings(this JsonNode? node, params ReadOnlySpan<string> names) =>
        (node.At(names) as JsonArray)?.Select(item => item.AsText()).OfType<string>().ToList() ?? [];

    /// <summary>A text; a number or a truth as one; null for anything else.</summary>
    public static string? Text(this JsonNode? node, params ReadOnlySpan<string> names) => node.At(names).AsText();

    public static double? Number(this JsonNode? node, params ReadOnlySpan<string> names) =>
        double.TryParse(node.Text(names), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    public static bool Flag(this JsonNode? node, params ReadOnlySpan<string> names) => string.Equals(node.Text(names), "true", StringComparison.OrdinalIgnoreCase);

    private static string? AsText(this JsonNode? node) => (node as JsonValue)?.GetValueKind() switch
    {
        JsonValueKind.String => node!.GetValue<string>(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => node!.ToJsonString(),
        _ => null,
    };

    private static bool Count(JsonElement value, ref int left)
    {
        if (--left < 0)
        {
            return false;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    if (!Count(member.Value, ref left))
                    {
                        return false;
                    }
                }

                return true;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    if (!Count(item, ref left))
                    {
                        return false;
                    }
                }

                return true;
            default:
                return true;
        }
    }

    // Of members with one name the last counts, where JsonNode would throw later.
    private static JsonNode? Copy(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var members = new JsonObject();
                foreach (var member in value.EnumerateObject())
                {
                    members[member.Name] = Copy(member.Value);
                }

                return members;
            case JsonValueKind.Array:
                return new JsonArray([.. value.EnumerateArray().Select(Copy)]);
            case JsonValueKind.Null:
                return null;
            default:
                return JsonValue.Create(value.Clone());
        }
    }
}
