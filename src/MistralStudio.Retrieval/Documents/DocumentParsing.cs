using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Documents.Formats;
using MistralStudio.Retrieval.Documents.Pdf;

namespace MistralStudio.Retrieval.Documents;

/// <summary>Reads one format.</summary>
internal interface IDocumentParser
{
    /// <summary>Reads a whole document; checks the context's token now and then.</summary>
    /// <exception cref="DocumentException">It cannot be read; the reason is for its owner.</exception>
    ExtractedText Parse(byte[] content, string name, ParseContext context);
}

/// <summary>From bytes to text, whatever the format; runs wherever it is called, without limits of time and memory.</summary>
internal static class DocumentParsing
{
    /// <exception cref="DocumentException">It cannot be read; the reason is for its owner.</exception>
    public static ExtractedText Read(byte[] content, string name, ParseContext context)
    {
        var format = FormatDetection.Detect(content.AsSpan(0, Math.Min(content.Length, FormatDetection.HeadBytes)), name);
        if (!format.IsSuccess)
        {
            throw new DocumentException(format.Error);
        }

        var text = ParserOf(format.Value).Parse(content, name, context);
        return text.Text.Length > context.Limits.MaxCharacters ? throw new DocumentException(DocumentErrors.TooMuchText(context.Limits.MaxCharacters))
            : string.IsNullOrWhiteSpace(text.Text) ? throw new DocumentException(DocumentErrors.Blank())
            : text;
    }

    private static IDocumentParser ParserOf(DocumentFormat format) => format switch
    {
        DocumentFormat.Pdf => new PdfParser(),
        DocumentFormat.Html => new HtmlParser(),
        DocumentFormat.Markdown => new MarkdownParser(),
        DocumentFormat.Code => new CodeParser(),
        DocumentFormat.Csv => new CsvParser(),
        DocumentFormat.Json => new JsonParser(),
        DocumentFormat.Notebook => new NotebookParser(),
        DocumentFormat.Xml => new XmlParser(),
        DocumentFormat.Mail => new MailParser(),
        DocumentFormat.Zip => new ZipParser(),
        DocumentFormat.Picture => new PictureParser(),
        _ => new TextParser(),
    };
}
