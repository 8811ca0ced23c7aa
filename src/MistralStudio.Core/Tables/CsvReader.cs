using System.Text;

namespace MistralStudio.Core.Tables;

/// <summary>
/// Reads comma-separated values (RFC 4180) as they come, also with another separator and with any line ends. What the quotation marks leave
/// unclear is refused with its line rather than guessed.
/// </summary>
/// <remarks><c>"a ""b""",c</c> is <c>a "b"</c> and <c>c</c>; a mark inside a cell that does not begin with one is a letter; empty lines are no rows.</remarks>
public sealed class CsvReader(TextReader text, char separator, TableLimits limits)
{
    private const int End = -1;

    private readonly char[] _buffer = new char[32 * 1024];
    private readonly StringBuilder _cell = new();
    private int _at;
    private int _filled;
    private long _line = 1;

    /// <summary>The line on which the row that was read last began, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Reads the next row; false at the end.</summary>
    /// <param name="cells">Emptied, then filled.</param>
    /// <exception cref="TableException">The quotation marks are wrong, or a limit is passed.</exception>
    public bool Read(List<string> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        while (true)
        {
            cells.Clear();
            if (Peek() == End)
            {
                return false;
            }

            Line = _line;
            if (!ReadRow(cells))
            {
                return true;
            }
        }
    }

    // True where the line was empty.
    private bool ReadRow(List<string> cells)
    {
        var quoted = false;
        while (true)
        {
            if (cells.Count == limits.MaxColumns)
            {
                throw new TableException(TableErrors.TooManyColumns(limits.MaxColumns));
            }

            if (Peek() == '"')
            {
                quoted = true;
                cells.Add(ReadQuoted());
            }
            else
            {
                cells.Add(ReadPlain());
            }

            var next = Peek();
            if (next == separator)
            {
                _at++;
                continue;
            }

            EndLine(next);
            return cells.Count == 1 && cells[0].Length == 0 && !quoted;
        }
    }

    private void EndLine(int next)
    {
        if (next == End)
        {
            return;
        }

        _at++;
        _line++;
        if (next == '\r' && Peek() == '\n')
        {
            _at++;
        }
    }

    private string ReadPlain()
    {
        _cell.Clear();
        while (Peek() != End)
        {
            var rest = _buffer.AsSpan(_at, _filled - _at);
            var end = rest.IndexOfAny(separator, '\r', '\n');
            var length = end < 0 ? rest.Length : end;
            // Most cells lie whole in the buffer.
            if (end >= 0 && _cell.Length == 0 && length <= limits.MaxCellCharacters)
            {
                _at += length;
                return length == 0 ? "" : new string(rest[..length]);
            }

            Append(rest[..length], _line);
            _at += length;
            if (end >= 0)
            {
                break;
            }
        }

        return _cell.ToString();
    }

    private string ReadQuoted()
    {
        var began = _line;
        _cell.Clear();
        _at++;
        while (true)
        {
            if (Peek() == End)
            {
                throw new TableException(TableErrors.QuoteNotClosed(began));
            }

            var rest = _buffer.AsSpan(_at, _filled - _at);
            var end = rest.IndexOfAny('"', '\n', '\r');
            var length = end < 0 ? rest.Length : end;
            Append(rest[..length], began);
            _at += length;
            if (end < 0)
            {
                continue;
            }

            var c = _buffer[_at++];
            if (c == '"')
            {
                if (Peek() != '"')
                {
                    break;
                }

                _at++;
            }
            else if (c == '\r' && Peek() == '\n')
            {
                Append("\r", began);
                c = _buffer[_at++];
                _line++;
            }
            else
            {
                _line++;
            }

            Append([c], began);
        }

        return Peek() is var after && (after == End || after == separator || after is '\r' or '\n')
            ? _cell.ToString()
            : throw new TableException(TableErrors.TextAfterQuote(_line));
    }

    private void Append(ReadOnlySpan<char> more, long began)
    {
        if (_cell.Length + more.Length > limits.MaxCellCharacters)
        {
            throw new TableException(TableErrors.CellTooLong(began, limits.MaxCellCharacters));
        }

        _cell.Append(more);
    }

    private int Peek()
    {
        if (_at == _filled)
        {
            (_at, _filled) = (0, text.Read(_buffer));
        }

        return _filled == 0 ? End : _buffer[_at];
    }
}

/// <summary>Which character parts the cells of a text.</summary>
public static class CsvSeparator
{
    private const int Lines = 10;

    /// <summary>Comma, semicolon, tab or bar: the one that parts the first lines into the same number of cells, quotation marks heeded; a comma where none does.</summary>
    public static char Of(string head)
    {
        ArgumentNullException.ThrowIfNull(head);
        return ((char[])[',', ';', '\t', '|']).MaxBy(separator => Score(head, separator));
    }

    private static int Score(string head, char separator)
    {
        var counts = new List<int>();
        var reader = new CsvReader(new StringReader(head), separator, new TableLimits());
        var cells = new List<string>();
        try
        {
            while (counts.Count < Lines && reader.Read(cells))
            {
                counts.Add(cells.Count);
            }
        }
        catch (TableException)
        {
            // The head may end inside a cell, and by another separator the marks may be right.
        }

        return counts.Count == 0 || counts[0] == 1 ? 0 : (counts.Count(count => count == counts[0]) * 1_000) + counts[0];
    }
}
