using System.Text;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;
using UglyToad.PdfPig;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Exceptions;

namespace MistralStudio.Retrieval.Documents;

/// <summary>PDF: the text of each page in reading order, a line a paragraph or a row of a table, blank lines between blocks.</summary>
internal sealed class PdfParser : IDocumentParser
{
    public Result<ExtractedText> Parse(byte[] content, KnowledgeOptions limits, Action<double> progress, CancellationToken cancellationToken)
    {
        PdfDocument document;
        try
        {
            document = PdfDocument.Open(content, new ParsingOptions { UseLenientParsing = true, SkipMissingFonts = true });
        }
        catch (PdfDocumentEncryptedException)
        {
            return DocumentErrors.Encrypted();
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or OutOfMemoryException))
        {
            // Whatever it trips over before the first page (a missing trailer, a cut cross-reference table), the file is damaged.
            return DocumentErrors.BrokenPdf();
        }

        using (document)
        {
            return document.NumberOfPages == 0 ? DocumentErrors.BrokenPdf()
                : document.NumberOfPages > limits.MaxPages ? DocumentErrors.TooManyPages(document.NumberOfPages, limits.MaxPages)
                : ReadPages(document, limits, progress, cancellationToken);
        }
    }

    private static Result<ExtractedText> ReadPages(
        PdfDocument document, KnowledgeOptions limits, Action<double> progress, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var pages = new List<PageSpan>(document.NumberOfPages);
        var withoutText = new List<int>();
        var unreadable = 0;
        for (var number = 1; number <= document.NumberOfPages; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (text.Length > 0)
            {
                text.Append("\n\n");
            }

            var start = text.Length;
            try
            {
                PageLayout.Write(document.GetPage(number), text);
            }
            catch (Exception exception) when (exception is PdfDocumentFormatException or InvalidOperationException or ArgumentException
                or IndexOutOfRangeException or KeyNotFoundException or NullReferenceException or InvalidCastException or FormatException)
            {
                // One page that cannot be read does not take the others with it.
                text.Length = start;
                unreadable++;
            }

            if (text.Length == start)
            {
                withoutText.Add(number);
            }

            pages.Add(new PageSpan(number, start, text.Length));
            if (text.Length > limits.MaxCharacters)
            {
                return DocumentErrors.TooMuchText(limits.MaxCharacters);
            }

            progress((double)number / document.NumberOfPages);
        }

        return withoutText.Count < pages.Count ? Hyphenation.Resolve(text.ToString(), pages, withoutText)
            : unreadable > 0 ? DocumentErrors.BrokenPdf()
            : DocumentErrors.NoText(pages.Count);
    }
}
