using System.Text.RegularExpressions;

namespace MistralStudio.Retrieval.Splitting;

/// <summary>A span of a text in UTF-16 units.</summary>
internal readonly record struct TextSpan(int Start, int End)
{
    public int Length => End - Start;
}

/// <summary>Cuts running text into sentences.</summary>
internal static partial class Sentences
{
    private static readonly HashSet<string> s_abbreviations = new(StringComparer.OrdinalIgnoreCase)
    {
        "mr", "mrs", "ms", "dr", "prof", "st", "inc", "corp", "co", "ltd", "llc", "no", "nos", "vs", "e.g", "i.e", "etc", "cf", "al", "fig", "figs",
        "sec", "approx", "u.s", "u.k", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "bzw", "z.b", "nr", "abs",
    };

    /// <summary>The sentences of <paramref name="text"/> between two positions, without the space around them, in order.</summary>
    /// <param name="lineEnds">
    /// A line end ends a sentence too, as in lists and tables, but where the next line goes on in lower case; otherwise only a blank line and
    /// the mark of a list's item do.
    /// </param>
    public static IEnumerable<TextSpan> Split(string text, int from, int to, bool lineEnds)
    {
        var start = from;
        for (var i = from; i < to; i++)
        {
            var ends = text[i] switch
            {
                '。' or '！' or '？' => i + 1,
                '.' or '!' or '?' or '…' => AfterTerminator(text, i, start, to),
                '\n' when BlankLineFollows(text, i, to) || BlockFollows(text, i, to, lineEnds) => i + 1,
                _ => 0,
            };
            if (ends == 0)
            {
                continue;
            }

            if (Trim(text, start, ends) is { Length: > 0 } sentence)
            {
                yield return sentence;
            }

            start = ends;
            i = ends - 1;
        }

        if (Trim(text, start, to) is { Length: > 0 } rest)
        {
            yield return rest;
        }
    }

    /// <summary>Whether a line begins with the mark of a list's item: a bullet, <c>1.</c>, <c>(a)</c>.</summary>
    public static bool StartsItem(ReadOnlySpan<char> line) => ItemMark().IsMatch(line);

    /// <summary>Whether a character ends sentences.</summary>
    public static bool IsTerminator(char c) => c is '.' or '!' or '?' or '…' or '。' or '！' or '？' or ':' or '”';

    /// <summary>The span without the white space at its ends.</summary>
    public static TextSpan Trim(string text, int start, int end)
    {
        while (start < end && char.IsWhiteSpace(text[start]))
        {
            start++;
        }

        while (end > start && char.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        return new(start, end);
    }

    private static int AfterTerminator(string text, int at, int start, int to)
    {
        var after = at + 1;
        while (after < to && text[after] is '.' or '!' or '?' or '"' or '\'' or ')' or ']' or '”' or '’' or '»' or '*' or '_')
        {
            after++;
        }

        if (after == to)
        {
            return after;
        }

        if (!char.IsWhiteSpace(text[after]))
        {
            return 0;
        }

        var next = after;
        while (next < to && char.IsWhiteSpace(text[next]))
        {
            next++;
        }

        if (next == to)
        {
            return after;
        }

        if (char.IsLower(text[next]))
        {
            return 0;
        }

        if (text[at] == '.')
        {
            var word = at;
            while (word > start && !char.IsWhiteSpace(text[word - 1]) && text[word - 1] is not '(')
            {
                word--;
            }

            var before = text.AsSpan(word, at - word);
            if (before.Length == 1 && (char.IsUpper(before[0]) || char.IsDigit(before[0]) || before[0] == '-'))
            {
                return 0;
            }

            if (before.Length is > 0 and <= 6 && s_abbreviations.GetAlternateLookup<ReadOnlySpan<char>>().Contains(before))
            {
                return 0;
            }
        }

        return after;
    }

    /// <summary>Whether the next line is an item, or with <paramref name="lineEnds"/> anything but the rest of this one.</summary>
    private static bool BlockFollows(string text, int at, int to, bool lineEnds)
    {
        var line = at + 1;
        while (line < to && text[line] is ' ' or '\t')
        {
            line++;
        }

        if (line >= to)
        {
            return false;
        }

        var end = text.IndexOf('\n', line, to - line);
        return StartsItem(text.AsSpan(line, (end < 0 ? to : end) - line)) || (lineEnds && !char.IsLower(text[line]));
    }

    [GeneratedRegex(@"^(?:[-*+•●▪◦‣·–—○■□➢➤]|\d{1,3}[.)]|\((?:\d{1,2}|[a-z]{1,4})\))\s+\S")]
    private static partial Regex ItemMark();

    private static bool BlankLineFollows(string text, int at, int to)
    {
        for (var i = at + 1; i < to && char.IsWhiteSpace(text[i]); i++)
        {
            if (text[i] == '\n')
            {
                return true;
            }
        }

        return false;
    }
}
