using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents;

/// <summary>HTML: what a reader sees, headings as Markdown headings; scripts are not run and nothing is fetched.</summary>
internal sealed class HtmlParser : IDocumentParser
{
    private static readonly HashSet<string> s_skipped = new(StringComparer.OrdinalIgnoreCase)
        { "script", "style", "noscript", "template", "svg", "head", "iframe", "object" };

    private static readonly HashSet<string> s_blocks = new(StringComparer.OrdinalIgnoreCase)
    {
        "address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4",
        "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table", "ul",
    };

    public Result<ExtractedText> Parse(byte[] content, KnowledgeOptions limits, Action<double> progress, CancellationToken cancellationToken)
    {
        var document = new AngleSharp.Html.Parser.HtmlParser(new HtmlParserOptions { IsScripting = false })
            .ParseDocument(TextEncodings.Decode(content));
        var text = new StringBuilder();
        Write(document.Body ?? document.DocumentElement, text, preformatted: false, cancellationToken);
        return new ExtractedText(text.ToString().Trim(), [], []);
    }

    private static void Write(INode node, StringBuilder text, bool preformatted, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var child in node.ChildNodes)
        {
            if (child is IText words)
            {
                WriteWords(words.Data, text, preformatted);
            }
            else if (child is IElement element && !s_skipped.Contains(element.LocalName))
            {
                var name = element.LocalName;
                Break(text, s_blocks.Contains(name) ? 2 : name is "li" or "tr" or "br" ? 1 : 0);
                if (name is ['h', >= '1' and <= '6'])
                {
                    text.Append('#', name[1] - '0').Append(' ');
                }
                else if (name == "li")
                {
                    text.Append("- ");
                }
                else if (name is "td" or "th" && text.Length > 0 && text[^1] != '\n')
                {
                    text.Append(" | ");
                }

                Write(element, text, preformatted || name == "pre", cancellationToken);
                Break(text, s_blocks.Contains(name) ? 2 : name is "li" or "tr" ? 1 : 0);
            }
        }
    }

    private static void WriteWords(string words, StringBuilder text, bool preformatted)
    {
        if (preformatted)
        {
            text.Append(words);
            return;
        }

        foreach (var c in words)
        {
            if (!char.IsWhiteSpace(c))
            {
                text.Append(c);
            }
            else if (text.Length > 0 && !char.IsWhiteSpace(text[^1]))
            {
                text.Append(' ');
            }
        }
    }

    private static void Break(StringBuilder text, int lines)
    {
        if (lines == 0 || text.Length == 0)
        {
            return;
        }

        while (text.Length > 0 && text[^1] == ' ')
        {
            text.Length--;
        }

        var present = text.Length == 0 ? lines : text[^1] != '\n' ? 0 : text.Length > 1 && text[^2] == '\n' ? 2 : 1;
        text.Append('\n', Math.Max(0, lines - present));
    }
}
