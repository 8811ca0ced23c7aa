using System.Globalization;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using Ganss.Xss;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace MistralStudio.Web.Features.Chat.Markdown;

/// <summary>
/// Turns a model's markdown into markup that is safe to show: no HTML of its own, an allow-list of elements, no images, links that leave are
/// marked and carry no referrer, code with a copy button.
/// </summary>
public static class AnswerHtml
{
    // A citation mark travels through Markdown as ⁅3⁆. These are punctuation, so that emphasis may end beside them; in a model's own text they become brackets.
    internal const char MarkOpen = '\u2045';
    internal const char MarkClose = '\u2046';

    // How Markdig and highlight.js name the language of a block in its class.
    private const string Language = "language-";

    private static readonly MarkdownPipeline s_pipeline = new MarkdownPipelineBuilder()
        .DisableHtml().UsePipeTables().UseEmphasisExtras(Markdig.Extensions.EmphasisExtras.EmphasisExtraOptions.Strikethrough).UseAutoLinks().UsePreciseSourceLocation().Build();

    private static readonly HtmlSanitizer s_sanitizer = CreateSanitizer();

    internal static MarkdownDocument Parse(string markdown) => Markdig.Markdown.Parse(markdown, s_pipeline);

    /// <summary>Safe markup of one piece of Markdown.</summary>
    /// <param name="copyWord">What the button of a code block says.</param>
    public static string Render(string markdown, string copyWord)
    {
        var document = Parse(markdown);
        foreach (var image in document.Descendants<LinkInline>().Where(link => link.IsImage).ToList())
        {
            // The address would tell a stranger that this was read.
            image.ReplaceBy(new LiteralInline($"[{PlainText(image)}]"), copyChildren: false);
        }

        using var safe = s_sanitizer.SanitizeDom(document.ToHtml(s_pipeline));
        var body = safe.Body!;
        MarkLinks(body);
        MarkCode(body, copyWord);
        MarkCitations(body);
        return body.InnerHtml;
    }

    private static HtmlSanitizer CreateSanitizer()
    {
        return new HtmlSanitizer(new HtmlSanitizerOptions
        {
            AllowedTags = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
            {
                "p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "a",
                "table", "thead", "tbody", "tr", "th", "td",
            },
            AllowedAttributes = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "href", "class", "start" },
            AllowedSchemes = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "http", "https", "mailto" },
            UriAttributes = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "href" },
        });
    }

    private static void MarkLinks(IElement body)
    {
        foreach (var link in body.QuerySelectorAll("a"))
        {
            // A relative address would point into the studio itself; where paths begin with a slash, one counts as an absolute address of a file.
            if (link.GetAttribute("href") is not { } href || !Uri.TryCreate(href, UriKind.Absolute, out var address) || address.IsFile)
            {
                link.RemoveAttribute("href");
                continue;
            }

            link.SetAttribute("rel", "noopener noreferrer nofollow");
            link.SetAttribute("target", "_blank");
        }
    }

    private static void MarkCode(IElement body, string copyWord)
    {
        foreach (var element in body.QuerySelectorAll("[class]"))
        {
            if (element is not { LocalName: "code" } || !element.ClassName!.StartsWith(Language, StringComparison.Ordinal) || element.ClassName.Contains(' '))
            {
                element.RemoveAttribute("class");
            }
        }

        foreach (var pre in body.QuerySelectorAll("pre"))
        {
            // The head stands above what scrolls sideways, so that it stays in reach beside long lines.
            var block = Element(pre, "div", "code-block");
            pre.Parent!.ReplaceChild(block, pre);
            var head = Element(pre, "div", "code-head");
            var language = Element(pre, "span", "meta");
            language.TextContent = LanguageOf(pre);
            var copy = Element(pre, "button", "btn ghost sm");
            copy.SetAttribute("type", "button");
            copy.SetAttribute("data-copy", "");
            copy.TextContent = copyWord;
            head.Append(language, copy);
            pre.SetAttribute("tabindex", "0"); // a long line scrolls by keyboard as well
            block.Append(head, pre);
        }
    }

    private static IElement Element(IElement beside, string name, string className)
    {
        var element = beside.Owner!.CreateElement(name);
        element.ClassName = className;
        return element;
    }

    private static string LanguageOf(IElement pre) =>
        pre.QuerySelector("code")?.ClassName is { } name && name.StartsWith(Language, StringComparison.Ordinal) ? name[Language.Length..] : "";

    /// <summary>Only text nodes are looked at, so a mark cannot open or close an attribute.</summary>
    private static void MarkCitations(IElement body)
    {
        foreach (var text in body.Descendants<IText>().Where(node => node.Data.Contains(MarkOpen, StringComparison.Ordinal)).ToList())
        {
            var parent = text.Parent!;
            var data = text.Data;
            var from = 0;
            for (var open = data.IndexOf(MarkOpen, StringComparison.Ordinal); open >= 0; open = data.IndexOf(MarkOpen, from))
            {
                var close = data.IndexOf(MarkClose, open);
                if (close < 0 || !int.TryParse(data.AsSpan(open + 1, close - open - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var marker))
                {
                    break;
                }

                parent.InsertBefore(body.Owner!.CreateTextNode(data[from..open]), text);
                var button = body.Owner.CreateElement<IHtmlButtonElement>();
                button.SetAttribute("type", "button");
                button.ClassName = "cite";
                button.SetAttribute("data-cite", marker.ToString(CultureInfo.InvariantCulture));
                button.TextContent = marker.ToString(CultureInfo.CurrentCulture);
                parent.InsertBefore(button, text);
                from = close + 1;
            }

            text.Data = data[from..];
        }
    }

    private static string PlainText(ContainerInline inline) => string.Concat(inline.Descendants<LiteralInline>().Select(literal => literal.Content.ToString()));
}
