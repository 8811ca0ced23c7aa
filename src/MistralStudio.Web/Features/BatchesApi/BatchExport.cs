using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Tables;

namespace MistralStudio.Web.Features.BatchesApi;

/// <summary>Writes a table with the added columns as a file, row by row.</summary>
internal static class BatchExport
{
    /// <summary>Says in a response how cells that a spreadsheet program would compute were written.</summary>
    public const string FormulasHeader = "Table-Formulas";

    private static readonly JsonSerializerOptions s_values = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A format by its name; null where it is none.</summary>
    public static BatchFormat? Find(string? name) => name switch
    {
        null or "csv" => BatchFormat.Csv,
        "jsonl" => BatchFormat.JsonLines,
        "xlsx" => BatchFormat.Xlsx,
        _ => null,
    };

    /// <summary>Writes the file as the response.</summary>
    public static async Task WriteAsync(HttpContext http, FilledRows rows, Batch batch, StoredTable table, BatchFormat format)
    {
        var output = new OutputColumns(batch.Plan, table.Columns);
        var (type, extension) = format switch
        {
            BatchFormat.Csv => ("text/csv; charset=utf-8", "csv"),
            BatchFormat.JsonLines => ("application/jsonl; charset=utf-8", "jsonl"),
            _ => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        };
        http.Response.ContentType = type;
        http.Response.Headers.ContentDisposition = new Microsoft.Net.Http.Headers.ContentDispositionHeaderValue("attachment") { FileNameStar = $"{Label(batch.Name)}.{extension}", FileName = $"batch.{extension}" }.ToString();
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        var read = rows.ReadAsync(batch, 0, http.RequestAborted);
        switch (format)
        {
            case BatchFormat.Csv:
                http.Response.Headers[FormulasHeader] = "escaped; an apostrophe stands before cells that begin with = + - @, a tab or a line end";
                await WriteCsvAsync(http.Response.Body, read, table.Columns, output);
                break;
            case BatchFormat.JsonLines:
                http.Response.Headers[FormulasHeader] = "as they are";
                await WriteLinesAsync(http.Response.Body, read, table.Columns, output, http.RequestAborted);
                break;
            default:
                http.Response.Headers[FormulasHeader] = "text by the type of their cells";
                await WriteWorkbookAsync(http.Response.Body, read, table.Columns, output, http.RequestAborted);
                break;
        }
    }

    private static async Task WriteCsvAsync(Stream to, IAsyncEnumerable<FilledRow> rows, IReadOnlyList<string> columns, OutputColumns output)
    {
        // The mark is how Excel tells UTF-8 from the encoding of the machine.
        await using var text = new StreamWriter(to, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), bufferSize: 32 * 1024, leaveOpen: true);
        var csv = new CsvWriter(text);
        await csv.WriteAsync([.. columns, .. output.Names]);
        await foreach (var row in rows)
        {
            await csv.WriteAsync(Texts(row, columns, output));
        }
    }

    private static async Task WriteLinesAsync(Stream to, IAsyncEnumerable<FilledRow> rows, IReadOnlyList<string> columns, OutputColumns output, CancellationToken cancellationToken)
    {
        var line = new ArrayBufferWriter<byte>();
        await using var json = TableRows.Writer(line);
        await foreach (var (row, result) in rows)
        {
            json.WriteStartObject();
            for (var i = 0; i < row.Cells.Count && i < columns.Count; i++)
            {
                json.WritePropertyName(columns[i]);
                row.Cells[i].WriteTo(json);
            }

            foreach (var (name, value) in output.Names.Zip(output.ValuesOf(result)))
            {
                json.WritePropertyName(name);
                JsonSerializer.Serialize(json, value, s_values);
            }

            json.WriteEndObject();
            await json.FlushAsync(cancellationToken);
            json.Reset();
            line.Write("\n"u8);
            await to.WriteAsync(line.WrittenMemory, cancellationToken);
            line.ResetWrittenCount();
        }
    }

    // An archive is written where it can be gone back in: a file, which is gone with its handle.
    private static async Task WriteWorkbookAsync(Stream to, IAsyncEnumerable<FilledRow> rows, IReadOnlyList<string> columns, OutputColumns output, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(
            Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N")), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await using (var book = await XlsxWriter.BeginAsync(file, cancellationToken))
        {
            await book.WriteAsync([.. columns, .. output.Names]);
            await foreach (var row in rows)
            {
                await book.WriteAsync(Texts(row, columns, output));
            }
        }

        file.Position = 0;
        await file.CopyToAsync(to, cancellationToken);
    }

    private static List<string> Texts(FilledRow row, IReadOnlyList<string> columns, OutputColumns output) =>
        [.. Enumerable.Range(0, columns.Count).Select(row.Row.TextOf), .. output.TextsOf(row.Result)];

    // What is named after its table would be taken for it.
    private static string Label(string name)
    {
        if (Path.GetExtension(name).ToLowerInvariant() is ".csv" or ".tsv" or ".xlsx" or ".jsonl")
        {
            name = $"{Path.GetFileNameWithoutExtension(name)}-answers";
        }

        var clean = new string([.. name.Where(c => !char.IsControl(c) && c is not ('/' or '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|'))]).Trim();
        return clean.Length == 0 ? "batch" : clean;
    }
}

/// <summary>What a batch can be taken out as.</summary>
internal enum BatchFormat
{
    Csv,
    JsonLines,
    Xlsx,
}

/// <summary>Expected failures of requests about batches.</summary>
internal static class BatchApiErrors
{
    public static Error NoTable() => new("batch.no_table", "A batch needs a table.", "Add one by POST /api/batches/tables and send its id as table.");

    public static Error NoPrompt() => new("batch.no_prompt", "A batch needs a prompt: either a saved one or a content.", "Send prompt as prompt:slug@version, or content.");

    public static Error BadPrompt(string text) => new("batch.bad_prompt", $"\"{(text.Length <= 100 ? text : text[..97] + "...")}\" names no prompt.", "Write prompt:slug, prompt:slug@3 or prompt:slug@production.");

    public static Error BadFormat(string text) => new("batch.bad_format", $"\"{(text.Length <= 40 ? text : text[..37] + "...")}\" is no format.", "format may be csv, jsonl or xlsx.");

    public static Error BadState(string state) => new("batch.bad_state", $"There is no state \"{(state.Length <= 40 ? state : state[..37] + "...")}\".", "Use one of: running, paused, done, cancelled; of rows: succeeded, failed.");

    public static Error EmptyPaste() => new("batch.empty_paste", "There is no text in this request.", "Send the rows as text, the names of the columns on the first line.");
}
