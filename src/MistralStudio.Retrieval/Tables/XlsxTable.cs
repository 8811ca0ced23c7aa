using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;
using MistralStudio.Core.Tables;
using MistralStudio.Retrieval.Documents;
using MistralStudio.Retrieval.Documents.Formats;

namespace MistralStudio.Retrieval.Tables;

/// <summary>The first sheet of a workbook that has rows: its first row names the columns; formulas by the value that was kept with them.</summary>
internal static class XlsxTable
{
    /// <exception cref="TableException">It is no table.</exception>
    /// <exception cref="DocumentException">It is no workbook, or more than the limits allow.</exception>
    public static TableShape Read(Stream content, TableLimits limits, ParseContext context, TableSink sink)
    {
        using var copy = new MemoryStream();
        var buffer = new byte[128 * 1024];
        for (int read; (read = content.Read(buffer)) > 0;)
        {
            context.Unpacked(read);
            copy.Write(buffer, 0, read);
        }

        var bytes = copy.ToArray();
        using (var archive = ArchiveGuard.Open(bytes, context))
        {
            if (archive.GetEntry("xl/workbook.xml") is null)
            {
                throw new TableException(TableErrors.NotATable("an archive, and no Excel workbook"));
            }
        }

        return OfficePackage.Read(bytes, context, (stream, settings) => SpreadsheetDocument.Open(stream, isEditable: true, settings), package => Read(package, limits, context, sink));
    }

    private static TableShape Read(SpreadsheetDocument package, TableLimits limits, ParseContext context, TableSink sink)
    {
        var workbook = package.WorkbookPart ?? throw new DocumentException(DocumentErrors.BrokenOffice());
        var shared = SharedStrings(workbook.SharedStringTablePart, context);
        var dates = XlsxParser.DateStyles(workbook.WorkbookStylesPart?.Stylesheet);
        var epoch = workbook.Workbook?.WorkbookProperties?.Date1904?.Value == true ? new DateTime(1904, 1, 1) : new DateTime(1899, 12, 30);
        List<(string Name, WorksheetPart Part)> sheets = [.. (workbook.Workbook?.Sheets?.Elements<Sheet>() ?? [])
            .Where(sheet => sheet.State?.Value is null || sheet.State.Value == SheetStateValues.Visible)
            .Select(sheet => (sheet.Name?.Value ?? "", sheet.Id?.Value is { } id && workbook.TryGetPartById(id, out var part) ? part as WorksheetPart : null))
            .Where(sheet => sheet.Item2 is not null).Select(sheet => (sheet.Item1, sheet.Item2!))];
        foreach (var (name, part) in sheets)
        {
            if (ReadSheet(part, cell => XlsxParser.ValueOf(cell, shared, dates, epoch), limits, context, sink) is not { } shape)
            {
                continue;
            }

            return sheets.Count == 1 ? shape : shape with { Notes = [TableNote.OtherSheets(name, sheets.Count - 1), .. shape.Notes] };
        }

        throw new TableException(TableErrors.Empty());
    }

    // Null where the sheet is empty.
    private static TableShape? ReadSheet(WorksheetPart sheet, Func<Cell, string> value, TableLimits limits, ParseContext context, TableSink sink)
    {
        List<string>? names = null;
        var (given, formulas, empty) = (0, 0L, 0L);
        var cells = new List<string>();
        using var reader = OpenXmlReader.Create(sheet);
        for (long line = 1; reader.Read();)
        {
            if (reader.ElementType != typeof(Row) || !reader.IsStartElement)
            {
                continue;
            }

            context.Cancellation.ThrowIfCancellationRequested();
            var row = (Row)reader.LoadCurrentElement()!;
            line = row.RowIndex?.Value ?? line + 1;
            cells.Clear();
            foreach (var cell in row.Elements<Cell>())
            {
                var column = XlsxParser.ColumnOf(cell.CellReference?.Value, cells.Count);
                if (column >= limits.MaxColumns)
                {
                    throw new TableException(TableErrors.TooManyColumns(limits.MaxColumns));
                }

                while (cells.Count < column)
                {
                    cells.Add("");
                }

                cells.Add(value(cell));
                formulas += cell.CellFormula is null ? 0 : 1;
                empty += cell.CellFormula is not null && cells[^1].Length == 0 ? 1 : 0;
            }

            while (cells.Count > 0 && cells[^1].Length == 0)
            {
                cells.RemoveAt(cells.Count - 1);
            }

            if (cells.Count == 0)
            {
                continue;
            }

            if (names is null)
            {
                (names, given) = ColumnNames.Of(cells);
                continue;
            }

            if (cells.Count > names.Count)
            {
                throw new TableException(TableErrors.TooManyCells(line, cells.Count, names.Count));
            }

            sink.Add(cells);
        }

        return names is null ? null : new TableShape(names, sink.Rows,
        [
            .. given > 0 ? [TableNote.NamedColumns(given)] : (TableNote[])[],
            .. formulas > 0 ? [TableNote.Formulas(formulas, empty)] : (TableNote[])[],
        ]);
    }

    private static List<string> SharedStrings(SharedStringTablePart? part, ParseContext context)
    {
        var strings = new List<string>();
        if (part is null)
        {
            return strings;
        }

        using var reader = OpenXmlReader.Create(part);
        while (reader.Read())
        {
            if (reader.ElementType == typeof(SharedStringItem) && reader.IsStartElement)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                strings.Add(string.Concat(((SharedStringItem)reader.LoadCurrentElement()!).Descendants<Text>()
                    .Where(text => text.Parent is not PhoneticRun).Select(text => text.Text)));
            }
        }

        return strings;
    }
}
