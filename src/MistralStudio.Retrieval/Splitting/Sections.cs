using System.Text.RegularExpressions;

namespace MistralStudio.Retrieval.Splitting;

/// <summary>How a text marks its headings.</summary>
internal enum TextStyle
{
    /// <summary>It does not, as source code and plain text.</summary>
    Plain,

    /// <summary>By <c>#</c>.</summary>
    Markdown,

    /// <summary>By numbered lines that stand alone, as reports and filings: "PART II", "Item 7. Management's Discussion", "2.1 Method".</summary>
    Report,
}

/// <summary>A stretch of text under one path of headings; the first heading line is inside it.</summary>
internal sealed record Section(int Start, int End, string? Path);

/// <summary>Finds the headings of a text.</summary>
internal static partial class Sections
{
    private const string Joint = " › ";
    private const int LongestHeading = 120;

    /// <summary>Sections in order; together they are the whole text.</summary>
    public static IReadOnlyList<Section> Find(string text, TextStyle style)
    {
        var sections = new List<Section>();
        var path = new List<(int Level, string Title)>();
        var start = 0;
        string? current = null;
        var fenced = false;
        for (var line = 0; line < text.Length && style != TextStyle.Plain;)
        {
            var end = text.IndexOf('\n', line) is >= 0 and var at ? at : text.Length;
            var content = text.AsSpan(line, end - line).Trim();
            if (style == TextStyle.Markdown && (content.StartsWith("```") || content.StartsWith("~~~")))
            {
                fenced = !fenced;
            }
            else if (!fenced && Heading(text, line, end, content, style) is var (level, title))
            {
                if (line > start)
                {
                    sections.Add(new(start, line, current));
                }

                path.RemoveAll(above => above.Level >= level);
                path.Add((level, title));
                current = string.Join(Joint, path.Select(above => above.Title));
                start = line;
            }

            line = end + 1;
        }

        if (start < text.Length)
        {
            sections.Add(new(start, text.Length, current));
        }

        return sections;
    }

    private static (int Level, string Title)? Heading(string text, int start, int end, ReadOnlySpan<char> line, TextStyle style)
    {
        if (line.Length is 0 or > LongestHeading)
        {
            return null;
        }

        if (style == TextStyle.Markdown)
        {
            var level = line.IndexOfAnyExcept('#');
            return level is >= 1 and <= 6 && line[level] == ' ' ? (level, line[level..].Trim("# ").ToString()) : null;
        }

        var alone = (start < 2 || text[start - 2] == '\n') && (end + 1 >= text.Length || text[end + 1] == '\n');
        if (!alone || line[^1] is '.' or ',' or ';' or ':' && line.Length > 12)
        {
            return null;
        }

        var words = line.ToString();
        // A table of contents has the same lines, followed by a page number.
        return EndsInNumber().IsMatch(words) ? null
            : Part().IsMatch(words) ? (1, words)
            : Item().IsMatch(words) ? (2, words)
            : Numbered().Match(words) is { Success: true } match ? (3 + match.Groups[1].Value.Count(c => c == '.'), words)
            : null;
    }

    [GeneratedRegex(@"^(PART|Part|CHAPTER|Chapter)\s+([IVX]+|\d+)\b")]
    private static partial Regex Part();

    [GeneratedRegex(@"^(ITEM|Item|NOTE|Note|ARTICLE|Article|SECTION|Section|Appendix|APPENDIX)\s+(\d+[A-Z]?|[A-Z])\b")]
    private static partial Regex Item();

    [GeneratedRegex(@"^(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+\p{Lu}\p{L}")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"\s\.{3,}|\D\s\d{1,4}$")]
    private static partial Regex EndsInNumber();
}
