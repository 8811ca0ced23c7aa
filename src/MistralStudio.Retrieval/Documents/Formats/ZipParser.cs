using System.IO.Compression;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>
/// Files that are zip archives: Office documents and EPUBs by what lies in them; any other archive as one document with a section for each
/// file. Names in it are labels; nothing is written to disk.
/// </summary>
internal sealed class ZipParser : IDocumentParser
{
    public ExtractedText Parse(byte[] content, string name, ParseContext context)
    {
        using var archive = ArchiveGuard.Open(content, context);
        return Find(archive, "word/document.xml") is not null ? new DocxParser().Parse(content, name, context)
            : Find(archive, "ppt/presentation.xml") is not null ? new PptxParser().Parse(content, name, context)
            : Find(archive, "xl/workbook.xml") is not null ? new XlsxParser().Parse(content, name, context)
            : Find(archive, "META-INF/container.xml") is not null ? EpubParser.Parse(archive, context)
            : Find(archive, "xl/workbook.bin") is not null ? throw new DocumentException(DocumentErrors.Unsupported("a binary Excel workbook"))
            : Find(archive, "content.xml") is not null && Find(archive, "mimetype") is not null ? throw new DocumentException(DocumentErrors.Unsupported("an OpenDocument file"))
            : ReadEntries(archive, context);
    }

    internal static ZipArchiveEntry? Find(ZipArchive archive, string path) => archive.Entries.FirstOrDefault(
        entry => entry.FullName.Replace('\\', '/').TrimStart('/').Equals(path, StringComparison.OrdinalIgnoreCase));

    private static ExtractedText ReadEntries(ZipArchive archive, ParseContext context)
    {
        context.EnterArchive();
        var into = new DocumentBuilder(context.Limits.MaxCharacters);
        var files = archive.Entries.Where(entry => !IsNoise(entry.FullName)).ToList();
        for (var i = 0; i < files.Count; i++)
        {
            if (!context.TryEnter())
            {
                into.Note("document.too_many_entries", $"Only the first {context.Limits.MaxEntries:N0} files of this archive were read.");
                break;
            }

            // Bit 0 of the general purpose flags; the name is all that can be said of it.
            if (files[i].IsEncrypted)
            {
                into.Note("document.encrypted", $"\"{Label(files[i].FullName)}\" was not read: it opens only with a password.");
                continue;
            }

            var label = Label(files[i].FullName);
            var inside = new DocumentBuilder(context.Limits.MaxCharacters);
            context.ReadNested(ArchiveGuard.Read(files[i], context), Path.GetFileName(label), inside, deeper: 1);
            var read = inside.Build();
            if (read.Text.Length > 0)
            {
                into.Heading(label, 1);
            }

            into.Append(read, 0);
            foreach (var note in read.Text.Length > 0 ? [] : read.Notes)
            {
                into.Note(note.Code, note.Message);
            }

            context.Report((double)(i + 1) / files.Count);
        }

        var text = into.Build();
        return text.Text.Length > 0 ? text : throw new DocumentException(files.Count == 0 ? DocumentErrors.Blank() : DocumentErrors.NothingReadable(files.Count));
    }

    private static bool IsNoise(string path) =>
        path.EndsWith('/') || path.EndsWith('\\') || path.StartsWith("__MACOSX/", StringComparison.Ordinal)
        || Path.GetFileName(path) is ".DS_Store" or "Thumbs.db" or "desktop.ini";

    /// <summary>The path inside the archive without what would lead out of it, for people to read.</summary>
    internal static string Label(string path)
    {
        var parts = path.Replace('\\', '/').Split('/').Select(DocumentBuilder.Clean).Where(part => part.Length > 0 && part is not ("." or ".."));
        var label = string.Join('/', parts);
        return label.Length switch { 0 => "file", <= 200 => label, _ => "…" + label[^199..] };
    }
}
