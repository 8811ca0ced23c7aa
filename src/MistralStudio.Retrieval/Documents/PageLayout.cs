using System.Text;
using UglyToad.PdfPig.Content;

namespace MistralStudio.Retrieval.Documents;

/// <summary>
/// Puts a page's words into reading order: lines by their baselines, two columns one after the other where a gutter parts running text
/// (and not the numbers of a table), paragraphs by the space between lines.
/// </summary>
internal static class PageLayout
{
    private sealed record Line(List<Word> Words, double Bottom, double Height)
    {
        public double Left => Words[0].BoundingBox.Left;

        public double Right => Words[^1].BoundingBox.Right;
    }

    /// <summary>Appends the page's text; nothing where it has none.</summary>
    public static void Write(Page page, StringBuilder text)
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
                    WriteLines([line], text, separate);
                    separate = true;
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
                        WriteLines(Lines(column), text, separate);
                        separate = true;
                        column.Clear();
                    }
                }
            }
        }
        else
        {
            WriteLines(lines, text, separate: false);
        }
    }

    private static List<Line> Lines(List<Word> words)
    {
        var lines = new List<Line>();
        foreach (var word in words.OrderByDescending(word => Middle(word)))
        {
            var height = Math.Max(word.BoundingBox.Height, 1);
            if (lines.Count > 0 && Math.Abs(lines[^1].Bottom + (lines[^1].Height / 2) - Middle(word)) < Math.Max(lines[^1].Height, height) * .5)
            {
                lines[^1].Words.Add(word);
            }
            else
            {
                lines.Add(new Line([word], word.BoundingBox.Bottom, height));
            }
        }

        foreach (var line in lines)
        {
            line.Words.Sort((a, b) => a.BoundingBox.Left.CompareTo(b.BoundingBox.Left));
        }

        return lines;
    }

    private static double Middle(Word word) => (word.BoundingBox.Bottom + word.BoundingBox.Top) / 2;

    /// <summary>Where two columns of running text part; null on a page of one column or a table.</summary>
    private static double? Gutter(List<Line> lines, double width)
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

    private static void WriteLines(List<Line> lines, StringBuilder text, bool separate)
    {
        if (separate)
        {
            text.Append("\n\n");
        }

        var usual = UsualStep(lines);
        for (var i = 0; i < lines.Count; i++)
        {
            if (i > 0)
            {
                var step = lines[i - 1].Bottom - lines[i].Bottom;
                var sizeChanges = Math.Abs(lines[i].Height - lines[i - 1].Height) > .35 * Math.Max(lines[i].Height, lines[i - 1].Height);
                text.Append(step > usual * 1.35 || (sizeChanges && step > usual * 1.15) ? "\n\n" : "\n");
            }

            for (var w = 0; w < lines[i].Words.Count; w++)
            {
                if (w > 0)
                {
                    text.Append(' ');
                }

                text.Append(lines[i].Words[w].Text.Replace('\u00A0', ' ').Trim());
            }
        }
    }

    private static double UsualStep(List<Line> lines)
    {
        if (lines.Count < 2)
        {
            return double.MaxValue;
        }

        var steps = lines.Zip(lines.Skip(1), (a, b) => a.Bottom - b.Bottom).Where(step => step > 1).Order().ToList();
        return steps.Count == 0 ? double.MaxValue : Math.Max(steps[(int)(steps.Count * .4)], 1);
    }
}
