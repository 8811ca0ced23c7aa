using System.Globalization;

namespace MistralStudio.Web.Components;

/// <summary>The marks of an axis of time.</summary>
public static class TimeAxis
{
    private const double Second = 1_000;
    private const double Minute = 60 * Second;
    private const double Hour = 60 * Minute;

    // Above a minute people count in other steps than 1, 2 and 5.
    private static readonly double[] s_long =
    [
        20 * Second, 30 * Second, Minute, 2 * Minute, 5 * Minute, 10 * Minute, 20 * Minute, 30 * Minute, Hour, 2 * Hour, 6 * Hour, 12 * Hour, 24 * Hour, 48 * Hour, 168 * Hour, 720 * Hour, 8760 * Hour,
    ];

    /// <summary>Where marks stand, in milliseconds from 0: so many that they fit.</summary>
    public static IEnumerable<double> Ticks(double wholeMs, int most)
    {
        var whole = Math.Max(1, wholeMs);
        var step = StepOf(whole, most);
        for (var tick = 0.0; tick <= whole; tick += step)
        {
            yield return tick;
        }
    }

    /// <summary>What stands at a mark: <c>0.5 s</c>, <c>20 min</c>, <c>6 h</c>.</summary>
    public static string Word(double ms, double wholeMs) => wholeMs switch
    {
        >= 10 * Hour => string.Create(CultureInfo.CurrentCulture, $"{ms / Hour:0.##} h"),
        >= 10 * Minute => string.Create(CultureInfo.CurrentCulture, $"{ms / Minute:0.##} min"),
        < 100 => string.Create(CultureInfo.CurrentCulture, $"{ms:0.##} ms"),
        _ => string.Create(CultureInfo.CurrentCulture, $"{ms / Second:0.####} s"),
    };

    private static double StepOf(double whole, int most)
    {
        if (whole > most * 10 * Second)
        {
            return s_long.FirstOrDefault(width => whole / width <= most, whole);
        }

        var magnitude = Math.Pow(10, Math.Floor(Math.Log10(whole / most)));
        return new[] { 1.0, 2, 5, 10 }.Select(times => times * magnitude).First(width => whole / width <= most);
    }
}
