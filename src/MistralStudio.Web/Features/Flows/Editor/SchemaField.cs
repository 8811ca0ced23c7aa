using System.Globalization;
using System.Text.Json;
using MistralStudio.Core.Flows;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>What a setting is typed with.</summary>
public enum SettingKind
{
    Line,
    Text,
    Template,
    Condition,
    Code,
    Number,
    Duration,
    Switch,
    Choice,
    Model,
    Bases,
    Lines,
    Ticks,
    Pairs,
    Group,
    Groups,
    Json,
}

/// <summary>One setting of a node, as its schema has it.</summary>
/// <param name="Pointer">JSON pointer into the configuration.</param>
public sealed record SchemaField(string Pointer, string Name, JsonElement Schema, bool IsRequired, SettingKind Kind)
{
    /// <summary>What a text that is a length of time has to look like: days or none, then hours, minutes and seconds.</summary>
    public const string DurationPattern = @"^([0-9]{1,4}\.)?[0-9]{2}:[0-5][0-9]:[0-5][0-9]$";

    /// <summary>Its name for people.</summary>
    public string Title => Text("title") ?? Name;

    /// <summary>What it is for; null where nobody said.</summary>
    public string? Description => Text("description");

    /// <summary>Its value where nothing is said, for people; empty where it has none.</summary>
    public string Default => Schema.TryGetProperty("default", out var usual)
        ? usual.ValueKind switch { JsonValueKind.String => usual.GetString()!, JsonValueKind.Array or JsonValueKind.Object => "", _ => usual.GetRawText() }
        : "";

    /// <summary>What it is one of, or some of.</summary>
    public IReadOnlyList<string> Choices => Kind == SettingKind.Ticks ? Enum(Schema.GetProperty("items")) : Enum(Schema);

    /// <summary>Settings of a node type.</summary>
    public static IReadOnlyList<SchemaField> Of(NodeType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Of(JsonElement.Parse(type.Schema), "", type);
    }

    /// <summary>The fields of one of the groups of a setting.</summary>
    public IReadOnlyList<SchemaField> Inside(string pointer, NodeType type) => Of(Kind == SettingKind.Groups ? Schema.GetProperty("items") : Schema, pointer, type);

    /// <summary>A value as it is typed.</summary>
    public string Show(JsonElement? value) => value is not { } given ? "" : Kind switch
    {
        SettingKind.Json => ValueField.Indent(given),
        SettingKind.Lines or SettingKind.Bases => given.ValueKind == JsonValueKind.Array ? string.Join('\n', given.EnumerateArray().Select(Scalar)) : Scalar(given),
        _ => Scalar(given),
    };

    /// <summary>What was typed as a value; null takes the setting away. False where it is none.</summary>
    public bool TryRead(string text, out JsonElement? value)
    {
        ArgumentNullException.ThrowIfNull(text);
        value = null;
        switch (Kind)
        {
            case SettingKind.Number:
                if (text.Trim().Length == 0)
                {
                    return true;
                }

                if (!decimal.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                {
                    return false;
                }

                value = JsonSerializer.SerializeToElement(number);
                return true;
            case SettingKind.Json:
                if (string.IsNullOrWhiteSpace(text))
                {
                    return true;
                }

                try
                {
                    value = JsonElement.Parse(text);
                    return true;
                }
                catch (JsonException)
                {
                    return false;
                }

            // A template says how long only when it runs.
            case SettingKind.Duration when text.Length > 0 && Durations.Read(text) is null && !text.Contains('{', StringComparison.Ordinal):
                return false;
            case SettingKind.Lines or SettingKind.Bases:
                var lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                value = lines.Length == 0 && !IsRequired ? null : JsonSerializer.SerializeToElement(lines.Select(Item), FlowJson.Relaxed);
                return true;
            default:
                value = text.Length == 0 && !IsRequired ? null : JsonSerializer.SerializeToElement(text, FlowJson.Relaxed);
                return true;
        }
    }

    /// <summary>A group with nothing said but what is needed.</summary>
    public JsonElement Empty(NodeType type) => JsonSerializer.SerializeToElement(
        Inside("", type).Where(field => field.IsRequired).ToDictionary(field => field.Name, field => field.Kind switch
        {
            SettingKind.Lines or SettingKind.Bases or SettingKind.Groups or SettingKind.Ticks => JsonElement.Parse("[]"),
            SettingKind.Group or SettingKind.Pairs or SettingKind.Json => JsonElement.Parse("{}"),
            SettingKind.Switch => JsonElement.Parse("false"),
            SettingKind.Number => JsonElement.Parse("0"),
            SettingKind.Choice => JsonSerializer.SerializeToElement(field.Choices[0]),
            _ => JsonElement.Parse("\"\""),
        }), FlowJson.Relaxed);

    private static IReadOnlyList<SchemaField> Of(JsonElement schema, string pointer, NodeType type)
    {
        if (schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("properties", out var properties))
        {
            return [];
        }

        var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(name => name.GetString()).ToHashSet() : [];
        return
        [
            .. properties.EnumerateObject().Select(property =>
            {
                var own = $"{pointer}/{property.Name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
                return new SchemaField(own, property.Name, property.Value, required.Contains(property.Name), KindOf(property.Name, property.Value, own, type));
            }),
        ];
    }

    private static SettingKind KindOf(string name, JsonElement schema, string pointer, NodeType type)
    {
        if (schema.TryGetProperty("enum", out _))
        {
            return SettingKind.Choice;
        }

        switch (TypeOf(schema))
        {
            case "boolean":
                return SettingKind.Switch;
            case "number" or "integer":
                return SettingKind.Number;
            case "string":
                if (type.Fields.FirstOrDefault(field => Matches(field.Pointer, pointer)) is { } field)
                {
                    return field.IsDuration ? SettingKind.Duration : field.Syntax == FieldSyntax.Condition ? SettingKind.Condition : SettingKind.Template;
                }

                return schema.TryGetProperty("pattern", out var pattern) && pattern.ValueEquals(DurationPattern) ? SettingKind.Duration : name == "model" ? SettingKind.Model : name == "source" ? SettingKind.Code
                    : schema.TryGetProperty("maxLength", out var most) && most.GetInt64() > 1_000 ? SettingKind.Text : SettingKind.Line;
            case "array" when schema.TryGetProperty("items", out var items):
                if (items.TryGetProperty("enum", out _))
                {
                    return SettingKind.Ticks;
                }

                return TypeOf(items) == "object" && items.TryGetProperty("properties", out _) ? SettingKind.Groups
                    : items.TryGetProperty("oneOf", out _) || items.TryGetProperty("anyOf", out _) || TypeOf(items) == "object" ? SettingKind.Json
                    : name == "bases" ? SettingKind.Bases : SettingKind.Lines;
            case "object" when schema.TryGetProperty("properties", out _):
                return SettingKind.Group;
            case "object" when schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind == JsonValueKind.Object && TypeOf(more) == "string":
                return SettingKind.Pairs;
            default:
                return SettingKind.Json;
        }
    }

    // With * for every item and member.
    private static bool Matches(string pattern, string pointer)
    {
        var (wanted, given) = (pattern.Split('/'), pointer.Split('/'));
        return wanted.Length == given.Length && wanted.Zip(given).All(pair => pair.First == "*" || pair.First == pair.Second);
    }

    private static string? TypeOf(JsonElement schema) =>
        schema.TryGetProperty("type", out var type) ? type.ValueKind == JsonValueKind.String ? type.GetString() : type.EnumerateArray().First().GetString() : null;

    private static IReadOnlyList<string> Enum(JsonElement schema) =>
        schema.TryGetProperty("enum", out var choices) ? [.. choices.EnumerateArray().Select(choice => choice.ToString())] : [];

    private static string Scalar(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    // A list that takes texts alone is given texts alone.
    private JsonElement Item(string line)
    {
        var takesText = !Schema.TryGetProperty("items", out var items) || !items.TryGetProperty("type", out var type) || type.ValueKind == JsonValueKind.String;
        if (!takesText && (line is "true" or "false" or "null" || decimal.TryParse(line, NumberStyles.Float, CultureInfo.InvariantCulture, out _)))
        {
            return JsonElement.Parse(line);
        }

        return JsonSerializer.SerializeToElement(line, FlowJson.Relaxed);
    }

    private string? Text(string name) => Schema.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
