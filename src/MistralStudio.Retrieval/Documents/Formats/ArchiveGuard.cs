using System.IO.Compression;
using System.Xml;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>Opens archives that strangers made: counts what they unpack to while it comes, not by what they say of themselves.</summary>
internal static class ArchiveGuard
{
    // A text that repeats itself shrinks about a thousand times at most; what a bomb adds to that is nested or overlapping.
    private const int HighestRatio = 1_100;
    private const long RatioMattersFrom = 10 << 20;

    /// <exception cref="DocumentException">The archive is damaged, or says of itself that it is too much.</exception>
    public static ZipArchive Open(byte[] content, ParseContext context)
    {
        ZipArchive archive;
        try
        {
            archive = new ZipArchive(new MemoryStream(content, writable: false), ZipArchiveMode.Read);
            _ = archive.Entries.Count;
        }
        catch (InvalidDataException)
        {
            throw new DocumentException(DocumentErrors.BrokenArchive());
        }

        long stated = 0;
        foreach (var entry in archive.Entries)
        {
            stated += Math.Max(0, entry.Length);
            if (stated > context.Limits.MaxUnpackedBytes)
            {
                throw new DocumentException(DocumentErrors.UnpacksTooLarge(context.Limits.MaxUnpackedBytes));
            }
        }

        return stated > RatioMattersFrom && stated / Math.Max(1, content.Length) > HighestRatio
            ? throw new DocumentException(DocumentErrors.UnpacksTooLarge(context.Limits.MaxUnpackedBytes))
            : archive;
    }

    /// <summary>All of an entry.</summary>
    public static byte[] Read(ZipArchiveEntry entry, ParseContext context)
    {
        try
        {
            using var from = entry.Open();
            return ReadAll(from, context);
        }
        catch (InvalidDataException)
        {
            throw new DocumentException(DocumentErrors.BrokenArchive());
        }
    }

    /// <summary>All of a stream, counted.</summary>
    public static byte[] ReadAll(Stream from, ParseContext context)
    {
        using var to = new MemoryStream();
        var buffer = new byte[81_920];
        for (int read; (read = from.Read(buffer)) > 0;)
        {
            context.Unpacked(read);
            to.Write(buffer, 0, read);
        }

        return to.ToArray();
    }

    /// <summary>Reads XML without its DTD and without anything from outside it.</summary>
    public static XmlReader OpenXml(byte[] content, ParseContext context) => XmlReader.Create(
        new MemoryStream(content, writable: false),
        new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Ignore,
            XmlResolver = null,
            MaxCharactersFromEntities = 1_000_000,
            MaxCharactersInDocument = Math.Min(context.Limits.MaxUnpackedBytes, int.MaxValue),
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
        });
}
