using System.Globalization;
using MimeKit;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>A mail (RFC 5322): who wrote it to whom and when, its words, and each attachment that can be read under its name.</summary>
internal sealed class MailParser : IDocumentParser
{
    public ExtractedText Parse(byte[] content, string name, ParseContext context)
    {
        context.EnterArchive();
        MimeMessage message;
        try
        {
            var options = ParserOptions.Default.Clone();
            options.MaxMimeDepth = 32;
            using var stream = new MemoryStream(content, writable: false);
            message = MimeMessage.Load(options, stream, context.Cancellation);
        }
        catch (FormatException)
        {
            throw new DocumentException(DocumentErrors.BrokenMail());
        }

        using (message)
        {
            var into = new DocumentBuilder(context.Limits.MaxCharacters);
            Write(message, into, 1, context);
            return into.Build();
        }
    }

    private static void Write(MimeMessage message, DocumentBuilder into, int level, ParseContext context)
    {
        into.Heading(message.Subject is { Length: > 0 } subject ? subject : "(no subject)", level);
        List<string> head = [Line("From", message.From), Line("To", message.To), Line("Cc", message.Cc)];
        if (message.Date != default)
        {
            head.Add($"Date: {message.Date.ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture)}");
        }

        into.Paragraph(string.Join('\n', head.Where(line => line.Length > 0)));
        if (message.TextBody is { } plain && !string.IsNullOrWhiteSpace(plain))
        {
            into.Append(TextParser.Read(plain.ReplaceLineEndings("\n").Trim()), 0);
        }
        else if (message.HtmlBody is { } html)
        {
            into.Append(HtmlParser.Read(html, context), level);
        }

        var attachments = message.Attachments.ToList();
        for (var i = 0; i < attachments.Count; i++)
        {
            if (!context.TryEnter())
            {
                into.Note("document.too_many_entries", $"Only the first {context.Limits.MaxEntries:N0} attachments of this mail were read.");
                break;
            }

            WriteAttachment(attachments[i], into, level, context);
            context.Report((double)(i + 1) / attachments.Count);
        }
    }

    private static void WriteAttachment(MimeEntity attachment, DocumentBuilder into, int level, ParseContext context)
    {
        using var bytes = new MemoryStream();
        string name;
        if (attachment is MessagePart { Message: { } inner })
        {
            name = "message.eml";
            inner.WriteTo(bytes, context.Cancellation);
        }
        else if (attachment is MimePart { Content: { } content } part)
        {
            name = ZipParser.Label(part.FileName ?? "attachment");
            content.DecodeTo(bytes, context.Cancellation);
        }
        else
        {
            return;
        }

        context.Unpacked(bytes.Length);
        if (bytes.Length == 0)
        {
            return;
        }

        var inside = new DocumentBuilder(context.Limits.MaxCharacters);
        context.ReadNested(bytes.ToArray(), Path.GetFileName(name), inside, level + 1);
        var read = inside.Build();
        if (read.Text.Length > 0)
        {
            into.Heading(name, level + 1);
            into.Append(read, 0);
        }
        else
        {
            foreach (var note in read.Notes)
            {
                into.Note(note.Code, note.Message);
            }
        }
    }

    private static string Line(string label, InternetAddressList addresses) => addresses.Count == 0 ? "" : $"{label}: {addresses}";
}
