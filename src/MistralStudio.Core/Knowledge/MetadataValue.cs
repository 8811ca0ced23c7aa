using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MistralStudio.Core.Knowledge;

/// <summary>The type of a value of metadata.</summary>
public enum MetadataType
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>An instant in UTC.</summary>
    Date,

    /// <summary>True or false.</summary>
    Flag,
}

/// <summary>A value of metadata, whose type is kept: numbers and dates have an order.</summary>
[JsonConverter(typeof(MetadataValueConverter))]
public sealed record MetadataValue
{
    private MetadataValue(MetadataType type, string text, double number)
    {
        (Type, Text, Number) = (type, text, number);
    }

    /// <summary>Its type.</summary>
    public MetadataType Type { get; }

    /// <summary>The value as it is shown and, where it is a text, compared: dates as <c>2026-01-31T00:00:00Z</c>, flags as <c>true</c> or <c>false</c>.</summary>
    public string Text { get; }

    /// <summary>The value as it is ordered: a number, a date's seconds since 1970, a flag's 0 or 1; 0 for a text.</summary>
    public double Number { get; }

    /// <summary>A text.</summary>
    public static MetadataValue Of(string value) => new(MetadataType.Text, value, 0);

    /// <summary>A number; fails where it is none.</summary>
    public static MetadataValue Of(double value) => double.IsFinite(value)
        ? new(MetadataType.Number, value.ToString("R", CultureInfo.InvariantCulture), value)
        : throw new ArgumentOutOfRangeException(nameof(value));

    /// <summary>An instant, to the millisecond.</summary>
    public static MetadataValue Of(DateTimeOffset value) => new(
        MetadataType.Date,
        value.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFK", CultureInfo.InvariantCulture),
        value.ToUnixTimeMilliseconds() / 1000.0);

    /// <summary>True or false.</summary>
    public static MetadataValue Of(bool value) => new(MetadataType.Flag, value ? "true" : "false", value ? 1 : 0);

    /// <summary>
    /// The value that a person wrote: <c>true</c> and <c>false</c> are flags, <c>2026-01-31</c> and <c>2026-01-31T08:00:00Z</c> dates, <c>12.5</c>
    /// is a number, all else a text.
    /// </summary>
    public static MetadataValue Parse(string written)
    {
        var text = written.Trim();
        return text switch
        {
            "true" => Of(true),
            "false" => Of(false),
            _ when double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && double.IsFinite(number) => Of(number),
            _ when text.Length >= 10 && DateTimeOffset.TryParseExact(
                text,
                ["yyyy-MM-dd", "yyyy-MM-ddTHH:mmK", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"],
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var date) => Of(date),
            _ => Of(text),
        };
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>Values as JSON has them, and a date as <c>{"date":"2026-01-31T00:00:00Z"}</c>: a text that reads like one stays a text.</summary>
public sealed class MetadataValueConverter : JsonConverter<MetadataValue>
{
    /// <inheritdoc/>
    public override MetadataValue? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        var value = json.RootElement;
        return value.ValueKind switch
        {
            JsonValueKind.String => MetadataValue.Of(value.GetString()!),
            JsonValueKind.Number => MetadataValue.Of(value.GetDouble()),
            JsonValueKind.True or JsonValueKind.False => MetadataValue.Of(value.GetBoolean()),
            JsonValueKind.Object when value.TryGetProperty("date", out var date) && date.TryGetDateTimeOffset(out var instant) => MetadataValue.Of(instant),
            _ => throw new JsonException("A value of metadata is a text, a number, true or false, or {\"date\":\"2026-01-31T00:00:00Z\"}."),
        };
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, MetadataValue value, JsonSerializerOptions options)
    {
        switch (value.Type)
        {
            case MetadataType.Number:
                writer.WriteNumberValue(value.Number);
                break;
            case MetadataType.Flag:
                writer.WriteBooleanValue(value.Number > 0);
                break;
            case MetadataType.Date:
                writer.WriteStartObject();
                writer.WriteString("date", value.Text);
                writer.WriteEndObject();
                break;
            default:
                writer.WriteStringValue(value.Text);
                break;
        }
    }
}
