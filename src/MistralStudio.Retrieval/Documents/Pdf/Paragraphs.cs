using System.Text;
using MistralStudio.Retrieval.Splitting;
using UglyToad.PdfPig.Content;

namespace MistralStudio.Retrieval.Documents.Pdf;

/// <summary>
/// Makes paragraphs of the lines of a column: a line that ended because the next word had no room goes on in the next, on the same line of
/// text. Rows of tables and lines that stand for themselves keep a line each; a blank line parts blocks.
/// </summary>
internal static class Paragraphs
{
    private enum Joint
    {
        Space,
        Hyphen,
        Line,
        Blank,
    }

    /// <summary>Appends the lines and their blocks; a word that was parted at a line end has a <see cref="Hyphenation.Mark"/> there.</summary>
    public static void Write(IReadOnlyList<TextLine> lines, Page page, StringBuilder text, List<PdfBlock> blocks)
    {
        if (lines.Count == 0)
        {
            return;
        }

        var usual = UsualStep(lines);
        var margin = Margin(lines);
        var blockEnd = 0;
        var blockMargin = 0.0;
        var joined = false;
        var (first, start) = (0, text.Length);
        text.Append(lines[0].Text);
        for (var i = 1; i < lines.Count; i++)
        {
            if (i > blockEnd)
            {
                (blockEnd, blockMargin) = Block(lines, i - 1, usual, margin);
            }

            var joint = Between(lines[i - 1], lines[i], usual, blockMargin, joined);
            if (joint is Joint.Line or Joint.Blank)
            {
                Close(i);
            }

            switch (joint)
            {
                case Joint.Hyphen:
                    text.Length--;
                    text.Append(Hyphenation.Mark);
                    break;
                case Joint.Space:
                    text.Append(' ');
                    break;
                case Joint.Line:
                    text.Append('\n');
                    break;
                default:
                    text.Append("\n\n");
                    break;
            }

            joined = joint is Joint.Space or Joint.Hyphen;
            if (!joined)
            {
                (first, start) = (i, text.Length);
            }

            text.Append(lines[i].Text);
        }

        Close(lines.Count);

        void Close(int end) => blocks.Add(PdfBlock.Of([.. lines.Skip(first).Take(end - first)], start, text.Length, page.Number, page.Height));
    }

    private static Joint Between(TextLine above, TextLine below, double usual, double margin, bool inParagraph)
    {
        if (IsParted(above, below, usual))
        {
            return Joint.Blank;
        }

        var (before, after) = (above.Text, below.Text);
        // The last cell of a row may be running text that goes on below itself.
        var isBelowCell = above.IsRow && Math.Abs(above.LastCell.BoundingBox.Left - below.Left) < below.Size;
        if ((above.IsRow && !isBelowCell) || below.IsRow || Sentences.StartsItem(after))
        {
            return inParagraph ? Joint.Blank : Joint.Line;
        }

        var goesOn = char.IsLower(after[0]) && !Sentences.IsTerminator(before[^1]);
        var isIndented = !isBelowCell && below.Left > above.Left + below.Size && !Sentences.StartsItem(before);
        var firstWord = below.Words[0].BoundingBox.Width;
        // Right margins are ragged by more where text is set by hand; a sentence that is at its end may be all of its paragraph.
        var slack = (margin - Math.Min(above.Left, below.Left)) * (Sentences.IsTerminator(before[^1]) ? .01 : .1);
        var hadNoRoom = above.Right + (below.Size * .2) + firstWord > margin - slack;
        if (!goesOn && (!hadNoRoom || isIndented))
        {
            return inParagraph || Sentences.IsTerminator(before[^1]) ? Joint.Blank : Joint.Line;
        }

        var isParted = before.Length > 1 && before[^1] is '-' or '\u2010' && char.IsLetter(before[^2]) && char.IsLower(after[0]);
        return isParted ? Joint.Hyphen : Joint.Space;
    }

    /// <summary>More space than between the lines of a paragraph, or letters of another size.</summary>
    private static bool IsParted(TextLine above, TextLine below, double usual) =>
        above.Baseline - below.Baseline > usual * 1.35 || Math.Abs(above.Size - below.Size) > .12 * Math.Max(above.Size, below.Size);

    /// <summary>The last line of the block that begins with a line, and how far right its lines may go.</summary>
    private static (int End, double Margin) Block(IReadOnlyList<TextLine> lines, int start, double usual, double margin)
    {
        var end = start;
        while (end + 1 < lines.Count && !IsParted(lines[end], lines[end + 1], usual))
        {
            end++;
        }

        // A quotation is set narrower than the page; an address is not a narrow paragraph.
        var widest = lines.Skip(start).Take(end - start + 1).Where(line => !line.IsRow).Select(line => line.Right).DefaultIfEmpty(margin).Max();
        var narrowest = margin - (.15 * (margin - lines.Min(line => line.Left)));
        return (end, widest >= narrowest ? widest : margin);
    }

    /// <summary>Where running text ends on the right.</summary>
    private static double Margin(IReadOnlyList<TextLine> lines)
    {
        const int WordsOfRunningText = 6;
        var ends = lines.Where(line => !line.IsRow && line.Words.Count >= WordsOfRunningText).Select(line => line.Right).Order().ToList();
        return ends.Count > 0 ? ends[(int)(ends.Count * .85)] : lines.Max(line => line.Right);
    }

    private static double UsualStep(IReadOnlyList<TextLine> lines)
    {
        var steps = lines.Zip(lines.Skip(1), (a, b) => a.Baseline - b.Baseline).Where(step => step > 1).Order().ToList();
        return steps.Count == 0 ? double.MaxValue : steps[(int)(steps.Count * .4)];
    }
}
