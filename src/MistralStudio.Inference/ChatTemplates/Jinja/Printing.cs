using System.Globalization;
using System.Runtime.CompilerServices;

namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>Values as text: as Python's <c>str</c> and <c>repr</c> write them.</summary>
internal static class Printing
{
    /// <summary>Python's <c>str</c>.</summary>
    public static TemplateText ToText(object? value, RenderBudget budget)
    {
        switch (value)
        {
            case TemplateText text:
                return text;
            case null:
                return TemplateText.Own("None");
            case Undefined:
                return TemplateText.Empty;
            case bool truth:
                return TemplateText.Own(truth ? "True" : "False");
            case long number:
                return TemplateText.Own(number.ToString(CultureInfo.InvariantCulture));
            case double number:
                return TemplateText.Own(Real(number));
            default:
                var built = new TextBuilder(budget);
                Represent(value, built, budget);
                return built.ToText();
        }
    }

    /// <summary>Python's <c>repr</c> of a real number.</summary>
    public static string Real(double number)
    {
        if (!double.IsFinite(number))
        {
            return double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        }

        // The shortest digits that come back as the number, in Python's choice of notation.
        var shortest = Math.Abs(number).ToString("E16", CultureInfo.InvariantCulture);
        var roundTrip = Math.Abs(number).ToString("R", CultureInfo.InvariantCulture);
        var mantissa = roundTrip.Split('E')[0];
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
        var exponent = number == 0 ? 0 : int.Parse(shortest.AsSpan(shortest.IndexOf('E') + 1), CultureInfo.InvariantCulture);
        digits = digits.Length == 0 ? "0" : digits;
        var sign = double.IsNegative(number) ? "-" : "";
        return exponent switch
        {
            < -4 or >= 16 => $"{sign}{digits[0]}{(digits.Length > 1 ? "." : "")}{digits[1..]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}",
            < 0 => $"{sign}0.{new string('0', -exponent - 1)}{digits}",
            _ when digits.Length <= exponent + 1 => $"{sign}{digits.PadRight(exponent + 1, '0')}.0",
            _ => $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}",
        };
    }

    private static void Represent(object? value, TextBuilder text, RenderBudget budget)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        budget.Step();
        switch (value)
        {
            case TemplateText quoted:
                Quote(quoted, text);
                break;
            case JinjaList list:
                text.Append(list.IsTuple ? "(" : "[");
                for (var i = 0; i < list.Items.Count; i++)
                {
                    text.Append(i > 0 ? ", " : "");
                    Represent(list.Items[i], text, budget);
                }

                text.Append(!list.IsTuple ? "]" : list.Items.Count == 1 ? ",)" : ")");
                break;
            case JinjaMap map:
                var first = true;
                text.Append("{");
                foreach (var (key, item) in map)
                {
                    text.Append(first ? "" : ", ");
                    first = false;
                    Represent(key, text, budget);
                    text.Append(": ");
                    Represent(item, text, budget);
                }

                text.Append("}");
                break;
            case Undefined:
                text.Append("Undefined");
                break;
            case JinjaFunction function:
                text.Append($"<function {function.Name}>");
                break;
            case JinjaNamespace or LoopState:
                text.Append($"<{Values.TypeName(value)}>");
                break;
            default:
                text.Append(ToText(value, budget));
                break;
        }
    }

    private static void Quote(TemplateText quoted, TextBuilder text)
    {
        var value = quoted.Value;
        var quote = value.Contains('\'') && !value.Contains('"') ? '"' : '\'';
        text.Append(quote.ToString());
        var start = 0;
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            var escape = c switch
            {
                '\\' => @"\\",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                _ when c == quote => $"\\{c}",
                < ' ' or '\u007F' => $"\\x{(int)c:x2}",
                > '\u007F' when !IsPrintable(value, i) => c <= 0xFF ? $"\\x{(int)c:x2}" : $"\\u{(int)c:x4}",
                _ => null,
            };
            if (escape is not null)
            {
                text.Append(quoted, start, i - start).Append(quoted.SameOrigin(escape));
                start = i + 1;
            }
        }

        text.Append(quoted, start, value.Length - start).Append(quote.ToString());
    }

    private static bool IsPrintable(string value, int index)
    {
        if (char.IsLowSurrogate(value[index]) && index > 0 && char.IsHighSurrogate(value[index - 1]))
        {
            return true;
        }

        return CharUnicodeInfo.GetUnicodeCategory(value, index) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.SpaceSeparator);
    }
}
