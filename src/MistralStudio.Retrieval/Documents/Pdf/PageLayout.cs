using System.Text;
using UglyToad.PdfPig.Content;

namespace MistralStudio.Retrieval.Documents.Pdf;

/// <summary>
/// Puts a page's words into reading order: lines by their baselines, two columns one after the other where a gutter parts running text
/// (and not the numbers of a table).
/// </summary>
internal static class PageLayout
{
    /// <summary>Appends the page's text and its blocks; nothing where it has none.</summary>
    public static void Write(Page page, StringBuilder text, List<PdfBlock> blocks)
    {
        var words = page.GetWords().Where(word => word.Text.Any(c => !char.IsWhiteSpace(c) && c != '\uFFFD')).ToList();
        if (words.Count == 0)
        {
            return;
        }

        var lines = Lines(words);
        if (Gutter(lines, page.Width) is { } gutter)
        {
            // A line across the gutter (a title, a footer) ends both columns above it.
            var left = new List<Word>();
            var right = new List<Word>();
            var separate = false;
            foreach (var line in lines)
            {
                if (line.Words.Any(word => word.BoundingBox.Left < gutter && word.BoundingBox.Right > gutter))
                {
                    WriteColumns();
                    Write([line]);
                }
                else
                {
                    left.AddRange(line.Words.Where(word => word.BoundingBox.Right <= gutter));
                    right.AddRange(line.Words.Where(word => word.BoundingBox.Left >= gutter));
                }
            }

            WriteColumns();

            void WriteColumns()
            {
                foreach (var column in (List<Word>[])[left, right])
                {
                    if (column.Count > 0)
                    {
                        Write(Lines(column));
                        column.Clear();
                    }
                }
            }

            void Write(List<TextLine> part)
            {
                if (separate)
                {
                    text.Append("\n\n");
                }

                Paragraphs.Write(part, page, text, blocks);
                separate = true;
            }
        }
        else
        {
            Paragraphs.Write(lines, page, text, blocks);
        }
    }

    private static List<TextLine> Lines(List<Word> words)
    {
        // By baselines: the boxes of "over" and "happy" have neither edge nor middle in common. A raised figure is within half a size.
        var lines = new List<TextLine>();
        foreach (var word in words.OrderByDescending(TextLine.BaselineOf))
        {
            if (lines.Count > 0 && lines[^1].Baseline - TextLine.BaselineOf(word) < .5 * Math.Max(lines[^1].Size, TextLine.SizeOf(word)))
            {
                lines[^1].Add(word);
            }
            else
            {
                lines.Add(new TextLine(word));
            }
        }

        foreach (var line in lines)
        {
            line.Words.Sort((a, b) => a.BoundingBox.Left.CompareTo(b.BoundingBox.Left));
        }

        return lines;
    }

    /// <summary>Where two columns of running text part; null on a page of one column or a table.</summary>
    private static double? Gutter(List<TextLine> lines, double width)
    {
        if (lines.Count < 8)
        {
            return null;
        }

        for (var x = width * .4; x <= width * .6; x += 4)
        {
            int crossed = 0, both = 0;
            var wordsRight = 0;
            foreach (var line in lines)
            {
                if (line.Words.Any(word => word.BoundingBox.Left < x + 4 && word.BoundingBox.Right > x - 4))
                {
                    crossed++;
                    continue;
                }

                var right = line.Words.Where(word => word.BoundingBox.Left >= x).ToList();
                if (right.Count > 0 && right.Count < line.Words.Count)
                {
                    both++;
                    wordsRight += right.Count(word => word.Text.Any(char.IsLetter));
                }
            }

            if (crossed * 5 <= lines.Count && both * 2 >= lines.Count && wordsRight >= both * 4)
            {
                return x;
            }
        }

        return null;
    }
}
