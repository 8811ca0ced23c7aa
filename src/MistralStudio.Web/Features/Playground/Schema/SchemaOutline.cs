using System.Text.Json;

namespace MistralStudio.Web.Features.Playground.Schema;

/// <summary>A line of a schema as people read it.</summary>
/// <param name="Depth">How deep it stands, from 0.</param>
/// <param name="Name">The property's name; empty for what has none.</param>
/// <param name="Type">Its type in a word, <c>int[]</c>, <c>"a" | "b"</c>; <c>{</c> and <c>}</c> around properties.</param>
/// <param name="Note">Bounds and meaning; empty for none.</param>
public sealed record OutlineLine(int Depth, string Name, string Type, string Note);

/// <summary>
/// A JSON Schema in the short form that people write down: <c>confidence: number 0..1</c>. It shows what most schemas say and names the rest;
/// the schema itself is what counts.
/// </summary>
public static class SchemaOutline
{
    private const int MostDepth = 8;
    private const int MostLines = 200;
    private const int MostNote = 60;

    /// <summary>The lines of a schema.</summary>
    public static IReadOnlyList<OutlineLine> Of(JsonElement schema)
    {
        var lines = new List<OutlineLine>();
        Write(lines, schema, schema, "", isOptional: false, depth: 0);
        if (lines.Count > MostLines)
        {
            lines.RemoveRange(MostLines, lines.Count - MostLines);
            lines.Add(new OutlineLine(0, "", "…", ""));
        }

        return lines;
    }

    private static void Write(List<OutlineLine> lines, JsonElement root, JsonElement schema, string name, bool isOptional, int depth)
    {
        if (lines.Count > MostLines)
        {
            return;
        }

        schema = Follow(root, schema);
        var (inner, suffix) = (schema, isOptional ? "?" : "");
        while (inner.ValueKind == JsonValueKind.Object && IsType(inner, "array") && inner.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Object && suffix.Length < 8)
        {
            (inner, suffix) = (Follow(root, items), $"[]{suffix}");
        }

        if (depth < MostDepth && inner.ValueKind == JsonValueKind.Object && inner.TryGetProperty("properties", out var properties)
            && properties.ValueKind == JsonValueKind.Object && properties.EnumerateObject().Any())
        {
            var required = inner.TryGetProperty("required", out var list) && list.ValueKind == JsonValueKind.Array
                ? list.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.String).Select(one => one.GetString()).ToHashSet(StringComparer.Ordinal)
                : [];
            lines.Add(new OutlineLine(depth, name, "{", Note(schema)));
            foreach (var property in properties.EnumerateObject())
            {
                Write(lines, root, property.Value, property.Name, !required.Contains(property.Name), depth + 1);
            }

            lines.Add(new OutlineLine(depth, "", $"}}{suffix}", ""));
            return;
        }

        lines.Add(new OutlineLine(depth, name, $"{Word(root, inner)}{suffix}", Note(schema)));
    }

    private static string Word(JsonElement root, JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return schema.ValueKind == JsonValueKind.False ? "never" : "any";
        }

        if (schema.TryGetProperty("const", out var constant))
        {
            return Cut(constant.GetRawText());
        }

        if (schema.TryGetProperty("enum", out var values) && values.ValueKind == JsonValueKind.Array)
        {
            return Cut(string.Join(" | ", values.EnumerateArray().Select(value => value.GetRawText())));
        }

        foreach (var keyword in new[] { "anyOf", "oneOf" })
        {
            if (schema.TryGetProperty(keyword, out var ways) && ways.ValueKind == JsonValueKind.Array)
            {
                return Cut(string.Join(" | ", ways.EnumerateArray().Select(way => Word(root, Follow(root, way))).Distinct(StringComparer.Ordinal)));
            }
        }

        if (!schema.TryGetProperty("type", out var type))
        {
            return schema.TryGetProperty("properties", out _) ? "object" : "any";
        }

        return type.ValueKind == JsonValueKind.Array
            ? string.Join(" | ", type.EnumerateArray().Select(Short))
            : Short(type) is "string" && schema.TryGetProperty("format", out var format) && format.ValueKind == JsonValueKind.String ? format.GetString()! : Short(type);
    }

    private static string Short(JsonElement type) => type.ValueKind != JsonValueKind.String ? "any" : type.GetString() switch
    {
        "integer" => "int",
        "boolean" => "bool",
        var other => other!,
    };

    private static string Note(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return "";
        }

        var parts = new List<string>();
        foreach (var (least, most) in new[] { ("minimum", "maximum"), ("exclusiveMinimum", "exclusiveMaximum"), ("minItems", "maxItems"), ("minLength", "maxLength") })
        {
            var (from, to) = (Number(schema, least), Number(schema, most));
            if (from is not null || to is not null)
            {
                parts.Add(from == to ? $"{from}" : $"{from}..{to}");
            }
        }

        if (schema.TryGetProperty("pattern", out var pattern) && pattern.ValueKind == JsonValueKind.String)
        {
            parts.Add($"/{pattern.GetString()}/");
        }

        if (schema.TryGetProperty("description", out var said) && said.ValueKind == JsonValueKind.String)
        {
            parts.Add(said.GetString()!.ReplaceLineEndings(" "));
        }

        return Cut(string.Join("  ", parts));
    }

    private static string? Number(JsonElement schema, string keyword) =>
        schema.TryGetProperty(keyword, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetRawText() : null;

    private static bool IsType(JsonElement schema, string name) => schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == name;

    // #/$defs/name alone: what most writers of schemas use. Anything else is shown by its name.
    private static JsonElement Follow(JsonElement root, JsonElement schema)
    {
        for (var steps = 0; steps < 16 && schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference) && reference.ValueKind == JsonValueKind.String; steps++)
        {
            var target = root;
            foreach (var part in reference.GetString()!.Split('/').Skip(1))
            {
                if (target.ValueKind != JsonValueKind.Object || !target.TryGetProperty(part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal), out target))
                {
                    return schema;
                }
            }

            if (!reference.GetString()!.StartsWith('#'))
            {
                return schema;
            }

            schema = target;
        }

        return schema;
    }

    private static string Cut(string text) => text.Length <= MostNote ? text : $"{text[..(MostNote - 1)]}…";
}
