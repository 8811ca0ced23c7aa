using System.Text.Json;
using MistralStudio.Core.Flows;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>Settings that a node begins with.</summary>
public static class NewNodes
{
    private static readonly JsonElement s_empty = JsonElement.Parse("{}");

    /// <summary>Nothing where nothing is needed, so that the type's own defaults hold; otherwise those of its example.</summary>
    public static JsonElement ConfigOf(NodeType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        var schema = JsonElement.Parse(type.Schema);
        var needed = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(name => name.GetString()!).ToHashSet(StringComparer.Ordinal) : [];
        if (needed.Count == 0)
        {
            return s_empty;
        }

        var example = JsonElement.Parse(type.Example);
        return JsonSerializer.SerializeToElement(
            example.EnumerateObject().Where(member => needed.Contains(member.Name)).ToDictionary(member => member.Name, member => member.Value), FlowJson.Relaxed);
    }
}
