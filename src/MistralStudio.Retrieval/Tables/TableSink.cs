using System.Buffers;
using System.Text.Json;
using MistralStudio.Core.Tables;

namespace MistralStudio.Retrieval.Tables;

/// <summary>Takes the rows of a table as a parser finds them, and hands them on in pieces.</summary>
internal sealed class TableSink(TableLimits limits, Action<ReadOnlyMemory<byte>> handOn) : IDisposable
{
    private const int PieceBytes = 128 * 1024;

    private readonly ArrayBufferWriter<byte> _buffer = new(PieceBytes * 2);
    private Utf8JsonWriter? _json;

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Adds a row of texts.</summary>
    public void Add(IReadOnlyList<string> cells) => Add(json =>
    {
        foreach (var cell in cells)
        {
            json.WriteStringValue(cell);
        }
    });

    /// <summary>Adds a row of values.</summary>
    public void Add(IReadOnlyList<JsonElement> cells) => Add(json =>
    {
        foreach (var cell in cells)
        {
            if (cell.ValueKind == JsonValueKind.Undefined)
            {
                json.WriteNullValue();
            }
            else
            {
                cell.WriteTo(json);
            }
        }
    });

    /// <summary>Hands on what is left.</summary>
    public void Flush()
    {
        if (_buffer.WrittenCount > 0)
        {
            handOn(_buffer.WrittenMemory);
            _buffer.ResetWrittenCount();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _json?.Dispose();

    private void Add(Action<Utf8JsonWriter> write)
    {
        if (++Rows > limits.MaxRows)
        {
            throw new TableException(TableErrors.TooManyRows(limits.MaxRows));
        }

        var json = _json ??= TableRows.Writer(_buffer);
        json.WriteStartArray();
        write(json);
        json.WriteEndArray();
        json.Flush();
        json.Reset();
        _buffer.Write("\n"u8);
        if (_buffer.WrittenCount >= PieceBytes)
        {
            Flush();
        }
    }
}

/// <summary>Names of columns, as a first row has them.</summary>
internal static class ColumnNames
{
    /// <summary>Each name once and none empty; nameless columns at the end are no columns.</summary>
    /// <returns>The names, and how many of them were given here.</returns>
    public static (List<string> Names, int Given) Of(IReadOnlyList<string> cells)
    {
        var count = cells.Count;
        while (count > 1 && string.IsNullOrWhiteSpace(cells[count - 1]))
        {
            count--;
        }

        var given = 0;
        var taken = cells.Take(count).Select(cell => cell.Trim()).Where(cell => cell.Length > 0).ToHashSet(StringComparer.Ordinal);
        var (names, used) = (new List<string>(count), new HashSet<string>(StringComparer.Ordinal));
        for (var i = 0; i < count; i++)
        {
            var name = cells[i].Trim();
            if (name.Length > 0 && used.Add(name))
            {
                names.Add(name);
                continue;
            }

            given++;
            var stem = name.Length == 0 ? $"column {i + 1}" : name;
            var free = stem;
            for (var number = 2; taken.Contains(free) || used.Contains(free); number++)
            {
                free = $"{stem} {number}";
            }

            used.Add(free);
            names.Add(free);
        }

        return (names, given);
    }
}
