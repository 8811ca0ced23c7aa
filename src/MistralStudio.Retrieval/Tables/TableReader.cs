using MistralStudio.Core;
using MistralStudio.Core.Tables;
using MistralStudio.Retrieval.Documents;
using MistralStudio.Retrieval.Documents.Worker;
using Format = MistralStudio.Retrieval.Documents.DocumentFormat;

namespace MistralStudio.Retrieval.Tables;

/// <inheritdoc cref="ITableReader"/>
/// <remarks>What a file is and how its letters are written is decided here by looking at bytes; everything that has a grammar is the child's.</remarks>
internal sealed class TableReader(ParserPool pool) : ITableReader
{
    public async Task<Result<TableShape>> ReadAsync(Stream content, string name, TableLimits limits, Stream rows, CancellationToken cancellationToken)
    {
        content.Position = 0;
        var head = new byte[FormatDetection.HeadBytes];
        head = head[..await content.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken)];
        if (head.Length == 0)
        {
            return TableErrors.Empty();
        }

        var format = FormatOf(head, name);
        if (!format.IsSuccess)
        {
            return format.Error;
        }

        if (format.Value == TableFormat.Xlsx)
        {
            return await pool.ReadTableAsync(content, name, new TableRequest(TableFormat.Xlsx, 0, limits), rows, cancellationToken);
        }

        var (encoding, isGuess) = await TableEncoding.FindAsync(content, cancellationToken);
        var read = await pool.ReadTableAsync(content, name, new TableRequest(format.Value, encoding.CodePage, limits), rows, cancellationToken);
        return read.IsSuccess && isGuess ? read.Value with { Notes = [TableNote.GuessedEncoding(encoding.EncodingName), .. read.Value.Notes] } : read;
    }

    private static Result<TableFormat> FormatOf(byte[] head, string name)
    {
        var detected = FormatDetection.Detect(head, name);
        return !detected.IsSuccess ? detected.Error : detected.Value switch
        {
            Format.Zip => TableFormat.Xlsx,
            Format.Pdf => TableErrors.NotATable("a PDF"),
            Format.Picture => TableErrors.NotATable("a picture"),
            Format.Html => TableErrors.NotATable("a web page"),
            Format.Notebook => TableErrors.NotATable("a notebook"),
            Format.Json => TableFormat.JsonLines,
            _ => head.AsSpan().TrimStart("\uFEFF \t\r\n"u8) is [(byte)'{', ..] ? TableFormat.JsonLines : TableFormat.Csv,
        };
    }
}
