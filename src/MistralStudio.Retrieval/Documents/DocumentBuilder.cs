using System.Text;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents;

/// <summary>
/// Writes a document as every parser gives it: one text, in which headings are marked by <c>#</c>, items by <c>-</c> and cells parted by
/// <c>|</c>, and the block of each piece. Blocks are parted by a blank line; items of a list and rows of a table stand on lines of their own.
/// </summary>
/// <exception cref="DocumentException">It says more than it may.</exception>
internal sealed class DocumentBuilder(int maxCharacters)
{
    private const string CellJoint = " | ";
    private const int LongestNotes = 20;

    private readonly StringBuilder _text = new();
    private readonly List<TextBlock> _blocks = [];
    private readonly List<PageSpan> _pages = [];
    private readonly List<int> _pagesWithoutText = [];
    private readonly List<DocumentNote> _notes = [];
    private (int Number, int? Start)? _page;
    private int _unseenNotes;

    /// <summary>Characters so far.</summary>
    public int Length => _text.Length;

    /// <summary>Begins a page (a slide); blocks until the next one stand on it.</summary>
    public void BeginPage(int number)
    {
        EndPage();
        _page = (number, null);
    }

    /// <summary>A heading; nothing where its text is blank.</summary>
    /// <param name="level">From 1.</param>
    public void Heading(string text, int level)
    {
        if (Clean(text) is { Length: > 0 } title)
        {
            level = Math.Clamp(level, 1, 6);
            Break(blank: true);
            _text.Append('#', level).Append(' ');
            Add(BlockKind.Heading, title, level);
        }
    }

    /// <summary>Running text; line ends in it stay.</summary>
    public void Paragraph(string text) => Piece(BlockKind.Paragraph, text, blank: true);

    /// <summary>An item of a list.</summary>
    /// <param name="level">From 1.</param>
    public void ListItem(string text, int level)
    {
        if (Clean(text) is { Length: > 0 } item)
        {
            level = Math.Clamp(level, 1, 9);
            Break(blank: _blocks.Count > 0 && _blocks[^1].Kind != BlockKind.ListItem);
            _text.Append(' ', 2 * (level - 1)).Append("- ");
            Add(BlockKind.ListItem, item, level);
        }
    }

    /// <summary>A row of a table; one without a word is left out.</summary>
    public void Row(IEnumerable<string> cells, bool header)
    {
        var cleaned = cells.Select(Clean).ToList();
        if (cleaned.All(cell => cell.Length == 0))
        {
            return;
        }

        while (cleaned[^1].Length == 0)
        {
            cleaned.RemoveAt(cleaned.Count - 1);
        }

        var starts = header || _blocks.Count == 0 || !_blocks[^1].IsRow;
        Break(blank: starts);
        Add(header ? BlockKind.TableHeader : BlockKind.TableRow, string.Join(CellJoint, cleaned));
    }

    /// <summary>Makes sure that the next row begins a table of its own.</summary>
    public void EndTable() => Break(blank: true);

    /// <summary>Program text; its line ends and indentation stay.</summary>
    public void Code(string text, string? language)
    {
        text = text.ReplaceLineEndings("\n").Trim('\n').TrimEnd();
        if (!string.IsNullOrWhiteSpace(text))
        {
            Break(blank: true);
            Add(BlockKind.Code, text, language: language);
        }
    }

    /// <summary>Something that the document's reader should know.</summary>
    public void Note(string code, string message)
    {
        if (_notes.Count < LongestNotes)
        {
            _notes.Add(new(code, message));
        }
        else
        {
            _unseenNotes++;
        }
    }

    /// <summary>Another document inside this one, under headings of its own; its pages and places are not this document's.</summary>
    /// <param name="deeper">How many levels its headings go down.</param>
    public void Append(ExtractedText nested, int deeper)
    {
        if (string.IsNullOrWhiteSpace(nested.Text))
        {
            return;
        }

        Break(blank: true);
        var start = _text.Length;
        _text.Append(nested.Text);
        Check();
        foreach (var block in nested.Blocks)
        {
            _blocks.Add(block with
            {
                Start = block.Start + start,
                End = block.End + start,
                Level = block.Kind == BlockKind.Heading ? block.Level + deeper : block.Level,
                Box = null,
            });
        }

        foreach (var note in nested.Notes)
        {
            Note(note.Code, note.Message);
        }
    }

    /// <summary>The document as written.</summary>
    public ExtractedText Build()
    {
        EndPage();
        if (_unseenNotes > 0)
        {
            _notes.Add(new("document.more_notes", $"{_unseenNotes:N0} more of this kind."));
        }

        return new ExtractedText(_text.ToString(), _pages, _pagesWithoutText) { Blocks = _blocks, Notes = _notes };
    }

    /// <summary>One space for each run of white space, but line ends in it, without control characters.</summary>
    internal static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (char.IsWhiteSpace(c))
            {
                if (clean.Length > 0 && clean[^1] != ' ')
                {
                    clean.Append(' ');
                }
            }
            else if (!char.IsControl(c) && c is not ('\uFFFE' or '\uFEFF' or '\u200B'))
            {
                clean.Append(c);
            }
        }

        return clean.ToString().TrimEnd();
    }

    private void Piece(BlockKind kind, string text, bool blank)
    {
        if (!string.IsNullOrWhiteSpace(text))
        {
            Break(blank);
            Add(kind, string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(Clean)).Trim('\n'));
        }
    }

    private void Add(BlockKind kind, string text, int level = 0, string? language = null)
    {
        var start = _text.Length;
        _text.Append(text);
        _blocks.Add(new(kind, start, _text.Length, level, language));
        if (_page is { Start: null } page)
        {
            _page = (page.Number, start - (kind == BlockKind.Heading ? level + 1 : 0));
        }

        Check();
    }

    private void Check()
    {
        if (_text.Length > maxCharacters)
        {
            throw new DocumentException(DocumentErrors.TooMuchText(maxCharacters));
        }
    }

    private void EndPage()
    {
        if (_page is { } page)
        {
            _pages.Add(new(page.Number, page.Start ?? _text.Length, _text.Length));
            if (page.Start is null)
            {
                _pagesWithoutText.Add(page.Number);
            }
        }

        _page = null;
    }

    private void Break(bool blank)
    {
        var wanted = _text.Length == 0 ? 0 : blank ? 2 : 1;
        var present = 0;
        while (present < 2 && _text.Length > present && _text[_text.Length - 1 - present] == '\n')
        {
            present++;
        }

        _text.Append('\n', Math.Max(0, wanted - present));
    }
}
