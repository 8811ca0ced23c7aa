namespace MistralStudio.Retrieval.Splitting;

/// <summary>A span of a text in UTF-16 units.</summary>
internal readonly record struct TextSpan(int Start, int End)
{
    public int Length => End - Start;
}

/// <summary>Cuts running text into sentences.</summary>
internal static class Sentences
{
    private static readonly HashSet<string> s_abbreviations = new(StringComparer.OrdinalIgnoreCase)
    {
        "mr", "mrs", "ms", "dr", "prof", "st", "inc", "corp", "co", "ltd", "llc", "no", "nos", "vs", "e.g", "i.e", "etc", "cf", "al", "fig", "figs",
        "sec", "approx", "u.s", "u.k", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "bzw", "z.b", "nr", "abs",
    };

    /// <summary>The sentences of <paramref name="text"/> between two positions, without the space around them, in order.</summary>
    /// <param name="lineEnds">A line end ends a sentence too, as in lists; otherwise only a blank line does.</param>
    public static IEnumerable<TextSpan> Split(string text, int from, int to, bool lineEnds)
    {
        var start = from;
        for (var i = from; i < to; i++)
        {
            var ends = text[i] switch
            {
                '。' or '！' or '？' => i + 1,
                '.' or '!' or '?' or '…' => AfterTerminator(text, i, start, to),
                '\n' when lineEnds || BlankLineFollows(text, i, to) => i + 1,
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
