using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents.Pdf;

/// <summary>A piece of a page as it was set: what it is becomes clear only beside all others.</summary>
/// <param name="Start">First UTF-16 unit in the text so far.</param>
/// <param name="Size">Of its largest letters, points.</param>
/// <param name="IsBold">True where every word is.</param>
/// <param name="IsRow">Gaps part it into cells.</param>
/// <param name="Cells">Its cells, where it is a row.</param>
internal sealed record PdfBlock(
    int Page, int Start, int End, int Lines, double Size, bool IsBold, bool IsRow, bool IsItem, IReadOnlyList<string> Cells, BlockBox Box)
{
    /// <summary>From the lines that make it.</summary>
    public static PdfBlock Of(IReadOnlyList<TextLine> lines, int start, int end, int page, double pageHeight)
    {
        var left = lines.Min(line => line.Left);
        var right = lines.Max(line => line.Right);
        var top = lines.Max(line => line.Words.Max(word => word.BoundingBox.Top));
        var bottom = lines.Min(line => line.Words.Min(word => word.BoundingBox.Bottom));
        var isRow = lines.Count == 1 && lines[0].IsRow;
        return new(
            page, start, end, lines.Count, lines.Max(line => line.Size), lines.All(line => line.IsBold), isRow,
            Splitting.Sentences.StartsItem(lines[0].Text), isRow ? lines[0].Cells() : [],
            new((float)left, (float)(pageHeight - top), (float)(right - left), (float)(top - bottom)));
    }
}
