using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>A picture: the words in it, where Tesseract is installed.</summary>
internal sealed class PictureParser : IDocumentParser
{
    public ExtractedText Parse(byte[] content, string name, ParseContext context)
    {
        if (context.Ocr is not { } ocr)
        {
            throw new DocumentException(DocumentErrors.PictureWithoutOcr());
        }

        var blocks = ocr.Read(content, pointsPerPixel: 1, context.Cancellation);
        if (blocks is null)
        {
            throw new DocumentException(DocumentErrors.BrokenPicture());
        }

        var into = new DocumentBuilder(context.Limits.MaxCharacters);
        foreach (var (text, _) in blocks)
        {
            into.Paragraph(text);
        }

        var read = into.Build();
        return read.Text.Length > 0 ? read : throw new DocumentException(DocumentErrors.PictureWithoutText());
    }
}
