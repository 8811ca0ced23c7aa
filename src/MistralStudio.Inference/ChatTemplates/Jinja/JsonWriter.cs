using System.Globalization;
using System.Runtime.CompilerServices;

namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>A value as JSON, character for character as Python's <c>json.dumps</c> writes it: <c>{"a": 1, "b": [true, null]}</c>.</summary>
internal sealed class JsonWriter(RenderBudget budget, string? indent, string itemSeparator, string keySeparator, bool asciiOnly, bool sortKeys)
{
    private readonly TextBuilder _text = new(budget);

    /// <summary>The JSON of a value.</summary>
    /// <exception cref="JinjaException">The value, or one in it, has no JSON.</exception>
    public TemplateText Write(object? value)
    {
        Value(value, 0);
        return _text.ToText();
    }

    private void Value(object? value, int depth)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        budget.Step();
        switch (value)
        {
            case TemplateText text:
                Quoted(text);
                break;
            case JinjaList list:
                Items(list, depth);
                break;
            case JinjaMap map:
                Entries(map, depth);
                break;
            case null or bool or long or double:
                _text.Append(Plain(value));
                break;
            default:
                throw Values.TypeError($"Object of type {Values.TypeName(value)} is not JSON serializable");
        }
    }

    private static string Plain(object? value) => value switch
    {
        null => "null",
        bool truth => truth ? "true" : "false",
        double number when !double.IsFinite(number) => double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity",
        double number => Printing.Real(number),
        _ => ((long)value).ToString(CultureInfo.InvariantCulture),
    };

    private void Items(JinjaList list, int depth)
    {
        if (list.Items.Count == 0)
        {
            _text.Append("[]");
            return;
        }

        _text.Append("[");
        for (var i = 0; i < list.Items.Count; i++)
        {
            Between(i, depth + 1);
            Value(list.Items[i], depth + 1);
        }

        Line(depth);
        _text.Append("]");
    }

    private void Entries(JinjaMap map, int depth)
    {
        if (map.Count == 0)
        {
            _text.Append("{}");
            return;
        }

        _text.Append("{");
        var i = 0;
        var entries = sortKeys
            ? map.OrderBy(entry => entry.Key, Comparer<object?>.Create((a, b) => Values.Compare(a, b, "<", budget)))
            : (IEnumerable<KeyValuePair<object?, object?>>)map;
        foreach (var (key, value) in entries)
        {
            Between(i++, depth + 1);
            Quoted(key switch
            {
                TemplateText text => text,
                null or bool or long or double => TemplateText.Own(Plain(key)),
                _ => throw Values.TypeError($"keys must be str, int, float, bool or None, not {Values.TypeName(key)}"),
            });
            _text.Append(keySeparator);
            Value(value, depth + 1);
        }

        Line(depth);
        _text.Append("}");
    }

    private void Between(int index, int depth)
    {
        if (index > 0)
        {
            _text.Append(itemSeparator);
        }

        Line(depth);
    }

    private void Line(int depth)
    {
        if (indent is not null)
        {
            _text.Append("\n");
            for (var i = 0; i < depth; i++)
            {
                _text.Append(indent);
            }
        }
    }

    private void Quoted(TemplateText text)
    {
        _text.Append("\"");
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text.Value[i];
            var escape = c switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                '\b' => @"\b",
                '\f' => @"\f",
                < ' ' => $"\\u{(int)c:x4}",
                > '~' when asciiOnly => $"\\u{(int)c:x4}",
                _ => null,
            };
            if (escape is not null)
            {
                _text.Append(text, start, i - start).Append(text.SameOrigin(escape));
                start = i + 1;
            }
        }

        _text.Append(text, start, text.Length - start).Append("\"");
    }
}
