using System.Text.Json;

namespace MistralStudio.Core.Schemas;

/// <summary>When two JSON values are the same to JSON Schema: numbers by value, objects without order.</summary>
internal sealed class JsonValues : IEqualityComparer<JsonElement>
{
    public static JsonValues Comparer { get; } = new();

    public bool Equals(JsonElement x, JsonElement y)
    {
        if (x.ValueKind != y.ValueKind)
        {
            return false;
        }

        switch (x.ValueKind)
        {
            case JsonValueKind.Number:
                return JsonNumber.Of(x).Equals(JsonNumber.Of(y));
            case JsonValueKind.String:
                return x.ValueEquals(y.GetString());
            case JsonValueKind.Array:
                return x.GetArrayLength() == y.GetArrayLength()
                    && x.EnumerateArray().Zip(y.EnumerateArray()).All(pair => Equals(pair.First, pair.Second));
            case JsonValueKind.Object:
                var others = Members(y);
                var own = Members(x);
                return own.Count == others.Count && own.All(member => others.TryGetValue(member.Key, out var other) && Equals(member.Value, other));
            default:
                return true;
        }
    }

    public int GetHashCode(JsonElement obj) => obj.ValueKind switch
    {
        JsonValueKind.Number => JsonNumber.Of(obj).GetHashCode(),
        JsonValueKind.String => obj.GetString()!.GetHashCode(StringComparison.Ordinal),
        JsonValueKind.Array => obj.EnumerateArray().Aggregate(7, (hash, item) => HashCode.Combine(hash, GetHashCode(item))),
        JsonValueKind.Object => Members(obj).Aggregate(11, (hash, member) => hash ^ HashCode.Combine(member.Key, GetHashCode(member.Value))),
        _ => (int)obj.ValueKind,
    };

    /// <summary>False where a string or a name holds an escape that is no character (half of a surrogate pair).</summary>
    public static bool IsText(JsonElement value)
    {
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString() is not null,
                JsonValueKind.Array => value.EnumerateArray().All(IsText),
                JsonValueKind.Object => value.EnumerateObject().All(member => member.Name is not null && IsText(member.Value)),
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            // What System.Text.Json says of it.
            return false;
        }
    }

    /// <summary>The members of an object by name; of members with one name the last.</summary>
    public static Dictionary<string, JsonElement> Members(JsonElement value)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            members[member.Name] = member.Value;
        }

        return members;
    }
}
