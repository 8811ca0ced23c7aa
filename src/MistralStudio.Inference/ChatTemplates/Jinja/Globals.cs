using System.Globalization;
using System.Text;

namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>Functions that every chat template may call.</summary>
internal static class Globals
{
    private const int LargestRange = 100_000;

    public static readonly IReadOnlyList<JinjaFunction> All =
    [
        new("raise_exception", given => throw new JinjaException(JinjaFailure.Refused, Printing.ToText(given.Required(0, "message"), given.Budget).Value)),
        new("strftime_now", given => TemplateText.Own(Time(given.Text(0, "format").Value, given.Scope.Rendering.Now))),
        new("namespace", Namespace),
        new("dict", given => Fill(new JinjaMap(), given)),
        new("range", Range),
    ];

    private static JinjaNamespace Namespace(Arguments given)
    {
        var space = new JinjaNamespace();
        foreach (var (key, value) in Fill(new JinjaMap(), given))
        {
            space.Attributes[Printing.ToText(key, given.Budget).Value] = value;
        }

        return space;
    }

    private static JinjaMap Fill(JinjaMap map, Arguments given)
    {
        if (given.TryGet(0, "", out var from))
        {
            foreach (var (key, value) in from as JinjaMap ?? throw Values.TypeError($"'{Values.TypeName(from)}' object is not iterable"))
            {
                given.Budget.SpendEntries(4);
                map.Set(key, value);
            }
        }

        foreach (var (key, value) in given.Named)
        {
            map.With(key, value);
        }

        return map;
    }

    private static JinjaList Range(Arguments given)
    {
        var first = given.Integer(0, "start", 0);
        var (start, stop) = given.Positional.Count > 1 ? (first, given.Integer(1, "stop", 0)) : (0, first);
        var step = given.Integer(2, "step", 1);
        if (step == 0)
        {
            throw Values.TypeError("range() arg 3 must not be zero");
        }

        var count = (decimal)stop - start;
        count = Math.Max(0, Math.Ceiling(count / step));
        if (count > LargestRange)
        {
            throw new JinjaException(JinjaFailure.Forbidden, "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).");
        }

        given.Budget.SpendEntries((long)count * 2);
        return new JinjaList([.. Enumerable.Range(0, (int)count).Select(i => Values.Of(start + (i * step)))]);
    }

    /// <summary>C's <c>strftime</c>, in English.</summary>
    private static string Time(string format, DateTimeOffset now)
    {
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            var unpadded = format[i + 1] is '-' or '#' && i + 2 < format.Length;
            i += unpadded ? 2 : 1;
            var written = Part(format[i], now);
            text.Append(unpadded ? written.TrimStart('0') is { Length: > 0 } digits ? digits : "0" : written);
        }

        return text.ToString();
    }

    private static string Part(char code, DateTimeOffset now) => code switch
    {
        'Y' => Write("yyyy", now),
        'y' => Write("yy", now),
        'm' => Write("MM", now),
        'd' => Write("dd", now),
        'e' => now.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'H' => Write("HH", now),
        'I' => Write("hh", now),
        'M' => Write("mm", now),
        'S' => Write("ss", now),
        'f' => Write("ffffff", now),
        'p' => now.Hour < 12 ? "AM" : "PM",
        'A' => Write("dddd", now),
        'a' => Write("ddd", now),
        'B' => Write("MMMM", now),
        'b' or 'h' => Write("MMM", now),
        'j' => now.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
        'w' => ((int)now.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'u' => (now.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)now.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'F' => Write("yyyy-MM-dd", now),
        'T' => Write("HH:mm:ss", now),
        'D' => Write("MM/dd/yy", now),
        'R' => Write("HH:mm", now),
        'c' => $"{Write("ddd MMM", now)} {now.Day,2} {Write("HH:mm:ss yyyy", now)}",
        'x' => Write("MM/dd/yy", now),
        'X' => Write("HH:mm:ss", now),
        'z' or 'Z' => "",
        'n' => "\n",
        't' => "\t",
        '%' => "%",
        _ => $"%{code}",
    };

    private static string Write(string format, DateTimeOffset now) => now.ToString(format, CultureInfo.InvariantCulture);
}
