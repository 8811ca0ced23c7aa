using System.Collections.Frozen;

namespace MistralStudio.Core.Schemas.Text;

/// <summary>
/// The formats that strings are held to, each one regular expression that serves the validator and the generator alike.
/// Sources: RFC 3339 (date, time, duration of appendix A), RFC 3986 (uri), RFC 4122 (uuid), RFC 5321 (email), RFC 1123 (hostname), RFC 2673
/// (ipv4), RFC 4291 (ipv6).
/// </summary>
internal sealed class StringFormat
{
    private const string Year4 = "(?:[02468][048]|[13579][26])"; // Two digits that four divides.
    private const string Date = $"(?:\\d{{4}}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))"
        + $"|(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|{Year4}00)-02-29)";
    private const string Offset = "(?:[Zz]|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";
    private const string Time = $"(?:(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?{Offset}|23:59:60(?:\\.\\d+)?(?:[Zz]|[+-]00:00))";
    private const string Octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private const string IPv4 = $"{Octet}\\.{Octet}\\.{Octet}\\.{Octet}";
    private const string H16 = "[0-9A-Fa-f]{1,4}";
    private const string Ls32 = $"(?:{H16}:{H16}|{IPv4})";
    private const string IPv6 = $"(?:(?:{H16}:){{6}}{Ls32}|::(?:{H16}:){{5}}{Ls32}|(?:{H16})?::(?:{H16}:){{4}}{Ls32}"
        + $"|(?:(?:{H16}:){{0,1}}{H16})?::(?:{H16}:){{3}}{Ls32}|(?:(?:{H16}:){{0,2}}{H16})?::(?:{H16}:){{2}}{Ls32}"
        + $"|(?:(?:{H16}:){{0,3}}{H16})?::{H16}:{Ls32}|(?:(?:{H16}:){{0,4}}{H16})?::{Ls32}"
        + $"|(?:(?:{H16}:){{0,5}}{H16})?::{H16}|(?:(?:{H16}:){{0,6}}{H16})?::)";
    private const string Label = "[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?";
    private const string HostName = $"{Label}(?:\\.{Label})*";
    private const string ShortLabel = "[0-9A-Za-z](?:[0-9A-Za-z-]{0,22}[0-9A-Za-z])?"; // Ten of them are never more than 253 characters.
    private const string ShortHostName = $"{ShortLabel}(?:\\.{ShortLabel}){{0,9}}";
    private const string MailLabel = "[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?";
    private const string Atom = "[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]+";
    private const string Email = $"(?:{Atom}(?:\\.{Atom})*|\"(?:[ !#-\\[\\]-~]|\\\\[ -~])*\")@(?:{MailLabel}(?:\\.{MailLabel})*|\\[(?:{IPv4}|IPv6:{IPv6})\\])";
    private const string PathChar = "(?:[0-9A-Za-z._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
    private const string HostChar = "(?:[0-9A-Za-z._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})";
    private const string Host = $"(?:\\[(?:{IPv6}|[vV][0-9A-Fa-f]+\\.[0-9A-Za-z._~!$&'()*+,;=:-]+)\\]|{HostChar}*)";
    private const string Authority = $"(?:(?:{HostChar}|:)*@)?{Host}(?::\\d*)?";
    private const string Uri = $"[A-Za-z][0-9A-Za-z+.-]*:(?://{Authority}(?:/{PathChar}*)*|/(?:{PathChar}+(?:/{PathChar}*)*)?|(?:{PathChar}+(?:/{PathChar}*)*)?)"
        + $"(?:\\?(?:{PathChar}|[/?])*)?(?:#(?:{PathChar}|[/?])*)?";
    private const string DurationTime = "T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S)";
    private const string DurationDate = "(?:\\d+Y(?:\\d+M(?:\\d+D)?)?|\\d+M(?:\\d+D)?|\\d+D)";
    private const string Hex = "[0-9A-Fa-f]";

    private static readonly FrozenDictionary<string, StringFormat> s_known = new StringFormat[]
    {
        new("date", Date),
        new("time", Time),
        new("date-time", $"{Date}[Tt]{Time}"),
        new("duration", $"P(?:{DurationDate}(?:{DurationTime})?|{DurationTime}|\\d+W)"),
        new("uuid", $"{Hex}{{8}}-{Hex}{{4}}-{Hex}{{4}}-{Hex}{{4}}-{Hex}{{12}}"),
        new("email", Email),
        new("hostname", HostName, most: 253, generated: ShortHostName),
        new("ipv4", IPv4),
        new("ipv6", IPv6),
        new("uri", Uri),
    }.ToFrozenDictionary(format => format.Name, StringComparer.Ordinal);

    private readonly Lazy<CharNfa> _automaton;

    private readonly Lazy<CharDfa> _strings;

    /// <param name="generated">What is written of it, where the whole would be too large an automaton.</param>
    private StringFormat(string name, string pattern, int most = int.MaxValue, string? generated = null)
    {
        Name = name;
        Most = most;
        _automaton = new Lazy<CharNfa>(() => CharNfa.Of(RegexParser.Parse($"^(?:{pattern})$"), new WorkLimit()));
        _strings = new Lazy<CharDfa>(() => CharDfa.Of(RegexParser.Parse(generated ?? pattern), anywhere: false, new WorkLimit()));
    }

    public string Name { get; }

    /// <summary>Most characters.</summary>
    public int Most { get; }

    /// <summary>
    /// The strings of the format that are written: all of them, but for leap seconds outside of UTC (which local times are one hangs on the
    /// offset behind them) and host names with labels of more than 24 characters or more than ten labels.
    /// </summary>
    public CharDfa Strings => _strings.Value;

    /// <summary>Names of the formats that are known.</summary>
    public static IEnumerable<string> Names => s_known.Keys.Order(StringComparer.Ordinal);

    /// <summary>The format of a name, or null where it is not known here.</summary>
    public static StringFormat? Named(string name) => s_known.GetValueOrDefault(name);

    /// <summary>True where a string has the format.</summary>
    public bool Matches(string text) =>
        text.Length <= Most && (_automaton.Value.IsFoundIn(text) || (Name is "time" or "date-time" && IsLeapSecond(text)));

    // 15:59:60.5-08:00 is 23:59:60.5 in UTC; with the second put back to 59 it is an ordinary time.
    private bool IsLeapSecond(string text)
    {
        var at = Name == "time" ? 0 : 11;
        if (text.Length < at + 14 || text[at..].IndexOf(":60", StringComparison.Ordinal) != 5 || text[^3] != ':')
        {
            return false;
        }

        if (!_automaton.Value.IsFoundIn(string.Concat(text.AsSpan(0, at + 6), "59", text.AsSpan(at + 8))))
        {
            return false;
        }

        var offset = Minutes(text.AsSpan(text.Length - 5)) * (text[^6] == '-' ? -1 : 1);
        return ((Minutes(text.AsSpan(at)) - offset) % 1440 + 1440) % 1440 == 1439;
    }

    private static int Minutes(ReadOnlySpan<char> clock) =>
        ((((clock[0] - '0') * 10) + clock[1] - '0') * 60) + ((clock[3] - '0') * 10) + clock[4] - '0';
}
