using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Components.Forms;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Web.Features.Flows;

/// <summary>How a value is typed in.</summary>
public enum FieldKind
{
    Text,
    Number,
    Boolean,
    Json,
    File,
}

/// <summary>A value that a person types in: an input of a flow, a field of a form, a value of a fork.</summary>
public sealed class ValueField
{
    /// <summary>Bytes of JSON that somebody is asked to type, or to change in place.</summary>
    public const int MostTyped = 64 * 1024;

    private static readonly JsonSerializerOptions s_indented = new(FlowJson.Relaxed) { WriteIndented = true };

    /// <summary>Its name for the flow.</summary>
    public required string Name { get; init; }

    /// <summary>Its name for people.</summary>
    public required string Title { get; init; }

    /// <summary>What it is for; empty where nobody said.</summary>
    public string Description { get; init; } = "";

    public FieldKind Kind { get; init; }

    /// <summary>Its type as the flow has it (<c>list&lt;text&gt;</c>); empty where that is no news.</summary>
    public string TypeName { get; init; } = "";

    /// <summary>True where it cannot be left out.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Texts of which it is one; none: any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>What was typed; <c>true</c> or <c>false</c> for a boolean, empty where nothing was.</summary>
    public string Text { get; set; } = "";

    /// <summary>A value that is too large to be typed, and is taken as it is in the place of <see cref="Text"/>; null where there is none.</summary>
    public JsonElement? Held { get; set; }

    /// <summary>The file that was chosen; null where none was.</summary>
    public IBrowserFile? File { get; set; }

    /// <summary>Why the text is no value; null where it is, or was not read yet.</summary>
    public Error? Error { get; private set; }

    /// <summary>The fields of what a run is started with.</summary>
    /// <param name="takesFiles">True where a file can be chosen; otherwise one is named by its JSON, as a past run had it.</param>
    public static IReadOnlyList<ValueField> Of(IEnumerable<FlowInput> inputs, bool takesFiles = false)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return
        [
            .. inputs.Select(input => new ValueField
            {
                Name = input.Name,
                Title = input.Title ?? input.Name,
                Description = input.Description ?? "",
                Kind = takesFiles && input.Type.Kind == PortKind.File ? FieldKind.File : KindOf(input.Type),
                TypeName = input.Type.ToString(),
                IsRequired = input.Required && input.Default is null,
                Text = input.Default is { } usual && input.Type.Kind != PortKind.File ? Show(usual, KindOf(input.Type)) : "",
            }),
        ];
    }

    /// <summary>The fields of a form's schema: an object of texts, numbers and booleans, each perhaps one of some choices.</summary>
    public static IReadOnlyList<ValueField> Of(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("properties", out var properties))
        {
            return [];
        }

        var required = schema.TryGetProperty("required", out var named) ? named.EnumerateArray().Select(name => name.GetString()).ToHashSet() : [];
        return [.. properties.EnumerateObject().Select(property => Of(property, required.Contains(property.Name)))];
    }

    /// <summary>A field that holds a value as it is.</summary>
    public static ValueField Of(string name, JsonElement value)
    {
        var kind = value.ValueKind switch
        {
            JsonValueKind.String => FieldKind.Text,
            JsonValueKind.Number => FieldKind.Number,
            JsonValueKind.True or JsonValueKind.False => FieldKind.Boolean,
            _ => FieldKind.Json,
        };
        return new ValueField { Name = name, Title = name, Kind = kind, IsRequired = true, Text = Show(value, kind) };
    }

    /// <summary>Reads all that was typed; null where a field says what is wrong with it.</summary>
    public static Dictionary<string, JsonElement>? ReadAll(IReadOnlyList<ValueField> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var field in fields)
        {
            if (field.Read() is { } value)
            {
                values[field.Name] = value;
            }
        }

        return fields.Any(field => field.Error is not null) ? null : values;
    }

    /// <summary>Indented JSON.</summary>
    public static string Indent(JsonElement json) => JsonSerializer.Serialize(json, s_indented);

    /// <summary>The value; null where nothing was typed, and where <see cref="Error"/> says what is wrong.</summary>
    public JsonElement? Read()
    {
        Error = null;
        if (Kind == FieldKind.File)
        {
            // It is stored with the run that it is for, which gives it its value.
            Error = IsRequired && File is null ? ValueFieldErrors.NoFile(Title) : null;
            return null;
        }

        if (Held is { } held)
        {
            return held;
        }

        if (Kind == FieldKind.Text ? Text.Length == 0 : string.IsNullOrWhiteSpace(Text))
        {
            Error = IsRequired ? ValueFieldErrors.Missing(Title) : null;
            return null;
        }

        switch (Kind)
        {
            case FieldKind.Text:
                return JsonSerializer.SerializeToElement(Text, FlowJson.Relaxed);
            case FieldKind.Number when double.TryParse(Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number):
                return JsonSerializer.SerializeToElement(number, FlowJson.Relaxed);
            case FieldKind.Number:
                Error = ValueFieldErrors.NoNumber(Title);
                return null;
            case FieldKind.Boolean:
                return JsonElement.Parse(Text == "true" ? "true" : "false");
        }

        try
        {
            return JsonElement.Parse(Text);
        }
        catch (JsonException wrong)
        {
            Error = ValueFieldErrors.NoJson(Title, (wrong.LineNumber ?? 0) + 1);
            return null;
        }
    }

    private static ValueField Of(JsonProperty property, bool isRequired)
    {
        var schema = property.Value;
        var type = schema.TryGetProperty("type", out var named) ? named.ValueKind == JsonValueKind.Array ? named[0].GetString() : named.GetString() : null;
        return new ValueField
        {
            Name = property.Name,
            Title = schema.TryGetProperty("title", out var title) ? title.GetString()! : property.Name,
            Kind = type switch { "string" => FieldKind.Text, "number" or "integer" => FieldKind.Number, "boolean" => FieldKind.Boolean, _ => FieldKind.Json },
            IsRequired = isRequired,
            Choices = schema.TryGetProperty("enum", out var choices) ? [.. choices.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.String).Select(one => one.GetString()!)] : [],
        };
    }

    private static FieldKind KindOf(PortType type) => type.Kind switch
    {
        PortKind.Text => FieldKind.Text,
        PortKind.Number => FieldKind.Number,
        PortKind.Boolean => FieldKind.Boolean,
        _ => FieldKind.Json,
    };

    /// <summary>A value as it is typed.</summary>
    public static string Show(JsonElement value, FieldKind kind) => kind == FieldKind.Json
        ? Indent(value)
        : value.ValueKind == JsonValueKind.String ? value.GetString()! : value.ValueKind == JsonValueKind.Null ? "" : value.GetRawText();
}

/// <summary>Expected failures of typing values in.</summary>
public static class ValueFieldErrors
{
    public static Error Missing(string title) => new("flow.value_missing", $"\"{title}\" is needed.", "Fill it in.");

    public static Error NoFile(string title) => new("flow.value_no_file", $"\"{title}\" is a file, and none is chosen.", "Choose one from this computer.");

    public static Error NoNumber(string title) => new("flow.value_no_number", $"\"{title}\" is no number.", "Write it with digits and a point, like 12.5.");

    public static Error NoJson(string title, long line) => new("flow.value_no_json", $"\"{title}\" is no JSON, in line {line}.", "Write a list as [1, 2], an object as {\"a\": 1}, a text in double quotes.");
}
