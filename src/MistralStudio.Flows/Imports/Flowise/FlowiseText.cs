using System.Net;
using System.Text.RegularExpressions;

namespace MistralStudio.Flows.Imports.Flowise;

/// <summary>Texts of Flowise: HTML of its editor, with values as <c>{{ name }}</c>.</summary>
internal static partial class FlowiseText
{
    /// <summary>The words of a field, without the editor's HTML.</summary>
    public static string Plain(string? html)
    {
        if (html is not { Length: > 0 } || !html.Contains('<', StringComparison.Ordinal))
        {
            return html ?? "";
        }

        var text = Paragraphs().Replace(html, "\n");
        return WebUtility.HtmlDecode(Tags().Replace(text, "")).Trim();
    }

    /// <summary>A text whose names between braces are values where <paramref name="find"/> knows them, and words where not.</summary>
    public static ForeignText Read(string text, string open, string close, Func<string, ForeignReference?> find)
    {
        var read = new ForeignText();
        var at = 0;
        while (at < text.Length)
        {
            var begin = text.IndexOf(open, at, StringComparison.Ordinal);
            var end = begin < 0 ? -1 : text.IndexOf(close, begin + open.Length, StringComparison.Ordinal);
            if (end < 0)
            {
                break;
            }

            if (find(text[(begin + open.Length)..end].Trim()) is { } value)
            {
                read.Add(text[at..begin]).Add(value);
            }
            else
            {
                read.Add(text[at..(end + close.Length)]);
            }

            at = end + close.Length;
        }

        return read.Add(text[at..]);
    }

    // Tags without what could be long between them: time grows with the text alone.
    [GeneratedRegex("</p>|<br ?/?>|</li>|</h[1-6]>", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Paragraphs();

    [GeneratedRegex("</?[A-Za-z][^<>]*>", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Tags();
}
