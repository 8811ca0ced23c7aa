using System.Text.Json;

namespace MistralStudio.Core.Schemas;

/// <summary>Types of JSON values in words.</summary>
internal static class JsonTypeNames
{
    /// <summary>The type of a value; a number without a fraction is an integer.</summary>
    public static JsonTypes TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => JsonTypes.Null,
        JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
        JsonValueKind.Number => JsonNumber.Of(value).IsInteger ? JsonTypes.Integer : JsonTypes.Number,
        JsonValueKind.String => JsonTypes.String,
        JsonValueKind.Array => JsonTypes.Array,
        JsonValueKind.Object => JsonTypes.Object,
        _ => JsonTypes.None,
    };

    /// <summary>Several, with "or" between them.</summary>
    public static string Names(JsonTypes types) =>
        string.Join(" or ", Enum.GetValues<JsonTypes>().Where(type => type is not (JsonTypes.None or JsonTypes.All) && (types & type) != 0
            && !(type == JsonTypes.Integer && (types & JsonTypes.Number) != 0)).Select(Name));

    /// <summary>One, with its article.</summary>
    public static string Name(JsonTypes type) => type switch
    {
        JsonTypes.Null => "null",
        JsonTypes.Boolean => "a boolean",
        JsonTypes.Integer => "an integer",
        JsonTypes.Number => "a number",
        JsonTypes.String => "a string",
        JsonTypes.Array => "an array",
        _ => "an object",
    };
}
