using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MistralStudio.Web.Features.Prompts.Code;

/// <summary>JSON values as literals of a language. Whatever a text holds, it stays inside of its literal.</summary>
internal abstract class Literals
{
    /// <summary>Literals of Python.</summary>
    public static Literals Python { get; } = new OfPython();

    /// <summary>Literals of JavaScript.</summary>
    public static Literals JavaScript { get; } = new OfJavaScript();

    /// <summary>JSON itself, in characters that are seen as what they are.</summary>
    public static Literals Json { get; } = new OfJson();

    protected abstract string True { get; }

    protected abstract string False { get; }

    protected abstract string Null { get; }

    /// <summary>A text as a literal, with its quotation marks.</summary>
    public string Text(string text)
    {
        var literal = new StringBuilder(text.Length + 2).Append('"');
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                var rune = new Rune(c, text[++i]);
                if (IsSeen(Rune.GetUnicodeCategory(rune)))
                {
                    literal.Append(c).Append(text[i]);
                }
                else
                {
                    literal.Append(Escape(rune));
                }
            }
            else
            {
                literal.Append(c switch
                {
                    '"' => "\\\"",
                    '\\' => "\\\\",
                    '\n' => "\\n",
                    '\r' => "\\r",
                    '\t' => "\\t",
                    _ when IsSeen(char.GetUnicodeCategory(c)) => c,
                    _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                });
            }
        }

        return literal.Append('"').ToString();
    }

    /// <summary>A value, its members on lines of their own.</summary>
    /// <param name="indent">Spaces before its closing bracket.</param>
    public string Value(JsonElement value, int indent)
    {
        var written = new StringBuilder();
        Write(written, value, indent);
        return written.ToString();
    }

    /// <summary>The name of a member.</summary>
    protected virtual string Name(string name) => Text(name);

    /// <summary>A character beyond the first plane that is not shown as it is.</summary>
    protected virtual string Escape(Rune rune) => string.Concat(rune.ToString().Select(half => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)half:x4}")));

    // What cannot be seen, or turns around what is seen, is written by its number.
    private static bool IsSeen(UnicodeCategory category) =>
        category is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    private void Write(StringBuilder written, JsonElement value, int indent)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                Members(written, '{', '}', indent, value.EnumerateObject(), (member, inner) =>
                {
                    written.Append(Name(member.Name)).Append(": ");
                    Write(written, member.Value, inner);
                });
                break;
            case JsonValueKind.Array:
                Members(written, '[', ']', indent, value.EnumerateArray(), (item, inner) => Write(written, item, inner));
                break;
            case JsonValueKind.String:
                written.Append(Text(value.GetString()!));
                break;
            case JsonValueKind.Number:
                written.Append(value.GetRawText());
                break;
            default:
                written.Append(value.ValueKind switch { JsonValueKind.True => True, JsonValueKind.False => False, _ => Null });
                break;
        }
    }

    private static void Members<T>(StringBuilder written, char open, char close, int indent, IEnumerable<T> members, Action<T, int> write)
    {
        written.Append(open);
        var any = false;
        foreach (var member in members)
        {
            written.Append(any ? "," : "").Append('\n').Append(' ', indent + 2);
            write(member, indent + 2);
            any = true;
        }

        if (any)
        {
            written.Append('\n').Append(' ', indent);
        }

        written.Append(close);
    }

    private class OfJson : Literals
    {
        protected override string True => "true";

        protected override string False => "false";

        protected override string Null => "null";
    }

    private sealed class OfJavaScript : OfJson
    {
        // In an object's literal this name would set what the object inherits from.
        protected override string Name(string name) => name == "__proto__" ? "[\"__proto__\"]" : Text(name);
    }

    private sealed class OfPython : Literals
    {
        protected override string True => "True";

        protected override string False => "False";

        protected override string Null => "None";

        // Two halves would be two characters to Python.
        protected override string Escape(Rune rune) => string.Create(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}");
    }
}
