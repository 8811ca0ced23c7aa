using MistralStudio.Core.Tables;

namespace MistralStudio.Retrieval.Tables;

/// <summary>How rows are written down in a file.</summary>
internal enum TableFormat
{
    Csv,
    JsonLines,
    Xlsx,
}

/// <summary>A table to read; its content follows in pieces, and its rows come back while it does.</summary>
/// <param name="CodePage">Of its text; of no meaning to a workbook.</param>
internal sealed record TableRequest(TableFormat Format, int CodePage, TableLimits Limits);
