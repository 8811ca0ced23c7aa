using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Documents.Worker;

namespace MistralStudio.Retrieval.Documents;

/// <summary>
/// Reads documents within limits. Plain text and program text are only decoded, here; everything that has a grammar is read by a child process,
/// so that a bad file fails alone.
/// </summary>
internal sealed class DocumentReader(ParserPool pool, IOptions<KnowledgeOptions> options)
{
    public async Task<Result<ExtractedText>> ReadAsync(
        byte[] content, string name, Action<double> progress, CancellationToken cancellationToken)
    {
        var format = FormatDetection.Detect(content.AsSpan(0, Math.Min(content.Length, FormatDetection.HeadBytes)), name);
        if (!format.IsSuccess)
        {
            return format.Error;
        }

        if (format.Value is not (DocumentFormat.Text or DocumentFormat.Code))
        {
            return await pool.ReadAsync(content, name, progress, cancellationToken);
        }

        var context = new ParseContext(ParseLimits.From(options.Value) with { Ocr = false }, progress, cancellationToken);
        try
        {
            return await Task.Run(() => DocumentParsing.Read(content, name, context), cancellationToken);
        }
        catch (DocumentException refused)
        {
            return refused.Error;
        }
    }
}
