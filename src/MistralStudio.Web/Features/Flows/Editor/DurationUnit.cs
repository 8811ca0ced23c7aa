using System.Globalization;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>What a length of time is counted in.</summary>
public enum DurationUnit
{
    Seconds,
    Minutes,
    Hours,
    Days,
}

/// <summary>Lengths of time as people write them, a number and a unit, and as settings have them: <c>2.00:00:00</c>.</summary>
public static class Durations
{
    private const double Most = 10_000 * 86_400.0;

    /// <summary>The largest unit of which it is a whole number; seconds where it is none.</summary>
    public static DurationUnit UnitOf(TimeSpan span) =>
        span.Ticks % TimeSpan.TicksPerDay == 0 ? DurationUnit.Days : span.Ticks % TimeSpan.TicksPerHour == 0 ? DurationUnit.Hours
        : span.Ticks % TimeSpan.TicksPerMinute == 0 ? DurationUnit.Minutes : DurationUnit.Seconds;

    /// <summary>How many of a unit it is.</summary>
    public static string Write(TimeSpan span, DurationUnit unit) => (span / Of(unit)).ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>A setting as a length of time; null where it is none.</summary>
    public static TimeSpan? Read(string setting) => TimeSpan.TryParseExact(setting, "c", CultureInfo.InvariantCulture, out var span) ? span : null;

    /// <summary>So many of a unit as a setting, to the second; null where that is no length of time.</summary>
    public static string? Setting(string number, DurationUnit unit)
    {
        ArgumentNullException.ThrowIfNull(number);
        if (!double.TryParse(number.Trim().Replace(',', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count))
        {
            return null;
        }

        var seconds = Math.Round(count * Of(unit).TotalSeconds);
        return seconds is >= 1 and < Most ? TimeSpan.FromSeconds(seconds).ToString("c", CultureInfo.InvariantCulture) : null;
    }

    private static TimeSpan Of(DurationUnit unit) => unit switch
    {
        DurationUnit.Days => TimeSpan.FromDays(1),
        DurationUnit.Hours => TimeSpan.FromHours(1),
        DurationUnit.Minutes => TimeSpan.FromMinutes(1),
        _ => TimeSpan.FromSeconds(1),
    };
}
