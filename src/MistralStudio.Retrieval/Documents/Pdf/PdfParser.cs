using System.Text;
using MistralStudio.Core.Knowledge;
using UglyToad.PdfPig;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Exceptions;

namespace MistralStudio.Retrieval.Documents.Pdf;

/// <summary>
/// PDF: the text of each page in reading order, a line a paragraph or a row of a table, blank lines between blocks; a page that is a picture by
/// Tesseract where that is installed.
/// </summary>
internal sealed class PdfParser : IDocumentParser
{
    public ExtractedText Parse(byte[] content, string name, ParseContext context)
    {
        using var document = Open(content);
        return document.NumberOfPages == 0 ? throw new DocumentException(DocumentErrors.BrokenPdf())
            : document.NumberOfPages > context.Limits.MaxPages
                ? throw new DocumentException(DocumentErrors.TooManyPages(document.NumberOfPages, context.Limits.MaxPages))
            : ReadPages(document, content, context);
    }

    private static PdfDocument Open(byte[] content)
    {
        try
        {
            return PdfDocument.Open(content, new ParsingOptions { UseLenientParsing = true, SkipMissingFonts = true });
        }
        catch (PdfDocumentEncryptedException)
        {
            throw new DocumentException(DocumentErrors.Encrypted());
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or OutOfMemoryException))
        {
            // Whatever it trips over before the first page (a missing trailer, a cut cross-reference table), the file is damaged.
            throw new DocumentException(DocumentErrors.BrokenPdf());
        }
    }

    private static ExtractedText ReadPages(PdfDocument document, byte[] content, ParseContext context)
    {
        var text = new StringBuilder();
        var pages = new List<PageSpan>(document.NumberOfPages);
        var blocks = new List<PdfBlock>();
        var withoutText = new List<int>();
        var unreadable = 0;
        using var pictures = new PictureFile(content);
        for (var number = 1; number <= document.NumberOfPages; number++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (text.Length > 0)
            {
                text.Append("\n\n");
            }

            var start = text.Length;
            var known = blocks.Count;
            try
            {
                var page = document.GetPage(number);
                PageLayout.Write(page, text, blocks);
                if (text.Length == start && context.Ocr is { ReadsPages: true } ocr && context.HasTimeForOcr && HasPicture(page))
                {
                    WriteRecognised(ocr.ReadPage(pictures.Path, number, context.Cancellation) ?? [], number, text, blocks);
                }
            }
            catch (Exception exception) when (exception is PdfDocumentFormatException or InvalidOperationException or ArgumentException
                or IndexOutOfRangeException or KeyNotFoundException or NullReferenceException or InvalidCastException or FormatException)
            {
                // One page that cannot be read does not take the others with it.
                text.Length = start;
                blocks.RemoveRange(known, blocks.Count - known);
                unreadable++;
            }

            if (text.Length == start)
            {
                withoutText.Add(number);
            }

            pages.Add(new PageSpan(number, start, text.Length));
            if (text.Length > context.Limits.MaxCharacters)
            {
                throw new DocumentException(DocumentErrors.TooMuchText(context.Limits.MaxCharacters));
            }

            context.Report((double)number / document.NumberOfPages);
        }

        if (withoutText.Count == pages.Count)
        {
            throw new DocumentException(
                unreadable > 0 ? DocumentErrors.BrokenPdf()
                : context.Ocr is { ReadsPages: true } ? DocumentErrors.NothingRecognised(pages.Count) : DocumentErrors.NoText(pages.Count));
        }

        var whole = text.ToString();
        var resolved = Hyphenation.Resolve(new ExtractedText(whole, pages, withoutText) { Blocks = PdfStructure.Classify(blocks, whole) });
        return withoutText.Count == 0 ? resolved : resolved with { Notes = [PagesWithoutText(withoutText)] };
    }

    private static DocumentNote PagesWithoutText(List<int> pages) => new(
        "document.pages_without_text", pages.Count == 1 ? $"No text on page {pages[0]}." : $"No text on pages {PdfStructure.ListPages(pages)}.");

    private static bool HasPicture(Page page) => page.NumberOfImages > 0;

    private static void WriteRecognised(IReadOnlyList<(string Text, BlockBox Box)> paragraphs, int page, StringBuilder text, List<PdfBlock> blocks)
    {
        var separate = false;
        foreach (var (words, box) in paragraphs)
        {
            text.Append(separate ? "\n\n" : "");
            separate = true;
            var start = text.Length;
            text.Append(words);
            // Sizes of recognised letters say too little to tell headings by.
            blocks.Add(new(page, start, text.Length, LinesOf(words), 0, IsBold: false, IsRow: false, Splitting.Sentences.StartsItem(words), [], box));
        }
    }

    private static int LinesOf(string words) => words.Count(c => c == '\n') + 1;

    /// <summary>The file on disk for the program that makes pictures of its pages; written when that is first needed, and gone afterwards.</summary>
    private sealed class PictureFile(byte[] content) : IDisposable
    {
        private string? _path;

        public string Path => _path ??= Write();

        public void Dispose()
        {
            if (_path is not null)
            {
                File.Delete(_path);
            }
        }

        private string Write()
        {
            var path = System.IO.Path.GetTempFileName();
            File.WriteAllBytes(path, content);
            return path;
        }
    }
}
