using System.Globalization;
using System.Text.Json;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>Reads by JSON pointer.</summary>
public static class Pointers
{
    /// <summary>The value at a pointer; null where there is none.</summary>
    public static JsonElement? Find(JsonElement? root, string pointer)
    {
        ArgumentNullException.ThrowIfNull(pointer);
        if (root is not { } at)
        {
            return null;
        }

        foreach (var part in pointer.Split('/').Skip(1))
        {
            var name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind == JsonValueKind.Object && at.TryGetProperty(name, out var member))
            {
                at = member;
            }
            else if (at.ValueKind == JsonValueKind.Array && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < at.GetArrayLength())
            {
                at = at[index];
            }
            else
            {
                return null;
            }
        }

        return at;
    }
}
