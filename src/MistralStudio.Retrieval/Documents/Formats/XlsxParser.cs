using System.Globalization;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>Excel: a heading for each sheet and its rows; formulas by the value that was kept with them, dates as dates.</summary>
internal sealed class XlsxParser : IDocumentParser
{
    private const int WidestRow = 1_000;

    public ExtractedText Parse(byte[] content, string name, ParseContext context) => OfficePackage.Read(
        content, context, (stream, settings) => SpreadsheetDocument.Open(stream, isEditable: true, settings), package => Read(package, context));

    private static ExtractedText Read(SpreadsheetDocument package, ParseContext context)
    {
        var workbook = package.WorkbookPart ?? throw new DocumentException(DocumentErrors.BrokenOffice());
        var into = new DocumentBuilder(context.Limits.MaxCharacters);
        List<string> shared = [.. workbook.SharedStringTablePart?.SharedStringTable?.Elements<SharedStringItem>()
            .Select(item => string.Concat(item.Descendants<Text>().Where(text => text.Parent is not PhoneticRun).Select(text => text.Text))) ?? []];
        var dates = DateStyles(workbook.WorkbookStylesPart?.Stylesheet);
        var epoch = workbook.Workbook?.WorkbookProperties?.Date1904?.Value == true ? new DateTime(1904, 1, 1) : new DateTime(1899, 12, 30);
        var sheets = workbook.Workbook?.Sheets?.Elements<Sheet>().ToList() ?? [];
        for (var i = 0; i < sheets.Count; i++)
        {
            if (sheets[i].Id?.Value is { } id && workbook.TryGetPartById(id, out var part) && part is WorksheetPart sheet)
            {
                into.Heading(sheets[i].Name?.Value ?? $"{i + 1}", 1);
                WriteRows(sheet, into, cell => ValueOf(cell, shared, dates, epoch), context);
            }

            context.Report((double)(i + 1) / sheets.Count);
        }

        return into.Build();
    }

    private static void WriteRows(WorksheetPart sheet, DocumentBuilder into, Func<Cell, string> value, ParseContext context)
    {
        var first = true;
        using var reader = OpenXmlReader.Create(sheet);
        while (reader.Read())
        {
            if (reader.ElementType != typeof(Row) || !reader.IsStartElement)
            {
                continue;
            }

            context.Cancellation.ThrowIfCancellationRequested();
            var cells = new List<string>();
            foreach (var cell in ((Row)reader.LoadCurrentElement()!).Elements<Cell>())
            {
                var column = ColumnOf(cell.CellReference?.Value, cells.Count);
                if (column >= WidestRow)
                {
                    break;
                }

                while (cells.Count < column)
                {
                    cells.Add("");
                }

                cells.Add(value(cell));
            }

            if (cells.Any(cell => cell.Length > 0))
            {
                // The first row names the columns where it has a word in several and no number.
                var header = first && cells.Count(cell => cell.Length > 0) > 1
                    && !cells.Any(cell => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
                into.Row(cells, header);
                first = false;
            }
        }

        into.EndTable();
    }

    internal static string ValueOf(Cell cell, List<string> shared, HashSet<uint> dates, DateTime epoch)
    {
        var raw = cell.CellValue?.Text ?? "";
        var type = cell.DataType?.Value;
        if (type == CellValues.SharedString)
        {
            return int.TryParse(raw, CultureInfo.InvariantCulture, out var index) && index >= 0 && index < shared.Count ? shared[index] : "";
        }

        if (type == CellValues.InlineString)
        {
            return cell.InlineString?.InnerText ?? "";
        }

        if (type == CellValues.Boolean)
        {
            return raw == "1" ? "TRUE" : "FALSE";
        }

        if (type is null || type == CellValues.Number)
        {
            if (!double.TryParse(raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                return raw;
            }

            if (cell.StyleIndex?.Value is { } style && dates.Contains(style) && number is > 0 and < 2_958_466)
            {
                var moment = epoch.AddDays(number);
                return moment.ToString(moment.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            }

            // 0.1 + 0.2 was kept as it was computed; fifteen digits are what a sheet shows.
            return number.ToString("G15", CultureInfo.InvariantCulture);
        }

        return raw;
    }

    /// <summary>Which cell styles show dates: the built-in formats 14 to 22 and 45 to 47, and own ones with a year or a day in them.</summary>
    internal static HashSet<uint> DateStyles(Stylesheet? styles)
    {
        var own = (styles?.NumberingFormats?.Elements<NumberingFormat>() ?? [])
            .Where(format => format.NumberFormatId?.Value is not null && IsDate(format.FormatCode?.Value ?? "")).Select(format => format.NumberFormatId!.Value).ToHashSet();
        var found = new HashSet<uint>();
        uint index = 0;
        foreach (var format in styles?.CellFormats?.Elements<CellFormat>() ?? [])
        {
            if (format.NumberFormatId?.Value is { } id && (id is (>= 14 and <= 22) or (>= 45 and <= 47) || own.Contains(id)))
            {
                found.Add(index);
            }

            index++;
        }

        return found;
    }

    private static bool IsDate(string code)
    {
        var quoted = false;
        foreach (var c in code)
        {
            quoted ^= c == '"';
            if (!quoted && c is 'y' or 'Y' or 'd' or 'D')
            {
                return !code.Contains("Red", StringComparison.OrdinalIgnoreCase) || c is 'y' or 'Y';
            }
        }

        return false;
    }

    /// <summary>"BC12" is column 54, counted from 0.</summary>
    internal static int ColumnOf(string? reference, int next)
    {
        var column = 0;
        foreach (var c in reference ?? "")
        {
            if (!char.IsAsciiLetter(c))
            {
                break;
            }

            column = (column * 26) + (char.ToUpperInvariant(c) - 'A' + 1);
            if (column > WidestRow)
            {
                return WidestRow;
            }
        }

        return column == 0 ? next : Math.Max(next, column - 1);
    }
}
