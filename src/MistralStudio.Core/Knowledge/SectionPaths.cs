namespace MistralStudio.Core.Knowledge;

/// <summary>The heading path above each position of a text.</summary>
public static class SectionPaths
{
    /// <summary>Between the headings of a path.</summary>
    public const string Joint = " › ";

    /// <summary>
    /// The stretches of a text under one path of headings, in order; each heading is inside the stretch that it begins. Together they are the
    /// whole text.
    /// </summary>
    public static IReadOnlyList<SectionSpan> Find(ExtractedText text)
    {
        var sections = new List<SectionSpan>();
        var path = new List<(int Level, string Title)>();
        var start = 0;
        string? current = null;
        TextBlock? heading = null;
        foreach (var block in text.Blocks)
        {
            if (block.Kind != BlockKind.Heading)
            {
                heading = null;
                continue;
            }

            // A heading straight under another one, one level down, begins no stretch of its own: "Part I" says nothing alone.
            var goesOn = heading is not null && block.Level > heading.Level;
            var begin = WithMarks(text.Text, block.Start);
            if (!goesOn && begin > start && !text.Text.AsSpan(start, begin - start).IsWhiteSpace())
            {
                sections.Add(new(start, begin, current));
                start = begin;
            }

            heading = block;

            path.RemoveAll(above => above.Level >= block.Level);
            path.Add((block.Level, Title(text.Text.AsSpan(block.Start, block.End - block.Start))));
            current = string.Join(Joint, path.Select(above => above.Title));
        }

        if (start < text.Text.Length)
        {
            sections.Add(new(start, text.Text.Length, current));
        }

        return sections;
    }

    // "## " stands before the block of a heading.
    private static int WithMarks(string text, int start)
    {
        while (start > 0 && text[start - 1] is '#' or ' ' or '\t')
        {
            start--;
        }

        return start;
    }

    // A heading that is longer is a paragraph set as one: a path is read at a glance.
    private static string Title(ReadOnlySpan<char> heading)
    {
        const int Longest = 120;
        var line = string.Join(' ', heading.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= Longest ? line : string.Concat(line.AsSpan(0, Longest - 1), "…");
    }
}

/// <summary>A stretch of text under one path of headings, outermost first; null before the first heading.</summary>
public sealed record SectionSpan(int Start, int End, string? Path);
