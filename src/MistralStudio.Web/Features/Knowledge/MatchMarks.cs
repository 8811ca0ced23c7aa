using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>A passage cut where words of the question begin and end.</summary>
public static class MatchMarks
{
    private const int SnippetLength = 260;
    private const int Before = 60;

    /// <summary>What a passage stands under: the innermost heading, or its document.</summary>
    public static string Heading(SearchHit hit) => hit.Section is { } section
        ? section[(section.LastIndexOf(SectionPaths.Joint, StringComparison.Ordinal) is var joint and >= 0 ? joint + SectionPaths.Joint.Length : 0)..]
        : hit.Document;

    /// <summary>The whole text in pieces, each a match or not. Spans must be in order and apart; what reaches past the text is left out.</summary>
    public static IReadOnlyList<(string Text, bool IsMatch)> Split(string text, IReadOnlyList<TextSpan> matches) => Cut(text, matches, 0, text.Length);

    /// <summary>About three lines of it, from shortly before the first match; the ends say where text is left out.</summary>
    public static IReadOnlyList<(string Text, bool IsMatch)> Snippet(string text, IReadOnlyList<TextSpan> matches)
    {
        var first = matches.Count > 0 ? matches[0].Start : 0;
        var from = first <= Before ? 0 : WordAt(text, first - Before);
        var to = Math.Min(text.Length, from + SnippetLength);
        var pieces = Cut(text, matches, from, to);
        return [.. from > 0 ? [("…", false)] : Array.Empty<(string, bool)>(), .. pieces, .. to < text.Length ? [("…", false)] : Array.Empty<(string, bool)>()];
    }

    private static List<(string Text, bool IsMatch)> Cut(string text, IReadOnlyList<TextSpan> matches, int from, int to)
    {
        List<(string, bool)> pieces = [];
        foreach (var match in matches)
        {
            var end = match.Start + match.Length;
            if (match.Start < from || end > to || match.Length <= 0)
            {
                continue;
            }

            if (match.Start > from)
            {
                pieces.Add((text[from..match.Start], false));
            }

            pieces.Add((text[match.Start..end], true));
            from = end;
        }

        if (from < to)
        {
            pieces.Add((text[from..to], false));
        }

        return pieces;
    }

    private static int WordAt(string text, int position) => text.IndexOf(' ', position) is var space and >= 0 && space - position < Before ? space + 1 : position;
}
