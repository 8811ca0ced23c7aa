using System.Globalization;

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
