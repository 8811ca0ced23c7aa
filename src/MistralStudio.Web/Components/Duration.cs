using System.Globalization;

namespace MistralStudio.Web.Components;

/// <summary>Times for people.</summary>
public static class Duration
{
    /// <summary>Two or three significant digits: <c>45 ms</c>, <c>0.41 s</c>, <c>12.5 s</c>, <c>3 min</c>.</summary>
    public static string Short(double ms, CultureInfo? culture = null)
    {
        culture ??= CultureInfo.CurrentCulture;
        return ms switch
        {
            < 100 => string.Create(culture, $"{ms:0} ms"),
            < 10_000 => string.Create(culture, $"{ms / 1000:0.00} s"),
            < 100_000 => string.Create(culture, $"{ms / 1000:0.0} s"),
            _ => string.Create(culture, $"{ms / 60_000:0} min"),
        };
    }
}
