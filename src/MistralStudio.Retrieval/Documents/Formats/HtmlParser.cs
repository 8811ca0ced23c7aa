using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>
/// HTML: what a reader of the page sees. Scripts are not run, nothing is fetched, and where the page says which part of it is its content,
/// menus and footers around that are left out.
/// </summary>
internal sealed class HtmlParser : IDocumentParser
{
    private static readonly HashSet<string> s_skipped = new(StringComparer.OrdinalIgnoreCase)
    {
        "script", "style", "noscript", "template", "svg", "math", "head", "iframe", "object", "embed", "canvas", "audio", "video", "select", "button",
        "input", "textarea", "dialog", "link", "meta",
    };

    private static readonly HashSet<string> s_blocks = new(StringComparer.OrdinalIgnoreCase)
    {
        "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer",
        "form", "header", "hgroup", "hr", "html", "main", "nav", "p", "search", "section", "summary",
    };

    public ExtractedText Parse(byte[] content, string name, ParseContext context) => Read(TextEncodings.DecodeHtml(content), context);

    /// <summary>Reads a page, or the body of a mail.</summary>
    public static ExtractedText Read(string html, ParseContext context)
    {
        var document = new AngleSharp.Html.Parser.HtmlParser(new HtmlParserOptions { IsScripting = false }).ParseDocument(html);
        var into = new DocumentBuilder(context.Limits.MaxCharacters);
        var writer = new Writer(into, context);
        var content = Content(document);
        if (content is not null && content.QuerySelector("h1") is null && document.QuerySelector("h1") is { } title)
        {
            into.Heading(title.TextContent, 1);
        }

        writer.Write(content ?? document.Body ?? document.DocumentElement);
        writer.Flush();
        return into.Build();
    }

    /// <summary>The one part that the page itself calls its content, where it holds a good share of the text.</summary>
    private static IElement? Content(AngleSharp.Html.Dom.IHtmlDocument document)
    {
        var marked = document.QuerySelectorAll("main, [role=main]");
        if (marked.Length == 0)
        {
            marked = document.QuerySelectorAll("article");
        }

        return marked.Length == 1 && marked[0].TextContent.Length * 5 >= (document.Body?.TextContent.Length ?? 0) ? marked[0] : null;
    }

    private static bool IsHidden(IElement element) =>
        element.HasAttribute("hidden") || element.GetAttribute("aria-hidden") == "true"
        || (element.GetAttribute("style") is { } style && style.Replace(" ", "", StringComparison.Ordinal).Contains("display:none", StringComparison.OrdinalIgnoreCase));

    /// <summary>Collects running words until a block ends, then writes them as what the block is.</summary>
    private sealed class Writer(DocumentBuilder into, ParseContext context)
    {
        private readonly StringBuilder _words = new();
        private int _list;
        private bool _item;

        public void Flush()
        {
            var words = _words.ToString();
            _words.Clear();
            if (_item)
            {
                into.ListItem(words, _list);
            }
            else
            {
                into.Paragraph(words);
            }
        }

        public void Write(INode node)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            foreach (var child in node.ChildNodes)
            {
                if (child is IText words)
                {
                    AddWords(words.Data);
                }
                else if (child is IElement element && !s_skipped.Contains(element.LocalName) && !IsHidden(element))
                {
                    WriteElement(element);
                }
            }
        }

        private void WriteElement(IElement element)
        {
            switch (element.LocalName)
            {
                case ['h', >= '1' and <= '6'] name:
                    Flush();
                    into.Heading(element.TextContent, name[1] - '0');
                    break;
                case "pre":
                    Flush();
                    into.Code(element.TextContent, LanguageOf(element));
                    break;
                case "table" when IsData(element):
                    Flush();
                    WriteTable(element);
                    break;
                case "ul" or "ol" or "menu":
                    Flush();
                    var outer = _item;
                    _list++;
                    Write(element);
                    Flush();
                    _list--;
                    _item = outer;
                    break;
                case "li":
                    Flush();
                    _item = true;
                    Write(element);
                    Flush();
                    _item = false;
                    break;
                case "br":
                    _words.Append('\n');
                    break;
                case "img" when element.GetAttribute("alt") is { Length: > 3 } seen:
                    AddWords($" {seen} ");
                    break;
                case var name when s_blocks.Contains(name) || name is "table" or "tr" or "td" or "tbody":
                    // A paragraph inside an item is the item's own.
                    var begins = !(_item && _words.Length == 0);
                    if (begins)
                    {
                        Flush();
                    }

                    Write(element);
                    Flush();
                    break;
                default:
                    Write(element);
                    break;
            }
        }

        private void WriteTable(IElement table)
        {
            into.EndTable();
            var first = true;
            foreach (var row in table.QuerySelectorAll("tr").Where(row => row.Closest("table") == table))
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var cells = row.Children.Where(cell => cell.LocalName is "td" or "th" && !IsHidden(cell)).ToList();
                var header = first && (row.ParentElement?.LocalName == "thead" || (cells.Count > 1 && cells.All(cell => cell.LocalName == "th")));
                into.Row(cells.Select(CellText), header);
                first = false;
            }

            into.EndTable();
        }

        private static string CellText(IElement cell)
        {
            foreach (var skipped in cell.QuerySelectorAll("script, style, template").ToList())
            {
                skipped.Remove();
            }

            return cell.TextContent;
        }

        // Tables were used to place things; one with a table or a heading in it, or a single column, is such a frame.
        private static bool IsData(IElement table) =>
            table.QuerySelector("table, h1, h2, h3, pre, ul, ol") is null && table.QuerySelector("td ~ td, th ~ td, th ~ th") is not null;

        private static string? LanguageOf(IElement pre) => (pre.QuerySelector("code") ?? pre).ClassList
            .FirstOrDefault(name => name.StartsWith("language-", StringComparison.Ordinal) || name.StartsWith("lang-", StringComparison.Ordinal)) is { } marked
            ? marked[(marked.IndexOf('-', StringComparison.Ordinal) + 1)..].ToLowerInvariant()
            : null;

        private void AddWords(string words)
        {
            foreach (var c in words)
            {
                if (!char.IsWhiteSpace(c))
                {
                    _words.Append(c);
                }
                else if (_words.Length > 0 && !char.IsWhiteSpace(_words[^1]))
                {
                    _words.Append(' ');
                }
            }
        }
    }
}
