using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MistralStudio.Core.Tables;

/// <summary>A row of a table.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Cells">By column; fewer where the last ones are absent.</param>
public sealed record TableRow(long Number, IReadOnlyList<JsonElement> Cells)
{
    /// <summary>A cell as text: a string by itself, anything else as its JSON; empty where it is absent or null.</summary>
    public string TextOf(int column) => column < Cells.Count ? TextOf(Cells[column]) : "";

    /// <summary>A value as text: a string by itself, anything else as its JSON; empty where it is null.</summary>
    public static string TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null or JsonValueKind.Undefined => "",
        _ => value.GetRawText(),
    };
}

/// <summary>
/// How a table's rows are kept: UTF-8, a JSON array a line, <c>["Ada",36,null]</c>. A line end within a cell is escaped, so that one in the file
/// always ends a row.
/// </summary>
public static class TableRows
{
    /// <summary>Rows between two places of <see cref="TableIndex"/>.</summary>
    public const int Stride = 512;

    private static readonly JsonWriterOptions s_writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A writer of such rows; call <see cref="Utf8JsonWriter.Reset()"/> after each.</summary>
    public static Utf8JsonWriter Writer(IBufferWriter<byte> to) => new(to, s_writing);

    /// <summary>Reads rows in order, from where the stream stands.</summary>
    /// <param name="first">The number of the row that it stands at.</param>
    public static async IAsyncEnumerable<TableRow> ReadAsync(Stream content, long first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(content, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
        try
        {
            for (var number = first; ;)
            {
                var read = await reader.ReadAsync(cancellationToken);
                var buffer = read.Buffer;
                while (buffer.PositionOf((byte)'\n') is { } end)
                {
                    yield return new TableRow(number++, Parse(buffer.Slice(0, end)));
                    buffer = buffer.Slice(buffer.GetPosition(1, end));
                }

                reader.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted)
                {
                    yield break;
                }
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private static JsonElement[] Parse(ReadOnlySequence<byte> line)
    {
        var json = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 128 });
        return [.. JsonElement.ParseValue(ref json).EnumerateArray()];
    }
}

/// <summary>Where every <see cref="TableRows.Stride"/>th row begins, so that a reader of a million rows need not read those before.</summary>
public sealed class TableIndex
{
    private readonly List<long> _places = [0];
    private long _bytes;
    private long _rows;

    /// <summary>The rows seen so far.</summary>
    public long Rows => _rows;

    /// <summary>Notes the bytes of a file as they are written.</summary>
    public void Note(ReadOnlySpan<byte> written)
    {
        for (var from = 0; ;)
        {
            var end = written[from..].IndexOf((byte)'\n');
            if (end < 0)
            {
                _bytes += written.Length;
                return;
            }

            from += end + 1;
            if (++_rows % TableRows.Stride == 0)
            {
                _places.Add(_bytes + from);
            }
        }
    }

    /// <summary>As it is stored: eight bytes a place, little endian.</summary>
    public byte[] Write()
    {
        var bytes = new byte[_places.Count * sizeof(long)];
        for (var i = 0; i < _places.Count; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), _places[i]);
        }

        return bytes;
    }

    /// <summary>The last place at or before a row: its byte, and the row that begins there.</summary>
    /// <param name="stored">What <see cref="Write"/> gave.</param>
    public static (long Byte, long Row) Find(ReadOnlySpan<byte> stored, long row)
    {
        var place = (int)Math.Min(row / TableRows.Stride, (stored.Length / sizeof(long)) - 1);
        return (System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(stored[(place * sizeof(long))..]), (long)place * TableRows.Stride);
    }
}
