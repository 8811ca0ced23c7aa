using System.Buffers;

namespace MistralStudio.Core.Tables;

/// <summary>Writes comma-separated values (RFC 4180, lines end with CR LF) that no spreadsheet program takes for formulas.</summary>
public sealed class CsvWriter(TextWriter text)
{
    private static readonly SearchValues<char> s_special = SearchValues.Create("\",\r\n");

    /// <summary>Writes one row.</summary>
    public async Task WriteAsync(IReadOnlyList<string> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        for (var i = 0; i < cells.Count; i++)
        {
            if (i > 0)
            {
                await text.WriteAsync(',');
            }

            var cell = SpreadsheetFormulas.Escape(cells[i]);
            // An empty line would be no row.
            if (cell.AsSpan().ContainsAny(s_special) || (cells.Count == 1 && cell.Length == 0))
            {
                await text.WriteAsync('"');
                await text.WriteAsync(cell.Replace("\"", "\"\"", StringComparison.Ordinal));
                await text.WriteAsync('"');
            }
            else
            {
                await text.WriteAsync(cell);
            }
        }

        await text.WriteAsync("\r\n");
    }
}
