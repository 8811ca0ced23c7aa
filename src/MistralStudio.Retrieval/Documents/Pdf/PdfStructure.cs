using System.Text.RegularExpressions;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents.Pdf;

/// <summary>
/// Tells headings, items and rows of a PDF, which has none of them: a heading is short, stands alone and is larger or bolder than running text, or
/// numbered as reports are ("PART II", "Item 7.", "2.1 Method"); the first of several rows names the columns where it has words and no figures.
/// </summary>
internal static partial class PdfStructure
{
    private const int LongestHeading = 150;
    private const int LongestHeadingLines = 3;
    private const int SizeLevels = 3;
    private const double Larger = 1.14;

    /// <summary>The blocks as what they are, in their order.</summary>
    public static List<TextBlock> Classify(IReadOnlyList<PdfBlock> blocks, string text)
    {
        var body = BodySize(blocks);
        var running = RunningLines(blocks, text);
        var sizes = new List<double>();
        foreach (var size in blocks.Where(block => IsLarge(block) && CanBeHeading(block)).Select(block => block.Size).OrderDescending())
        {
            if (sizes.Count == 0 || size < sizes[^1] * .93)
            {
                sizes.Add(size);
            }
        }

        var classified = new List<TextBlock>(blocks.Count);
        for (var i = 0; i < blocks.Count; i++)
        {
            var block = blocks[i];
            var level = CanBeHeading(block) ? LevelOf(block) : 0;
            classified.Add(
                level > 0 ? new(BlockKind.Heading, block.Start, block.End, level, Box: block.Box)
                : block.IsRow ? new(IsHeaderRow(blocks, i) ? BlockKind.TableHeader : BlockKind.TableRow, block.Start, block.End, Box: block.Box)
                : block.IsItem ? new(BlockKind.ListItem, block.Start, block.End, 1, Box: block.Box)
                : new(BlockKind.Paragraph, block.Start, block.End, Box: block.Box));
        }

        return classified;

        bool IsLarge(PdfBlock block) => block.Size >= body * Larger;

        bool CanBeHeading(PdfBlock block)
        {
            var words = text.AsSpan(block.Start, block.End - block.Start).Trim();
            // "Item 7.", a gap, and its title: a row by its look.
            var isNumberedRow = block.IsRow && block.Cells.Count == 2 && (Part().IsMatch(block.Cells[0]) || Item().IsMatch(block.Cells[0]));
            return (!block.IsRow || isNumberedRow) && block.Lines <= LongestHeadingLines && words.Length is > 2 and <= LongestHeading
                && (words[^1] is not ('.' or ',' or ';' or '-' or ':') || (block.IsBold && words[^1] == '.' && (Part().IsMatch(words) || Item().IsMatch(words))))
                && !running.Contains(words.ToString())
                && words.IndexOfAnyInRange('A', '\uFFFF') >= 0 && char.IsLetterOrDigit(words[0]) && !EndsInNumber().IsMatch(words);
        }

        int LevelOf(PdfBlock block)
        {
            var words = text.AsSpan(block.Start, block.End - block.Start).Trim().ToString();
            return block.Lines > 1 && !IsLarge(block) ? 0
                : Part().IsMatch(words) ? 1
                : Item().IsMatch(words) ? 2
                : Numbered().Match(words) is { Success: true } match && (block.IsBold || IsLarge(block) || words.Length < 60) ? 3 + match.Groups[1].Value.Count(c => c == '.')
                : IsLarge(block) ? Math.Min(SizeLevels, sizes.FindIndex(size => block.Size >= size * .93) + 1)
                : block.IsBold && !block.IsItem && block.Size >= body * .95 ? SizeLevels + 1
                : 0;
        }
    }

    /// <summary>"No text on pages 3-7 and 9.": the pages as people list them.</summary>
    public static string ListPages(IReadOnlyList<int> pages)
    {
        var ranges = new List<string>();
        for (var i = 0; i < pages.Count;)
        {
            var end = i;
            while (end + 1 < pages.Count && pages[end + 1] == pages[end] + 1)
            {
                end++;
            }

            ranges.Add(end == i ? $"{pages[i]}" : $"{pages[i]}-{pages[end]}");
            i = end + 1;
        }

        return string.Join(", ", ranges);
    }

    /// <summary>The size that most of the letters have.</summary>
    private static double BodySize(IReadOnlyList<PdfBlock> blocks) => blocks.Count == 0 ? 0 : blocks
        .GroupBy(block => Math.Round(block.Size * 2) / 2).MaxBy(group => group.Sum(block => block.End - block.Start))!.Key;

    /// <summary>Lines that come again on page after page: headers and footers of the page, not headings of the text.</summary>
    private static HashSet<string> RunningLines(IReadOnlyList<PdfBlock> blocks, string text) => blocks
        .Where(block => block.Lines == 1 && block.End - block.Start <= LongestHeading)
        .Select(block => (block.Page, Words: text[block.Start..block.End].Trim()))
        .Distinct().GroupBy(line => line.Words).Where(group => group.Count() > 2).Select(group => group.Key).ToHashSet();

    private static bool IsHeaderRow(IReadOnlyList<PdfBlock> blocks, int at)
    {
        const int FewestRows = 3;
        if (at > 0 && blocks[at - 1].IsRow && blocks[at - 1].Page == blocks[at].Page)
        {
            return false;
        }

        var rows = 0;
        while (at + rows < blocks.Count && blocks[at + rows].IsRow && blocks[at + rows].Page == blocks[at].Page)
        {
            rows++;
        }

        return rows >= FewestRows && blocks[at].Cells.All(cell => !Figure().IsMatch(cell) || Year().IsMatch(cell));
    }

    [GeneratedRegex(@"^(PART|Part|CHAPTER|Chapter)\s+([IVX]+|\d+)\b")]
    private static partial Regex Part();

    [GeneratedRegex(@"^(ITEM|Item|NOTE|Note|ARTICLE|Article|SECTION|Section|Appendix|APPENDIX)\s+(\d+[A-Z]?|[A-Z])\b")]
    private static partial Regex Item();

    [GeneratedRegex(@"^(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+\p{Lu}\p{L}")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"\s\.{3,}|[^\d\s,.]\s\d{1,3}$")]
    private static partial Regex EndsInNumber();

    [GeneratedRegex(@"\d")]
    private static partial Regex Figure();

    [GeneratedRegex(@"^\D*\b(19|20)\d\d\b\D*$")]
    private static partial Regex Year();
}
