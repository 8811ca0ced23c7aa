using System.Xml;
using System.Xml.Linq;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>XML: an RSS or Atom feed as its entries; any other as the words in it, a paragraph an element. Entities of its own are not resolved.</summary>
internal sealed class XmlParser : IDocumentParser
{
    public ExtractedText Parse(byte[] content, string name, ParseContext context)
    {
        XDocument document;
        try
        {
            using var reader = ArchiveGuard.OpenXml(content, context);
            document = XDocument.Load(reader);
        }
        catch (XmlException)
        {
            // Damaged, or with entities that only a DTD explains: the reader sees the text as it stands.
            return CodeParser.Read(TextEncodings.Decode(content), "xml");
        }

        var into = new DocumentBuilder(context.Limits.MaxCharacters);
        if (document.Root is { Name.LocalName: "rss" or "feed" or "RDF" } feed)
        {
            WriteFeed(feed, into, context);
        }
        else if (document.Root is { } root)
        {
            Write(root, into, context);
        }

        return into.Build();
    }

    private static void WriteFeed(XElement feed, DocumentBuilder into, ParseContext context)
    {
        var channel = Child(feed, "channel") ?? feed;
        into.Heading(Value(channel, "title"), 1);
        into.Paragraph(Value(channel, "description") is { Length: > 0 } said ? said : Value(channel, "subtitle"));
        foreach (var item in feed.Descendants().Where(element => element.Name.LocalName is "item" or "entry"))
        {
            into.Heading(Value(item, "title"), 2);
            into.Paragraph(Value(item, "pubDate") is { Length: > 0 } date ? date : Value(item, "updated"));
            var content = Value(item, "encoded") is { Length: > 0 } encoded ? encoded
                : Value(item, "content") is { Length: > 0 } whole ? whole
                : Value(item, "description") is { Length: > 0 } described ? described : Value(item, "summary");
            into.Append(HtmlParser.Read(content, context), 2);
            context.Cancellation.ThrowIfCancellationRequested();
        }
    }

    private static void Write(XElement element, DocumentBuilder into, ParseContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        if (!element.HasElements || element.Nodes().OfType<XText>().Any(text => !string.IsNullOrWhiteSpace(text.Value)))
        {
            into.Paragraph(element.Value);
            return;
        }

        foreach (var child in element.Elements())
        {
            Write(child, into, context);
        }
    }

    private static XElement? Child(XElement parent, string name) => parent.Elements().FirstOrDefault(element => element.Name.LocalName == name);

    private static string Value(XElement parent, string name) => Child(parent, name)?.Value.Trim() ?? "";
}
