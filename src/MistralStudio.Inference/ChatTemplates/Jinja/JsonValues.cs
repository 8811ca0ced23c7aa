using System.Text.Json;

namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>JSON of other people (tools, arguments, settings) as values of a template: every text in it is foreign, names too.</summary>
internal static class JsonValues
{
    public static object? Of(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => TemplateText.Foreign(json.GetString()!),
        JsonValueKind.Number => json.TryGetInt64(out var whole) ? Values.Of(whole) : json.GetDouble(),
        JsonValueKind.True => Values.True,
        JsonValueKind.False => Values.False,
        JsonValueKind.Array => new JinjaList([.. json.EnumerateArray().Select(Of)]),
        JsonValueKind.Object => Map(json),
        _ => null,
    };

    private static JinjaMap Map(JsonElement json)
    {
        var map = new JinjaMap();
        foreach (var property in json.EnumerateObject())
        {
            map.Set(TemplateText.Foreign(property.Name), Of(property.Value));
        }

        return map;
    }
}
