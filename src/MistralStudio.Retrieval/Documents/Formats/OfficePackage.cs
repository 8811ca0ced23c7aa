using System.Xml;
using DocumentFormat.OpenXml.Packaging;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>Opens Office packages as hostile: external targets are never followed, parts have a size, DTDs are refused by the reader itself.</summary>
internal static class OfficePackage
{
    /// <summary>Opens with <paramref name="open"/> and reads with <paramref name="read"/>; what the package has wrong is its owner's to know.</summary>
    public static T Read<TPackage, T>(byte[] content, ParseContext context, Func<Stream, OpenSettings, TPackage> open, Func<TPackage, T> read)
        where TPackage : OpenXmlPackage
    {
        var settings = new OpenSettings
        {
            AutoSave = false,
            MaxCharactersInPart = context.Limits.MaxUnpackedBytes,
        };
        try
        {
            using var stream = new MemoryStream();
            // A copy that may be changed: targets that are no addresses are put aside in it as it opens.
            stream.Write(content);
            stream.Position = 0;
            using var package = open(stream, settings);
            return read(package);
        }
        catch (Exception broken) when (broken is OpenXmlPackageException or XmlException or InvalidDataException or FileFormatException or InvalidOperationException)
        {
            throw new DocumentException(DocumentErrors.BrokenOffice());
        }
    }
}
