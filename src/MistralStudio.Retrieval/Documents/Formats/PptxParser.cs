using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Presentation;
using MistralStudio.Core.Knowledge;
using Charts = DocumentFormat.OpenXml.Drawing.Charts;
using Drawing = DocumentFormat.OpenXml.Drawing;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>PowerPoint: a slide is a page; its title a heading; then its texts, tables, charts' figures and notes.</summary>
internal sealed class PptxParser : IDocumentParser
{
    public ExtractedText Parse(byte[] content, string name, ParseContext context) => OfficePackage.Read(
        content, context, (stream, settings) => PresentationDocument.Open(stream, isEditable: true, settings), package => Read(package, context));

    private static ExtractedText Read(PresentationDocument package, ParseContext context)
    {
        var presentation = package.PresentationPart ?? throw new DocumentException(DocumentErrors.BrokenOffice());
        var into = new DocumentBuilder(context.Limits.MaxCharacters);
        var ids = presentation.Presentation?.SlideIdList?.Elements<SlideId>().Select(id => id.RelationshipId?.Value).ToList() ?? [];
        if (ids.Count > context.Limits.MaxPages)
        {
            throw new DocumentException(DocumentErrors.TooManyPages(ids.Count, context.Limits.MaxPages));
        }

        for (var i = 0; i < ids.Count; i++)
        {
            into.BeginPage(i + 1);
            if (ids[i] is { } id && presentation.TryGetPartById(id, out var part) && part is SlidePart slide && slide.Slide?.CommonSlideData?.ShapeTree is { } tree)
            {
                WriteShapes(tree, slide, into);
                if (slide.NotesSlidePart?.NotesSlide?.CommonSlideData?.ShapeTree is { } notes)
                {
                    WriteNotes(notes, into);
                }
            }

            context.Report((double)(i + 1) / ids.Count);
        }

        return into.Build();
    }

    private static void WriteShapes(OpenXmlElement parent, SlidePart slide, DocumentBuilder into)
    {
        // The title comes first, wherever it was drawn.
        foreach (var shape in parent.ChildElements.OrderBy(child => child is Shape candidate && IsTitle(candidate) ? 0 : 1))
        {
            switch (shape)
            {
                case Shape title when IsTitle(title):
                    into.Heading(string.Join(' ', Paragraphs(title).Select(paragraph => paragraph.Text)), 1);
                    break;
                case Shape text:
                    WriteText(text, into);
                    break;
                case GroupShape group:
                    WriteShapes(group, slide, into);
                    break;
                case GraphicFrame frame:
                    WriteFrame(frame, slide, into);
                    break;
                case Picture picture when picture.NonVisualPictureProperties?.NonVisualDrawingProperties?.Description?.Value is { Length: > 3 } seen:
                    into.Paragraph(seen);
                    break;
                default:
                    break;
            }
        }
    }

    private static bool IsTitle(Shape shape) => shape.NonVisualShapeProperties?.ApplicationNonVisualDrawingProperties?.PlaceholderShape?.Type?.Value is { } type
        && (type == PlaceholderValues.Title || type == PlaceholderValues.CenteredTitle);

    private static void WriteText(Shape shape, DocumentBuilder into)
    {
        var paragraphs = Paragraphs(shape).Where(paragraph => !string.IsNullOrWhiteSpace(paragraph.Text)).ToList();
        foreach (var (text, level) in paragraphs)
        {
            // Lines of one box are points of a list, whether they have bullets or not.
            if (paragraphs.Count > 1)
            {
                into.ListItem(text, level + 1);
            }
            else
            {
                into.Paragraph(text);
            }
        }
    }

    private static IEnumerable<(string Text, int Level)> Paragraphs(Shape shape) => shape.TextBody?.Elements<Drawing.Paragraph>()
        .Select(paragraph => (TextOf(paragraph), paragraph.ParagraphProperties?.Level?.Value ?? 0)) ?? [];

    private static string TextOf(Drawing.Paragraph paragraph) => string.Concat(paragraph.ChildElements.Select(child => child switch
    {
        Drawing.Break => "\n",
        Drawing.Run run => run.Text?.Text ?? "",
        Drawing.Field field => field.Text?.Text ?? "",
        _ => "",
    }));

    private static void WriteFrame(GraphicFrame frame, SlidePart slide, DocumentBuilder into)
    {
        if (frame.Descendants<Drawing.Table>().FirstOrDefault() is { } table)
        {
            into.EndTable();
            var rows = table.Elements<Drawing.TableRow>().ToList();
            for (var i = 0; i < rows.Count; i++)
            {
                into.Row(rows[i].Elements<Drawing.TableCell>().Select(cell => string.Join(' ', cell.Descendants<Drawing.Paragraph>().Select(TextOf))), i == 0 && rows.Count > 1);
            }

            into.EndTable();
        }
        else if (frame.Descendants<Charts.ChartReference>().FirstOrDefault()?.Id?.Value is { } id
            && slide.TryGetPartById(id, out var part) && part is ChartPart { ChartSpace: { } chart })
        {
            WriteChart(chart, into);
        }
    }

    /// <summary>The figures that the chart keeps with itself: a row a category, a column a series.</summary>
    private static void WriteChart(Charts.ChartSpace chart, DocumentBuilder into)
    {
        into.EndTable();
        var series = chart.Descendants().Where(element => element.LocalName == "ser").ToList();
        var names = series.Select(one => Values(one.Elements().FirstOrDefault(child => child.LocalName == "tx")).FirstOrDefault() ?? "").ToList();
        var columns = series.Select(one => Values(one.Elements().FirstOrDefault(child => child.LocalName is "val" or "yVal"))).ToList();
        var categories = series.Select(one => Values(one.Elements().FirstOrDefault(child => child.LocalName is "cat" or "xVal"))).FirstOrDefault(found => found.Count > 0) ?? [];
        var title = string.Concat(chart.Descendants<Charts.Title>().FirstOrDefault()?.Descendants<Drawing.Text>().Select(text => text.Text) ?? []);
        into.Paragraph(title);
        into.Row([.. categories.Count > 0 ? (string[])[""] : [], .. names], header: true);
        for (var row = 0; row < Math.Max(categories.Count, columns.Select(column => column.Count).DefaultIfEmpty(0).Max()); row++)
        {
            into.Row(
                [.. categories.Count > 0 ? (string[])[categories.ElementAtOrDefault(row) ?? ""] : [], .. columns.Select(column => column.ElementAtOrDefault(row) ?? "")],
                header: false);
        }

        into.EndTable();
    }

    private static List<string> Values(OpenXmlElement? source) =>
        source is null ? [] : [.. source.Descendants().Where(element => element.LocalName == "v").Select(value => value.InnerText)];

    private static void WriteNotes(ShapeTree notes, DocumentBuilder into)
    {
        foreach (var shape in notes.Elements<Shape>())
        {
            if (shape.NonVisualShapeProperties?.ApplicationNonVisualDrawingProperties?.PlaceholderShape?.Type?.Value is { } type && type == PlaceholderValues.Body)
            {
                into.Paragraph(string.Join('\n', Paragraphs(shape).Select(paragraph => paragraph.Text)).Trim());
            }
        }
    }
}
