using System.Text;
using MistralStudio.Core;

namespace MistralStudio.Retrieval.Documents;

/// <summary>What a file is, by its content; a name only chooses between kinds of text.</summary>
internal enum DocumentFormat
{
    Pdf,
    Html,
    Markdown,
    Text,
}

/// <summary>Decides the format of a file.</summary>
internal static class FormatDetection
{
    /// <summary>Bytes that a decision needs at most.</summary>
    public const int HeadBytes = 8192;

    private static readonly (byte[] Magic, int Offset, Func<Error> Error)[] s_foreign =
    [
        (Encoding.ASCII.GetBytes("MZ"), 0, DocumentErrors.Executable),
        ([0x7F, (byte)'E', (byte)'L', (byte)'F'], 0, DocumentErrors.Executable),
        ([0xFE, 0xED, 0xFA, 0xCE], 0, DocumentErrors.Executable),
        ([0xCF, 0xFA, 0xED, 0xFE], 0, DocumentErrors.Executable),
        ([0xCA, 0xFE, 0xBA, 0xBE], 0, DocumentErrors.Executable),
        ([(byte)'P', (byte)'K', 3, 4], 0, () => DocumentErrors.Unsupported("an Office file or an archive")),
        ([0xD0, 0xCF, 0x11, 0xE0], 0, () => DocumentErrors.Unsupported("an old Office file or a mail of Outlook")),
        ([0x1F, 0x8B], 0, () => DocumentErrors.Unsupported("an archive")),
        ([0x37, 0x7A, 0xBC, 0xAF], 0, () => DocumentErrors.Unsupported("an archive")),
        ([0x89, (byte)'P', (byte)'N', (byte)'G'], 0, () => DocumentErrors.Unsupported("a picture")),
        ([0xFF, 0xD8, 0xFF], 0, () => DocumentErrors.Unsupported("a picture")),
        (Encoding.ASCII.GetBytes("GIF8"), 0, () => DocumentErrors.Unsupported("a picture")),
        (Encoding.ASCII.GetBytes("WEBP"), 8, () => DocumentErrors.Unsupported("a picture")),
        (Encoding.ASCII.GetBytes("ftyp"), 4, () => DocumentErrors.Unsupported("a film or a sound")),
        (Encoding.ASCII.GetBytes("ID3"), 0, () => DocumentErrors.Unsupported("a sound")),
        (Encoding.ASCII.GetBytes(@"{\rtf"), 0, () => DocumentErrors.Unsupported("a rich text file")),
    ];

    /// <param name="head">The first <see cref="HeadBytes"/> bytes, or all of a shorter file.</param>
    /// <param name="name">The name that the file was uploaded under.</param>
    public static Result<DocumentFormat> Detect(ReadOnlySpan<byte> head, string name)
    {
        foreach (var (magic, offset, error) in s_foreign)
        {
            // "MZ" may begin a text; a program has zeros soon after.
            if (head.Length > offset && head[offset..].StartsWith(magic) && (magic.Length > 2 || head.Contains((byte)0)))
            {
                return error();
            }
        }

        // Readers accept up to 1,024 bytes of rubbish before the header, and so do files in the wild.
        if (head[..Math.Min(head.Length, 1024)].IndexOf("%PDF-"u8) is >= 0 and var at && (at == 0 || !IsText(head[..at]) || EndsAsPdf(name)))
        {
            return DocumentFormat.Pdf;
        }

        if (!IsText(head))
        {
            return EndsAsPdf(name) && head.IndexOf("endobj"u8) >= 0 ? DocumentErrors.BrokenPdf() : DocumentErrors.UnknownBinary();
        }

        var start = Encoding.Latin1.GetString(head[..Math.Min(head.Length, 512)]).TrimStart('\u00EF', '\u00BB', '\u00BF', ' ', '\r', '\n', '\t');
        if (start.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || start.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
        {
            return DocumentFormat.Html;
        }

        var extension = Path.GetExtension(name);
        return extension.Equals(".md", StringComparison.OrdinalIgnoreCase) || extension.Equals(".markdown", StringComparison.OrdinalIgnoreCase)
            ? DocumentFormat.Markdown
            : DocumentFormat.Text;
    }

    private static bool EndsAsPdf(string name) => name.EndsWith(".pdf", StringComparison.OrdinalIgnoreCase);

    private static bool IsText(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            return true;
        }

        var control = 0;
        foreach (var b in head)
        {
            if (b == 0)
            {
                return TextEncodings.LooksLikeUtf16(head) is not null;
            }

            control += b < 32 && b is not ((byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f' or 0x1B) ? 1 : 0;
        }

        return control * 100 <= head.Length;
    }
}
