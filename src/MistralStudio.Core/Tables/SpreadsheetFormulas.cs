namespace MistralStudio.Core.Tables;

/// <summary>
/// Keeps cells of a CSV from being formulas where a spreadsheet program opens it
/// (<a href="https://owasp.org/www-community/attacks/CSV_Injection">CSV injection</a>): an apostrophe is put before them.
/// </summary>
public static class SpreadsheetFormulas
{
    /// <summary>The cell as it may be written: the text itself, or with an apostrophe before it.</summary>
    public static string Escape(string cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        return IsFormula(cell) ? "'" + cell : cell;
    }

    /// <summary>
    /// True where a program may take the cell for a formula: it begins with =, +, -, @, a tab or a line end, or with one of the wide forms that East Asian
    /// programs read the same. A plain number, as -5 or +1.25, is none.
    /// </summary>
    public static bool IsFormula(string cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        return cell.Length > 0 && cell[0] switch
        {
            '+' or '-' => !IsNumber(cell.AsSpan(1)),
            '=' or '@' or '\t' or '\r' or '\n' or '＝' or '＋' or '－' or '＠' => true,
            _ => false,
        };
    }

    private static bool IsNumber(ReadOnlySpan<char> digits)
    {
        var point = digits.IndexOf('.');
        return point < 0 ? AreDigits(digits) : AreDigits(digits[..point]) && AreDigits(digits[(point + 1)..]);
    }

    private static bool AreDigits(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');
}
