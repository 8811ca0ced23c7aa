namespace MistralStudio.Core.Tables;

/// <summary>What a table may be.</summary>
/// <param name="MaxRows">Most rows below the names of the columns.</param>
/// <param name="MaxColumns">Most columns.</param>
/// <param name="MaxCellCharacters">Longest cell, characters.</param>
public sealed record TableLimits(long MaxRows = 5_000_000, int MaxColumns = 1_000, int MaxCellCharacters = 1 << 20);

/// <summary>What was guessed or left out while a table was read.</summary>
/// <param name="Code">Stable, dotted.</param>
/// <param name="Message">One sentence.</param>
public sealed record TableNote(string Code, string Message)
{
    /// <summary>The file says nothing of its encoding.</summary>
    public static TableNote GuessedEncoding(string encoding) => new(
        "table.encoding_guessed", $"The file says nothing of its encoding and is no UTF-8; it was read as {encoding}. Look whether its letters are right.");

    /// <summary>Cells were not parted by commas.</summary>
    public static TableNote Separator(char separator) => new(
        "table.separator", $"Cells are parted by {(separator switch { '\t' => "tabs", ';' => "semicolons", '|' => "bars", _ => $"\"{separator}\"" })}.");

    /// <summary>Sheets beside the first one.</summary>
    public static TableNote OtherSheets(string sheet, int others) => new(
        "table.other_sheets", $"The rows are those of the sheet \"{sheet}\"; {(others == 1 ? "one other sheet was" : $"{others:N0} other sheets were")} left out.");

    /// <summary>Cells with formulas.</summary>
    public static TableNote Formulas(long cells, long empty) => new(
        "table.formulas",
        $"{(cells == 1 ? "One cell is a formula" : $"{cells:N0} cells are formulas")}, read as the value that was saved with {(cells == 1 ? "it" : "them")}{(empty == 0 ? "." : $"; {empty:N0} had none and {(empty == 1 ? "is" : "are")} empty.")}");

    /// <summary>Columns whose name was missing or taken.</summary>
    public static TableNote NamedColumns(int columns) => new(
        "table.columns_named", $"{(columns == 1 ? "One column had no name of its own and was" : $"{columns:N0} columns had no name of their own and were")} given one.");
}

/// <summary>A table as it was read.</summary>
/// <param name="Columns">Their names, each once, none empty.</param>
/// <param name="Rows">Below the names.</param>
/// <param name="Notes">What was guessed or left out.</param>
public sealed record TableShape(IReadOnlyList<string> Columns, long Rows, IReadOnlyList<TableNote> Notes);

/// <summary>Reads the tables of others, in a process apart.</summary>
public interface ITableReader
{
    /// <summary>
    /// Reads CSV, TSV, XLSX or JSON Lines, and writes its rows as <see cref="TableRows"/> has them while they come. Nothing of it is held in
    /// memory but a workbook.
    /// </summary>
    /// <param name="content">Can be read from its beginning twice.</param>
    /// <param name="name">The name it was uploaded under: a label that tells kinds of text apart.</param>
    Task<Result<TableShape>> ReadAsync(Stream content, string name, TableLimits limits, Stream rows, CancellationToken cancellationToken);
}
