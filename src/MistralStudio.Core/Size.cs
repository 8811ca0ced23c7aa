using System.Globalization;

namespace MistralStudio.Core;

/// <summary>Byte counts for people.</summary>
public static class Size
{
    private static readonly string[] s_units = ["B", "KB", "MB", "GB", "TB"];

    /// <summary>Three significant digits at most, 1 KB being 1,024 bytes: <c>86.3 KB</c>, <c>1.2 MB</c>.</summary>
    public static string Format(long bytes, CultureInfo? culture = null)
    {
        double value = bytes;
        var unit = 0;
        while (Math.Abs(value) >= 1000 && unit < s_units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        var format = unit == 0 || value >= 100 ? "0" : value >= 10 ? "0.#" : "0.##";
        return $"{value.ToString(format, culture ?? CultureInfo.CurrentCulture)} {s_units[unit]}";
    }
}
