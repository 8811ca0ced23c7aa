using System.Text;
using System.Text.Json;
using MistralStudio.Core.Tables;

namespace MistralStudio.Retrieval.Tables;

/// <summary>From bytes to rows, whatever the format; runs in the child.</summary>
internal static class TableParsing
{
    private const int HeadCharacters = 16 * 1024;

    /// <summary>Reads a table to its end.</summary>
    /// <exception cref="TableException">It cannot be read; the reason is for its owner.</exception>
    public static TableShape Read(Stream content, TableRequest request, Documents.ParseContext context, TableSink sink)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var shape = request.Format switch
        {
            TableFormat.Csv => ReadCsv(content, request, context, sink),
            TableFormat.JsonLines => ReadJsonLines(content, request, context, sink),
            _ => XlsxTable.Read(content, request.Limits, context, sink),
        };
        sink.Flush();
        return shape.Rows == 0 ? throw new TableException(TableErrors.NoRows()) : shape;
    }

    private static TableShape ReadCsv(Stream content, TableRequest request, Documents.ParseContext context, TableSink sink)
    {
        using var text = new StreamReader(content, Encoding.GetEncoding(request.CodePage));
        var head = new char[HeadCharacters];
        head = head[..text.ReadBlock(head)];
        var notes = new List<TableNote>();
        var (separator, skipped) = SeparatorOf(new string(head));
        if (separator != ',')
        {
            notes.Add(TableNote.Separator(separator));
        }

        using var whole = new HeadedReader(head, skipped, text);
        var reader = new CsvReader(whole, separator, request.Limits);
        var cells = new List<string>();
        if (!reader.Read(cells))
        {
            throw new TableException(TableErrors.Empty());
        }

        var (names, given) = ColumnNames.Of(cells);
        if (given > 0)
        {
            notes.Add(TableNote.NamedColumns(given));
        }

        while (reader.Read(cells))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            Fit(cells, names.Count, reader.Line);
            sink.Add(cells);
        }

        return new TableShape(names, sink.Rows, notes);
    }

    // Excel's own: a first line that says which character it is.
    private static (char Separator, int Skipped) SeparatorOf(string head) =>
        head.Length > 5 && head.StartsWith("sep=", StringComparison.OrdinalIgnoreCase) && head[5] is '\r' or '\n'
            ? (head[4], head[5] == '\r' && head.Length > 6 && head[6] == '\n' ? 7 : 6)
            : (CsvSeparator.Of(head), 0);

    private static void Fit(List<string> cells, int columns, long line)
    {
        while (cells.Count > columns && cells[^1].Length == 0)
        {
            cells.RemoveAt(cells.Count - 1);
        }

        if (cells.Count > columns)
        {
            throw new TableException(TableErrors.TooManyCells(line, cells.Count, columns));
        }
    }

    private static TableShape ReadJsonLines(Stream content, TableRequest request, Documents.ParseContext context, TableSink sink)
    {
        using var text = new StreamReader(content, Encoding.GetEncoding(request.CodePage));
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var cells = new List<JsonElement>();
        for (long line = 1; text.ReadLine() is { } written; line++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (string.IsNullOrWhiteSpace(written))
            {
                continue;
            }

            using var json = Parse(written, line);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new TableException(TableErrors.NotAnObject(line));
            }

            cells.Clear();
            foreach (var member in json.RootElement.EnumerateObject())
            {
                Place(member, line, places, cells, request.Limits);
            }

            sink.Add(cells);
        }

        return places.Count == 0 ? throw new TableException(TableErrors.Empty()) : new TableShape([.. places.Keys], sink.Rows, []);
    }

    private static void Place(JsonProperty member, long line, Dictionary<string, int> places, List<JsonElement> cells, TableLimits limits)
    {
        var name = member.Name.Trim();
        name = name.Length == 0 ? "column" : name;
        if (!places.TryGetValue(name, out var place))
        {
            if (places.Count == limits.MaxColumns)
            {
                throw new TableException(TableErrors.TooManyColumns(limits.MaxColumns));
            }

            place = places[name] = places.Count;
        }

        if (member.Value.GetRawText().Length > limits.MaxCellCharacters)
        {
            throw new TableException(TableErrors.CellTooLong(line, limits.MaxCellCharacters));
        }

        while (cells.Count <= place)
        {
            cells.Add(default);
        }

        cells[place] = member.Value;
    }

    private static JsonDocument Parse(string line, long number)
    {
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException)
        {
            throw new TableException(TableErrors.BrokenJson(number));
        }
    }

    // What was read to look at, then the rest.
    private sealed class HeadedReader(char[] head, int skipped, TextReader rest) : TextReader
    {
        private int _at = skipped;

        public override int Read(char[] buffer, int index, int count)
        {
            if (_at == head.Length)
            {
                return rest.Read(buffer, index, count);
            }

            var length = Math.Min(count, head.Length - _at);
            head.AsSpan(_at, length).CopyTo(buffer.AsSpan(index));
            _at += length;
            return length;
        }
    }
}
