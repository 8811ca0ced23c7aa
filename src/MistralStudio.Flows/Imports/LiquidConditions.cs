using System.Globalization;

namespace MistralStudio.Flows.Imports;

/// <summary>Comparisons of other tools as Liquid conditions.</summary>
internal static class LiquidConditions
{
    /// <summary>One comparison; null where there is none like it.</summary>
    /// <param name="value">What it is compared with.</param>
    /// <param name="isNumber">True where that is a number there.</param>
    public static ForeignText? Compare(ForeignReference left, string comparison, string value, bool isNumber)
    {
        var right = isNumber && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? value.Trim()
            : value is "true" or "false" && isNumber ? value
            : Quote(value);
        return comparison.Trim().ToLowerInvariant() switch
        {
            "contains" => Of(left, $" contains {Quote(value)}"),
            "not contains" or "notcontains" => new ForeignText().AddCode("(").Add(left).AddCode($" contains {Quote(value)}) == false"),
            "start with" or "startswith" or "starts with" => Of(left, $" startswith {Quote(value)}"),
            "end with" or "endswith" or "ends with" => Of(left, $" endswith {Quote(value)}"),
            "is" or "=" or "==" or "equal" or "equals" => Of(left, $" == {right}"),
            "is not" or "≠" or "!=" or "notequal" or "not equals" => Of(left, $" != {right}"),
            ">" or "larger" or "greater than" => Of(left, $" > {right}"),
            "<" or "smaller" or "less than" => Of(left, $" < {right}"),
            "≥" or ">=" or "largerequal" or "greater than or equal" => Of(left, $" >= {right}"),
            "≤" or "<=" or "smallerequal" or "less than or equal" => Of(left, $" <= {right}"),
            "empty" or "isempty" => Of(left, " == \"\""),
            "not empty" or "notempty" => Of(left, " != \"\""),
            "null" or "not exists" => Of(left, " == nil"),
            "not null" or "exists" => Of(left, " != nil"),
            _ => null,
        };
    }

    /// <summary>Several of them: all have to hold, or any.</summary>
    public static ForeignText Join(IReadOnlyList<ForeignText> conditions, bool all)
    {
        var joined = new ForeignText();
        for (var i = 0; i < conditions.Count; i++)
        {
            joined.AddCode(i == 0 ? "" : all ? " and " : " or ").Add(conditions[i]);
        }

        return joined;
    }

    // A text of Liquid ends at its own quote and knows no other signs.
    private static string Quote(string value)
    {
        var line = string.Join(' ', value.Split('\r', '\n')).Replace("{{", "", StringComparison.Ordinal).Replace("{%", "", StringComparison.Ordinal).Replace("%}", "", StringComparison.Ordinal);
        return line.Contains('"', StringComparison.Ordinal) ? $"'{line.Replace("'", "", StringComparison.Ordinal)}'" : $"\"{line}\"";
    }

    private static ForeignText Of(ForeignReference left, string rest) => ForeignText.Of(left).AddCode(rest);
}
