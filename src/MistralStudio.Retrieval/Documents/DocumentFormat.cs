using System.Text;
using MistralStudio.Core;

namespace MistralStudio.Retrieval.Documents;

/// <summary>What a file is, by its content; a name only chooses between kinds of text.</summary>
internal enum DocumentFormat
{
    Text,
    Code,
    Markdown,
    Html,
    Csv,
    Json,
    Notebook,
    Xml,
    Mail,
    Zip,
    Picture,
    Pdf,
}

/// <summary>Decides the format of a file.</summary>
internal static class FormatDetection
{
    /// <summary>Bytes that a decision needs at most.</summary>
    public const int HeadBytes = 8192;

    private static readonly (byte[] Magic, int Offset, Func<string, Result<DocumentFormat>> Verdict)[] s_binary =
    [
        (Encoding.ASCII.GetBytes("MZ"), 0, _ => DocumentErrors.Executable()),
        ([0x7F, (byte)'E', (byte)'L', (byte)'F'], 0, _ => DocumentErrors.Executable()),
        ([0xFE, 0xED, 0xFA, 0xCE], 0, _ => DocumentErrors.Executable()),
        ([0xCF, 0xFA, 0xED, 0xFE], 0, _ => DocumentErrors.Executable()),
        ([0xCA, 0xFE, 0xBA, 0xBE], 0, _ => DocumentErrors.Executable()),
        ([(byte)'P', (byte)'K', 3, 4], 0, _ => DocumentFormat.Zip),
        ([(byte)'P', (byte)'K', 5, 6], 0, _ => DocumentFormat.Zip),
        ([0xD0, 0xCF, 0x11, 0xE0], 0, name => Ends(name, ".msg") ? DocumentErrors.OutlookMail() : DocumentErrors.OldOffice()),
        ([0x1F, 0x8B], 0, _ => DocumentErrors.Archive()),
        ([0x37, 0x7A, 0xBC, 0xAF], 0, _ => DocumentErrors.Archive()),
        (Encoding.ASCII.GetBytes("Rar!"), 0, _ => DocumentErrors.Archive()),
        (Encoding.ASCII.GetBytes("ustar"), 257, _ => DocumentErrors.Archive()),
        ([0x89, (byte)'P', (byte)'N', (byte)'G'], 0, _ => DocumentFormat.Picture),
        ([0xFF, 0xD8, 0xFF], 0, _ => DocumentFormat.Picture),
        (Encoding.ASCII.GetBytes("GIF8"), 0, _ => DocumentFormat.Picture),
        (Encoding.ASCII.GetBytes("WEBP"), 8, _ => DocumentFormat.Picture),
        ([(byte)'I', (byte)'I', (byte)'*', 0], 0, _ => DocumentFormat.Picture),
        ([(byte)'M', (byte)'M', 0, (byte)'*'], 0, _ => DocumentFormat.Picture),
        (Encoding.ASCII.GetBytes("BM"), 0, _ => DocumentFormat.Picture),
        (Encoding.ASCII.GetBytes("ftyp"), 4, _ => DocumentErrors.Unsupported("a film or a sound")),
        (Encoding.ASCII.GetBytes("ID3"), 0, _ => DocumentErrors.Unsupported("a sound")),
        (Encoding.ASCII.GetBytes(@"{\rtf"), 0, _ => DocumentErrors.Unsupported("a rich text file")),
    ];

    private static readonly string[] s_mailHeaders =
        ["from:", "to:", "subject:", "date:", "received:", "return-path:", "message-id:", "mime-version:", "delivered-to:", "content-type:", "dkim-signature:"];

    /// <param name="head">The first <see cref="HeadBytes"/> bytes, or all of a shorter file.</param>
    /// <param name="name">The name that the file was uploaded under.</param>
    public static Result<DocumentFormat> Detect(ReadOnlySpan<byte> head, string name)
    {
        foreach (var (magic, offset, verdict) in s_binary)
        {
            // "MZ" and "BM" may begin a text; a program and a picture have zeros soon after.
            if (head.Length > offset && head[offset..].StartsWith(magic) && (magic.Length > 2 || head.Contains((byte)0)))
            {
                return verdict(name);
            }
        }

        // Readers accept up to 1,024 bytes of rubbish before the header, and so do files in the wild.
        if (head[..Math.Min(head.Length, 1024)].IndexOf("%PDF-"u8) is >= 0 and var at && (at == 0 || !IsText(head[..at]) || Ends(name, ".pdf")))
        {
            return DocumentFormat.Pdf;
        }

        if (!IsText(head))
        {
            return Ends(name, ".pdf") && head.IndexOf("endobj"u8) >= 0 ? DocumentErrors.BrokenPdf() : DocumentErrors.UnknownBinary();
        }

        return DetectText(Encoding.Latin1.GetString(head).Replace("\0", "", StringComparison.Ordinal), name);
    }

    private static DocumentFormat DetectText(string head, string name)
    {
        var start = head.TrimStart('\u00EF', '\u00BB', '\u00BF', '\u00FF', '\u00FE', ' ', '\r', '\n', '\t');
        if (Begins(start, "<!doctype html") || Begins(start, "<html"))
        {
            return DocumentFormat.Html;
        }

        if (Begins(start, "<?xml") || Ends(name, ".xml", ".rss", ".atom"))
        {
            return start.AsSpan(0, Math.Min(start.Length, 1024)).Contains("<html", StringComparison.OrdinalIgnoreCase) ? DocumentFormat.Html
                : start.StartsWith('<') ? DocumentFormat.Xml : DocumentFormat.Text;
        }

        return Ends(name, ".eml") || IsMail(start) ? DocumentFormat.Mail
            : Ends(name, ".md", ".markdown", ".mdx") ? DocumentFormat.Markdown
            : Ends(name, ".html", ".htm", ".xhtml") ? DocumentFormat.Html
            : Ends(name, ".csv", ".tsv") ? DocumentFormat.Csv
            : Ends(name, ".ipynb") ? DocumentFormat.Notebook
            : Ends(name, ".json", ".jsonl", ".ndjson", ".geojson") ? DocumentFormat.Json
            : Formats.CodeParser.LanguageOf(name) is not null ? DocumentFormat.Code
            : DocumentFormat.Text;
    }

    private static bool IsMail(string start)
    {
        var headers = start.Split('\n').TakeWhile(line => line.Trim().Length > 0).Where(line => !char.IsWhiteSpace(line[0])).Take(30).ToList();
        return headers.Count > 2 && headers.Count(line => s_mailHeaders.Any(header => Begins(line, header))) >= 3
            && headers.All(line => line.IndexOf(':', StringComparison.Ordinal) is > 0 and < 60 || Begins(line, "From "));
    }

    private static bool Begins(string text, string start) => text.StartsWith(start, StringComparison.OrdinalIgnoreCase);

    private static bool Ends(string name, params ReadOnlySpan<string> extensions)
    {
        foreach (var extension in extensions)
        {
            if (name.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

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
