using MistralStudio.Retrieval.Splitting;
using UglyToad.PdfPig.Content;

namespace MistralStudio.Retrieval.Documents.Pdf;

/// <summary>Words beside each other on a page. It is filled word by word, then sorted, and only then asked what it says.</summary>
internal sealed class TextLine
{
    // A wider gap, in font sizes, is no space, however far a justified line is stretched.
    private const double WidestSpace = 1.6;

    private Word? _lastCell;
    private string? _text;

    public TextLine(Word first)
    {
        Words = [first];
        Baseline = BaselineOf(first);
        Size = SizeOf(first);
    }

    /// <summary>Left to right once the line is whole.</summary>
    public List<Word> Words { get; }

    /// <summary>On which its largest words stand, points from the page's lower edge.</summary>
    public double Baseline { get; private set; }

    /// <summary>Size of its largest letters, points.</summary>
    public double Size { get; private set; }

    public double Left => Words[0].BoundingBox.Left;

    public double Right => Words[^1].BoundingBox.Right;

    /// <summary>True where gaps part it into cells: a row of a table, a line of a form.</summary>
    public bool IsRow => LastCell != Words[0];

    /// <summary>The first word of its last cell; the mark of a list's item is no cell.</summary>
    public Word LastCell => _lastCell ??= Enumerable.Range(1, Words.Count - 1).Skip(Sentences.StartsItem(Text) ? 1 : 0).Reverse()
        .Where(i => Words[i].BoundingBox.Left - Words[i - 1].BoundingBox.Right > WidestSpace * Size).Select(i => Words[i]).FirstOrDefault(Words[0]);

    /// <summary>What it says, one space between words.</summary>
    public string Text => _text ??= string.Join(' ', Words.Select(word => word.Text.Replace('\u00A0', ' ').Replace('\u00AD', '-').Trim()));

    /// <summary>True where each of its words is set in a bold font.</summary>
    public bool IsBold => Words.TrueForAll(word => word.FontName is { } font
        && (font.Contains("Bold", StringComparison.OrdinalIgnoreCase) || font.Contains("Black", StringComparison.OrdinalIgnoreCase)
            || font.Contains("Heavy", StringComparison.OrdinalIgnoreCase)));

    /// <summary>What its cells say, left to right.</summary>
    public List<string> Cells()
    {
        var cells = new List<string>();
        Word? before = null;
        foreach (var word in Words)
        {
            if (before is not null && word.BoundingBox.Left - before.BoundingBox.Right <= WidestSpace * Size)
            {
                cells[^1] += ' ' + word.Text;
            }
            else
            {
                cells.Add(word.Text);
            }

            before = word;
        }

        return cells;
    }

    public static double BaselineOf(Word word) => word.Letters[0].StartBaseLine.Y;

    public static double SizeOf(Word word) => Math.Max(1, word.Letters.Max(letter => letter.PointSize));

    public void Add(Word word)
    {
        Words.Add(word);
        if (SizeOf(word) is var size && size > Size)
        {
            (Size, Baseline) = (size, BaselineOf(word));
        }
    }
}
