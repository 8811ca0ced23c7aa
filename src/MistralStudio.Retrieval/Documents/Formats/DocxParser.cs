using System.Globalization;
using System.Text;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Wordprocessing;
using MistralStudio.Core.Knowledge;
using MathForms = DocumentFormat.OpenXml.Math;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>Word: headings by their styles, lists by their numbering, tables by rows, footnotes and comments after the text.</summary>
internal sealed class DocxParser : IDocumentParser
{
    private const int DeepestStyle = 20;

    public ExtractedText Parse(byte[] content, string name, ParseContext context) => OfficePackage.Read(
        content, context, (stream, settings) => WordprocessingDocument.Open(stream, isEditable: true, settings), package => Read(package, context));

    private static ExtractedText Read(WordprocessingDocument package, ParseContext context)
    {
        var main = package.MainDocumentPart ?? throw new DocumentException(DocumentErrors.BrokenOffice());
        var writer = new Writer(main.StyleDefinitionsPart?.Styles, new DocumentBuilder(context.Limits.MaxCharacters), context);
        if (main.Document?.Body is { } body)
        {
            writer.WriteBlocks(body);
        }

        writer.WriteAside("Footnote", main.FootnotesPart?.Footnotes?.Elements<Footnote>().Where(note => note.Type is null) ?? []);
        writer.WriteAside("Endnote", main.EndnotesPart?.Endnotes?.Elements<Endnote>().Where(note => note.Type is null) ?? []);
        writer.WriteAside("Comment", main.WordprocessingCommentsPart?.Comments?.Elements<Comment>() ?? []);
        return writer.Into.Build();
    }

    private sealed class Writer(Styles? styles, DocumentBuilder into, ParseContext context)
    {
        private readonly Dictionary<string, Style> _styles = (styles?.Elements<Style>() ?? [])
            .Where(style => style.StyleId?.Value is not null).GroupBy(style => style.StyleId!.Value!).ToDictionary(group => group.Key, group => group.First());

        public DocumentBuilder Into => into;

        public void WriteBlocks(OpenXmlElement parent)
        {
            foreach (var child in parent.ChildElements)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                switch (child)
                {
                    case Paragraph paragraph:
                        WriteParagraph(paragraph);
                        break;
                    case Table table:
                        WriteTable(table);
                        break;
                    case SdtBlock or SdtContentBlock or CustomXmlBlock or InsertedRun:
                        WriteBlocks(child);
                        break;
                    default:
                        break;
                }
            }
        }

        public void WriteAside(string kind, IEnumerable<OpenXmlElement> notes)
        {
            var number = 0;
            foreach (var note in notes)
            {
                number++;
                var words = string.Join('\n', note.Descendants<Paragraph>().Select(TextOf)).Trim();
                if (words.Length > 0)
                {
                    into.Paragraph($"{kind} {number.ToString(CultureInfo.InvariantCulture)}: {words}");
                }
            }
        }

        private void WriteParagraph(Paragraph paragraph)
        {
            var text = TextOf(paragraph);
            if (HeadingLevel(paragraph) is { } level)
            {
                into.Heading(text, level);
            }
            else if (ListLevel(paragraph) is { } item)
            {
                into.ListItem(text, item);
            }
            else
            {
                into.Paragraph(text);
            }
        }

        private void WriteTable(Table table)
        {
            into.EndTable();
            var rows = table.Elements<TableRow>().ToList();
            for (var i = 0; i < rows.Count; i++)
            {
                var header = rows[i].TableRowProperties?.GetFirstChild<TableHeader>() is not null || (i == 0 && rows.Count > 1);
                into.Row(rows[i].Descendants<TableCell>().Where(cell => cell.Ancestors<TableRow>().First() == rows[i])
                    .Select(cell => string.Join(' ', cell.Descendants<Paragraph>().Select(TextOf))), header && i == 0);
            }

            into.EndTable();
        }

        private int? HeadingLevel(Paragraph paragraph)
        {
            if (paragraph.ParagraphProperties?.OutlineLevel?.Val?.Value is { } direct and < 9)
            {
                return direct + 1;
            }

            foreach (var style in StylesOf(paragraph))
            {
                var styleName = style.StyleName?.Val?.Value ?? "";
                if (styleName.Equals("title", StringComparison.OrdinalIgnoreCase))
                {
                    return 1;
                }

                if (styleName.StartsWith("heading ", StringComparison.OrdinalIgnoreCase)
                    && int.TryParse(styleName.AsSpan(8), CultureInfo.InvariantCulture, out var named))
                {
                    return named;
                }

                if (style.StyleParagraphProperties?.OutlineLevel?.Val?.Value is { } level and < 9)
                {
                    return level + 1;
                }
            }

            return null;
        }

        private int? ListLevel(Paragraph paragraph)
        {
            if (paragraph.ParagraphProperties?.NumberingProperties is { } direct)
            {
                return direct.NumberingId?.Val?.Value == 0 ? null : (direct.NumberingLevelReference?.Val?.Value ?? 0) + 1;
            }

            return StylesOf(paragraph).Select(style => style.StyleParagraphProperties?.NumberingProperties).FirstOrDefault(found => found is not null) is { } inherited
                ? (inherited.NumberingLevelReference?.Val?.Value ?? 0) + 1
                : null;
        }

        private IEnumerable<Style> StylesOf(Paragraph paragraph)
        {
            var id = paragraph.ParagraphProperties?.ParagraphStyleId?.Val?.Value;
            for (var depth = 0; id is not null && depth < DeepestStyle && _styles.TryGetValue(id, out var style); depth++)
            {
                yield return style;
                id = style.BasedOn?.Val?.Value;
            }
        }

        private static string TextOf(OpenXmlElement paragraph)
        {
            var text = new StringBuilder();
            Append(paragraph, text);
            return text.ToString();
        }

        private static void Append(OpenXmlElement element, StringBuilder text)
        {
            foreach (var child in element.ChildElements)
            {
                switch (child)
                {
                    case Text words:
                        text.Append(words.Text);
                        break;
                    case TabChar:
                        text.Append('\t');
                        break;
                    case Break or CarriageReturn:
                        text.Append('\n');
                        break;
                    case NoBreakHyphen:
                        text.Append('-');
                        break;
                    case MathForms.Paragraph equation:
                        text.Append("$$").Append(MathText.Write(equation)).Append("$$");
                        break;
                    case MathForms.OfficeMath inline:
                        text.Append('$').Append(MathText.Write(inline)).Append('$');
                        break;
                    // What a program of today does not understand has a stand-in for older ones: the same words again.
                    case AlternateContentFallback or DeletedRun or ParagraphProperties or RunProperties:
                        break;
                    default:
                        Append(child, text);
                        break;
                }
            }
        }
    }
}
