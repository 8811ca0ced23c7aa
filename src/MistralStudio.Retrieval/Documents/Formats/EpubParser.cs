using System.IO.Compression;
using System.Xml;
using System.Xml.Linq;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>
/// EPUB: <c>META-INF/container.xml</c> names the package, its <c>spine</c> the order of the chapters, and each chapter is XHTML.
/// </summary>
internal static class EpubParser
{
    public static ExtractedText Parse(ZipArchive archive, ParseContext context)
    {
        var into = new DocumentBuilder(context.Limits.MaxCharacters);
        var packagePath = Load(archive, "META-INF/container.xml", context).Descendants().FirstOrDefault(element => element.Name.LocalName == "rootfile")
            ?.Attribute("full-path")?.Value;
        if (packagePath is null || ZipParser.Find(archive, packagePath) is null)
        {
            throw new DocumentException(DocumentErrors.BrokenArchive());
        }

        var package = Load(archive, packagePath, context);
        var title = Metadata(package, "title").FirstOrDefault() ?? "";
        into.Heading(title, 1);
        into.Paragraph(string.Join("\n", [.. Metadata(package, "creator"), .. Metadata(package, "description")]));
        var items = package.Descendants().Where(element => element.Name.LocalName == "item")
            .GroupBy(item => item.Attribute("id")?.Value ?? "", item => item.Attribute("href")?.Value ?? "").ToDictionary(group => group.Key, group => group.First());
        var spine = package.Descendants().Where(element => element.Name.LocalName == "itemref").Select(item => item.Attribute("idref")?.Value ?? "").ToList();
        var folder = packagePath.LastIndexOf('/') is var slash and >= 0 ? packagePath[..(slash + 1)] : "";
        for (var i = 0; i < spine.Count; i++)
        {
            if (!context.TryEnter())
            {
                into.Note("document.too_many_entries", $"Only the first {context.Limits.MaxEntries:N0} parts of this book were read.");
                break;
            }

            if (items.TryGetValue(spine[i], out var href) && ZipParser.Find(archive, folder + Uri.UnescapeDataString(href.Split('#')[0])) is { } chapter)
            {
                into.Append(HtmlParser.Read(TextEncodings.Decode(ArchiveGuard.Read(chapter, context)), context), title.Length > 0 ? 1 : 0);
            }

            context.Report((double)(i + 1) / spine.Count);
        }

        return into.Build();
    }

    private static IEnumerable<string> Metadata(XDocument package, string name) => package.Descendants()
        .Where(element => element.Name.LocalName == name && element.Name.NamespaceName.Contains("dc/elements", StringComparison.Ordinal))
        .Select(element => element.Value.Trim()).Where(value => value.Length > 0);

    private static XDocument Load(ZipArchive archive, string path, ParseContext context)
    {
        try
        {
            using var reader = ArchiveGuard.OpenXml(ArchiveGuard.Read(ZipParser.Find(archive, path)!, context), context);
            return XDocument.Load(reader);
        }
        catch (XmlException)
        {
            throw new DocumentException(DocumentErrors.BrokenArchive());
        }
    }
}
