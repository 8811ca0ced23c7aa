using System.Globalization;

namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>Jinja2's filters: what stands behind <c>|</c>. Those of lists are in <see cref="ListFilters"/>.</summary>
internal static class Filters
{
    private const int WidestIndent = 1 << 10;

    private static readonly Dictionary<string, Func<object?, Arguments, object?>> s_filters = new(StringComparer.Ordinal)
    {
        ["abs"] = (value, given) => value is double number ? Math.Abs(number)
            : Values.AsInteger(value) is { } whole ? Values.Of(Arithmetic.Checked(() => Math.Abs(whole)))
            : throw Values.TypeError($"bad operand type for abs(): '{Values.TypeName(value)}'"),
        ["attr"] = (value, given) => Members.Attribute(value, given.Text(0, "name")),
        ["capitalize"] = (value, given) => Cased(value, given, TextMethods.Capitalised),
        ["center"] = (value, given) => TextMethods.Find(Text(value, given), "center")!.Call(
            new Arguments("center", given.Scope, [Values.Of(given.Integer(0, "width", 80))], [])),
        ["count"] = Length,
        ["d"] = Default,
        ["default"] = Default,
        ["e"] = Escape,
        ["escape"] = Escape,
        ["float"] = (value, given) => value switch
        {
            TemplateText text when double.TryParse(text.Value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
            bool or long or double => Values.AsNumber(value),
            _ => given.TryGet(0, "default", out var otherwise) ? otherwise : 0.0,
        },
        ["indent"] = Indent,
        ["int"] = Integer,
        ["items"] = (value, given) => value switch
        {
            JinjaMap map => Members.Items(map, given.Budget),
            Undefined => new JinjaList([]),
            _ => throw Values.TypeError("Can only get item pairs from a mapping."),
        },
        ["length"] = Length,
        ["lower"] = (value, given) => Cased(value, given, text => text.ToLowerInvariant()),
        ["replace"] = (value, given) => TextMethods.Replace(
            Text(value, given), Text(given.Required(0, "old"), given), Text(given.Required(1, "new"), given), given.Integer(2, "count", -1), given.Budget),
        ["round"] = Round,
        ["safe"] = (value, given) => Text(value, given),
        ["string"] = (value, given) => Text(value, given),
        ["title"] = (value, given) => Cased(value, given, Titled),
        ["tojson"] = ToJson,
        ["trim"] = (value, given) => TextMethods.Trim(Text(value, given), given.OptionalText(0, "chars"), true, true),
        ["truncate"] = Truncate,
        ["upper"] = (value, given) => Cased(value, given, text => text.ToUpperInvariant()),
        ["wordcount"] = (value, given) => Values.Of((long)((JinjaList)TextMethods.Find(Text(value, given), "split")!.Call(Arguments.None("split", given.Scope))!).Items.Count),
    };

    /// <summary>A filter, or null where there is none of that name.</summary>
    public static Func<object?, Arguments, object?>? Find(string name) => s_filters.GetValueOrDefault(name) ?? ListFilters.Find(name);

    private static TemplateText Text(object? value, Arguments given) => Printing.ToText(value, given.Budget);

    private static TemplateText Cased(object? value, Arguments given, Func<string, string> change)
    {
        var text = Text(value, given);
        given.Budget.Spend(text.Length * 2L);
        return text.WithCharacters(change(text.Value));
    }

    /// <summary>Words begin after white space, hyphens and opening brackets, so that "it's" has one capital letter; the method has two.</summary>
    private static string Titled(string value)
    {
        var inWord = false;
        return string.Concat(value.Select(c =>
        {
            var cased = inWord ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c);
            inWord = !TextMethods.IsSpace(c) && c is not ('-' or '(' or '{' or '[' or '<');
            return cased;
        }));
    }

    private static object Length(object? value, Arguments given) => value switch
    {
        TemplateText text => Values.Of(text.Length - (long)text.Value.Count(char.IsLowSurrogate)),
        JinjaList list => Values.Of((long)list.Items.Count),
        JinjaMap map => Values.Of((long)map.Count),
        Undefined => Values.Of(0L),
        _ => throw Values.TypeError($"object of type '{Values.TypeName(value)}' has no len()"),
    };

    private static object? Default(object? value, Arguments given) =>
        value is Undefined || (given.Flag(1, "boolean", false) && !Values.IsTrue(value))
            ? given.TryGet(0, "default_value", out var otherwise) ? otherwise : TemplateText.Empty
            : value;

    private static TemplateText Escape(object? value, Arguments given)
    {
        var text = Text(value, given);
        foreach (var (from, to) in new[] { ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&#39;"), ("\"", "&#34;") })
        {
            text = TextMethods.Replace(text, TemplateText.Own(from), text.SameOrigin(to), -1, given.Budget);
        }

        return text;
    }

    private static TemplateText Indent(object? value, Arguments given)
    {
        var text = Text(value, given);
        var indent = given.TryGet(0, "width", out var width) && width is TemplateText own ? own : TemplateText.Own(new string(' ', (int)Math.Clamp(given.Integer(0, "width", 4), 0, WidestIndent)));
        var blank = given.Flag(2, "blank", false);
        var built = new TextBuilder(given.Budget);
        var line = 0;
        // A text that ends with a break has one more, empty line.
        foreach (var part in TextMethods.Lines(text).Concat(text.Length == 0 || text.Value[^1] == '\n' ? [TemplateText.Empty] : []))
        {
            built.Append(line == 0 ? "" : "\n");
            built.Append((line == 0 ? given.Flag(1, "first", false) : blank || part.Length > 0) ? indent : TemplateText.Empty);
            built.Append(part);
            line++;
        }

        return built.ToText();
    }

    private static object? Integer(object? value, Arguments given)
    {
        var radix = given.Integer(1, "base", 10);
        return value switch
        {
            double number when double.IsFinite(number) && Math.Abs(number) < 9e18 => Values.Of((long)number),
            bool or long => Values.Of(Values.AsInteger(value)!.Value),
            TemplateText text when radix == 10 && long.TryParse(text.Value.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => Values.Of(whole),
            TemplateText text when radix == 16 && long.TryParse(
                text.Value.Trim().Replace("0x", "", StringComparison.OrdinalIgnoreCase), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var whole) => Values.Of(whole),
            TemplateText text when radix == 10 && double.TryParse(text.Value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && Math.Abs(real) < 9e18 =>
                Values.Of((long)real),
            _ => given.TryGet(0, "default", out var otherwise) ? otherwise : Values.Of(0L),
        };
    }

    private static object Round(object? value, Arguments given)
    {
        var number = Values.AsNumber(value) ?? throw Values.TypeError($"type {Values.TypeName(value)} doesn't define __round__ method");
        var precision = (int)Math.Clamp(given.Integer(0, "precision", 0), -15, 15);
        var factor = Math.Pow(10, precision);
        return (given.OptionalText(1, "method")?.Value ?? "common") switch
        {
            "ceil" => Math.Ceiling(number * factor) / factor,
            "floor" => Math.Floor(number * factor) / factor,
            _ => precision >= 0 ? Math.Round(number, precision, MidpointRounding.ToEven) : Math.Round(number * factor, MidpointRounding.ToEven) / factor,
        };
    }

    private static TemplateText ToJson(object? value, Arguments given)
    {
        var indent = given.TryGet(1, "indent", out var width) && width is not null
            ? width is TemplateText own ? own.Value : new string(' ', (int)Math.Clamp(given.Integer(1, "indent", 0), 0, WidestIndent))
            : null;
        var (item, key) = (indent is null ? ", " : ",", ": ");
        if (given.TryGet(2, "separators", out var separators) && separators is JinjaList { Items: [TemplateText items, TemplateText keys] })
        {
            (item, key) = (items.Value, keys.Value);
        }

        return new JsonWriter(given.Budget, indent, item, key, given.Flag(0, "ensure_ascii", false), given.Flag(3, "sort_keys", false)).Write(value);
    }

    private static TemplateText Truncate(object? value, Arguments given)
    {
        var text = Text(value, given);
        var length = given.Integer(0, "length", 255);
        var end = given.OptionalText(2, "end") ?? TemplateText.Own("...");
        if (text.Length <= length + given.Integer(3, "leeway", 5))
        {
            return text;
        }

        var kept = text.Slice(0, (int)Math.Max(0, length - end.Length));
        var space = kept.Value.LastIndexOf(' ');
        return (given.Flag(1, "killwords", false) || space < 0 ? kept : kept.Slice(0, space)).Append(end);
    }
}
