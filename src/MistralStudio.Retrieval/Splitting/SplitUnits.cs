using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Documents.Formats;

namespace MistralStudio.Retrieval.Splitting;

/// <summary>A piece that is not cut any more: a sentence, an item, a row, lines of code; with the marks before it.</summary>
/// <param name="Kind">Of the block that it is from.</param>
/// <param name="Begins">True for the first piece of its block.</param>
/// <param name="Table">Number of its table, from 0; -1 elsewhere.</param>
internal readonly record struct SplitUnit(int Start, int End, BlockKind Kind, bool Begins, int Table)
{
    public int Length => End - Start;
}

/// <summary>Cuts blocks into pieces; every character that is not white space is in exactly one.</summary>
internal static class SplitUnits
{
    /// <summary>The pieces of a whole text in order, and the header row of each of its tables (empty: none).</summary>
    /// <param name="characters">No piece is longer.</param>
    public static (List<SplitUnit> Units, List<TextSpan> Headers) Find(ExtractedText text, int characters)
    {
        // A text that was stored before its structure was kept has paragraphs at least.
        var blocks = text.Blocks.Count > 0 ? text.Blocks : TextParser.Read(text.Text).Blocks;
        var units = new List<SplitUnit>();
        var headers = new List<TextSpan>();
        var covered = 0;
        TextBlock? before = null;
        for (var i = 0; i < blocks.Count; i++)
        {
            var block = blocks[i];
            var end = i + 1 < blocks.Count ? EndBefore(text.Text, block.End, blocks[i + 1].Start) : text.Text.Length;
            // Rows side by side are one table; a blank line or another header begins the next.
            if (block.IsRow && (before is not { IsRow: true } || block.Kind == BlockKind.TableHeader || HasBlankLine(text.Text.AsSpan(before.End, block.Start - before.End))))
            {
                headers.Add(block.Kind == BlockKind.TableHeader ? new(block.Start, block.End) : default);
            }

            var begins = true;
            foreach (var piece in Pieces(text.Text, covered, end, block, characters))
            {
                units.Add(new(piece.Start, piece.End, block.Kind, begins, block.IsRow ? headers.Count - 1 : -1));
                begins = false;
            }

            covered = end;
            before = block;
        }

        return (units, headers);
    }

    /// <summary>Cuts a piece that is too long at a line end, else at a space, else anywhere.</summary>
    public static IEnumerable<TextSpan> Shorten(string text, TextSpan piece, int characters)
    {
        var start = piece.Start;
        while (piece.End - start > characters)
        {
            var window = text.AsSpan(start, characters);
            var cut = window.LastIndexOf('\n');
            if (cut < characters / 3)
            {
                cut = window.LastIndexOfAny(' ', '\t');
            }

            if (cut < characters / 3)
            {
                cut = char.IsHighSurrogate(window[^1]) ? characters - 1 : characters;
            }

            if (Sentences.Trim(text, start, start + cut) is { Length: > 0 } part)
            {
                yield return part;
            }

            start += cut;
        }

        if (Sentences.Trim(text, start, piece.End) is { Length: > 0 } rest)
        {
            yield return rest;
        }
    }

    private static IEnumerable<TextSpan> Pieces(string text, int start, int end, TextBlock block, int characters)
    {
        if (block.Kind != BlockKind.Paragraph && Sentences.Trim(text, start, end) is { Length: > 0 } whole && whole.Length <= characters)
        {
            // Code keeps the indentation of its first line.
            return [block.Kind == BlockKind.Code ? whole with { Start = Indented(text, whole.Start, start) } : whole];
        }

        return block.Kind is BlockKind.Paragraph or BlockKind.ListItem
            ? Sentences.Split(text, start, end, lineEnds: false).SelectMany(sentence => Shorten(text, sentence, characters))
            : Shorten(text, Sentences.Trim(text, start, end), characters);
    }

    private static bool HasBlankLine(ReadOnlySpan<char> between)
    {
        var ends = false;
        foreach (var c in between)
        {
            if (c == '\n' && ends)
            {
                return true;
            }

            ends = c == '\n' || (ends && c is ' ' or '\t' or '\r');
        }

        return false;
    }

    private static int Indented(string text, int start, int least)
    {
        while (start > least && text[start - 1] is ' ' or '\t')
        {
            start--;
        }

        return start;
    }

    /// <summary>Where a block ends with what closes it: marks on the next one's line are that one's.</summary>
    private static int EndBefore(string text, int end, int next) => text.AsSpan(end, next - end).LastIndexOf('\n') is >= 0 and var line ? end + line : end;
}
