using System.Text.Json;
using System.Text.Json.Serialization;

namespace MistralStudio.Core.Flows;

/// <summary>The closed set of what can travel along an edge.</summary>
public enum PortKind
{
    /// <summary>A string.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>Any JSON value.</summary>
    Json,

    /// <summary>Passages of knowledge, best first: <c>[{"text", "document", "page", ...}]</c>.</summary>
    Passages,

    /// <summary>Turns of a conversation, oldest first: <c>[{"role", "content"}]</c>.</summary>
    Messages,

    /// <summary>A stored file: <c>{"sha256", "name", "bytes", "mediaType"}</c>.</summary>
    File,

    /// <summary>Several of one type, in order.</summary>
    List,
}

/// <summary>How a value of one type may go to a port of another.</summary>
public enum PortFit
{
    /// <summary>Never.</summary>
    None,

    /// <summary>Always.</summary>
    Always,

    /// <summary>Where the value turns out to be of that type, or can be made one: JSON of unknown shape is looked at when it arrives (<see cref="PortType.Take"/>).</summary>
    Checked,
}

/// <summary>The type of a port: <c>text</c>, <c>passages</c>, <c>list&lt;number&gt;</c>.</summary>
[JsonConverter(typeof(PortTypeJsonConverter))]
public sealed record PortType
{
    private const int MostNesting = 8;

    private PortType(PortKind kind, PortType? element)
    {
        Kind = kind;
        Element = element;
    }

    public static PortType Text { get; } = new(PortKind.Text, null);

    public static PortType Number { get; } = new(PortKind.Number, null);

    public static PortType Boolean { get; } = new(PortKind.Boolean, null);

    public static PortType Json { get; } = new(PortKind.Json, null);

    public static PortType Passages { get; } = new(PortKind.Passages, null);

    public static PortType Messages { get; } = new(PortKind.Messages, null);

    public static PortType File { get; } = new(PortKind.File, null);

    /// <summary>Which of the set.</summary>
    public PortKind Kind { get; }

    /// <summary>What a list is of; null for anything but <see cref="PortKind.List"/>.</summary>
    public PortType? Element { get; }

    /// <summary>What one item of it is: a list's element, JSON for passages and messages and JSON itself; null where it has no items.</summary>
    public PortType? Item => Kind switch
    {
        PortKind.List => Element,
        PortKind.Passages or PortKind.Messages or PortKind.Json => Json,
        _ => null,
    };

    /// <summary>A list of this type.</summary>
    public static PortType ListOf(PortType element) => new(PortKind.List, element);

    /// <summary>Reads what <see cref="ToString"/> writes; null for anything else.</summary>
    public static PortType? TryParse(string? text) => TryParse(text, MostNesting);

    /// <summary>
    /// The one rule by which edges are typed: a type fits itself; everything fits <c>json</c>; <c>json</c> fits everything, looked at on
    /// arrival; a list fits a list whose elements its own fit; passages and messages are lists of JSON.
    /// </summary>
    public static PortFit Fit(PortType from, PortType to)
    {
        if (from == to || to.Kind == PortKind.Json)
        {
            return PortFit.Always;
        }

        if (from.Kind == PortKind.Json)
        {
            return PortFit.Checked;
        }

        return to.Kind == PortKind.List && from.Item is { } item ? Fit(item, to.Element!) : PortFit.None;
    }

    /// <summary>
    /// A value of unknown shape as one of this type: itself where it is one; as a text whatever is no text is its JSON, as templates write it. Null where it can be
    /// none, as nothing (JSON null) is no text.
    /// </summary>
    public JsonElement? Take(JsonElement value) =>
        Admits(value) ? value
        : Kind == PortKind.Text && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? JsonSerializer.SerializeToElement(value.GetRawText(), FlowJson.Relaxed)
        : null;

    /// <summary>True where a value is of this type.</summary>
    public bool Admits(JsonElement value) => Kind switch
    {
        PortKind.Text => value.ValueKind == JsonValueKind.String,
        PortKind.Number => value.ValueKind == JsonValueKind.Number,
        PortKind.Boolean => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        PortKind.Passages => IsListOf(value, item => HasText(item, "text")),
        PortKind.Messages => IsListOf(value, item => HasText(item, "role") && item.TryGetProperty("content", out _)),
        PortKind.File => HasText(value, "sha256") && HasText(value, "name"),
        PortKind.List => IsListOf(value, Element!.Admits),
        _ => value.ValueKind != JsonValueKind.Undefined,
    };

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        PortKind.Text => "text",
        PortKind.Number => "number",
        PortKind.Boolean => "boolean",
        PortKind.Json => "json",
        PortKind.Passages => "passages",
        PortKind.Messages => "messages",
        PortKind.File => "file",
        _ => $"list<{Element}>",
    };

    private static PortType? TryParse(string? text, int nesting) => text switch
    {
        "text" => Text,
        "number" => Number,
        "boolean" => Boolean,
        "json" => Json,
        "passages" => Passages,
        "messages" => Messages,
        "file" => File,
        ['l', 'i', 's', 't', '<', .. var element, '>'] when nesting > 0 && TryParse(element, nesting - 1) is { } of => ListOf(of),
        _ => null,
    };

    private static bool IsListOf(JsonElement value, Func<JsonElement, bool> item) =>
        value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item);

    private static bool HasText(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String;
}

/// <summary>Writes a type by its name.</summary>
public sealed class PortTypeJsonConverter : JsonConverter<PortType>
{
    /// <inheritdoc/>
    public override PortType Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return PortType.TryParse(text)
            ?? throw new JsonException($"\"{text}\" is no type of a port: text, number, boolean, json, passages, messages, file, list<...>.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, PortType value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
