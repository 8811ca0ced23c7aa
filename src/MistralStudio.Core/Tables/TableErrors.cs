namespace MistralStudio.Core.Tables;

/// <summary>Ends the reading of a table from inside a reader; caught where the table was handed in, and shown as its failure.</summary>
public sealed class TableException(Error error) : Exception(error.Message)
{
    /// <summary>The reason, for the person whose table it is.</summary>
    public Error Error { get; } = error;
}

/// <summary>Why a table cannot be read; lines are counted from 1, as editors do.</summary>
public static class TableErrors
{
    public static Error QuoteNotClosed(long line) => new(
        "table.quote_not_closed",
        $"The quotation mark that opens a cell on line {line:N0} is never closed.",
        "Close it, or double it where it belongs to the text (\"\"), and add the table again.");

    public static Error TextAfterQuote(long line) => new(
        "table.text_after_quote",
        $"On line {line:N0} text follows the quotation mark that closes a cell.",
        "Double quotation marks that belong to the text (\"\"), and add the table again.");

    public static Error CellTooLong(long line, int limit) => new(
        "table.cell_too_long",
        $"The cell that begins on line {line:N0} has more than {limit:N0} characters.",
        "Look for a quotation mark there that is not closed, or shorten the cell, and add the table again.");

    public static Error TooManyCells(long line, int cells, int columns) => new(
        "table.too_many_cells",
        $"Line {line:N0} has {cells:N0} cells, and the first line names {columns:N0} columns.",
        "Put cells that hold a separator into quotation marks, or name the missing columns, and add the table again.");

    public static Error TooManyColumns(int limit) => new(
        "table.too_many_columns", $"This table has more than {limit:N0} columns.", "Keep the columns that the prompt needs, and add the table again.");

    public static Error TooManyRows(long limit) => new(
        "table.too_many_rows", $"This table has more than {limit:N0} rows.", "Split it, or raise Batches:MaxRows.");

    public static Error NoRows() => new(
        "table.no_rows", "This table has no rows below the names of its columns.", "Put the names of the columns on the first line and a row on each that follows.");

    public static Error NotAnObject(long line) => new(
        "table.not_an_object", $"Line {line:N0} is no JSON object.", "Write one object a line, such as {\"question\":\"...\"}, and add the table again.");

    public static Error BrokenJson(long line) => new(
        "table.broken_json", $"Line {line:N0} is no JSON: it is broken or cut off.", "Mend the line, one JSON object on each, and add the table again.");

    public static Error NotATable(string what) => new(
        "table.not_a_table", $"This file is {what}, which is no table.", "Add a CSV, TSV, XLSX or JSON Lines file, or paste the rows.");

    public static Error TooLarge(long bytes, long limit) => new(
        "table.too_large", $"This table is {Size.Format(bytes)}; the limit is {Size.Format(limit)}.", "Split it, or raise Batches:MaxTableBytes.");

    public static Error Empty() => new("table.empty", "There is nothing in this table.", "Choose a file with rows, or paste some.");

    public static Error NotFound() => new("table.not_found", "This table does not exist here.", "It may have been removed; add it again.");

    public static Error TooManyForExcel(long rows) => new(
        "table.too_many_for_excel",
        $"An Excel sheet holds {XlsxWriter.MostRows:N0} rows, and this table has {rows:N0} with the names of its columns.",
        "Take it as CSV or JSON Lines.");
}
