namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>
/// A text that remembers which of its characters came from outside the template: message contents, names, tool descriptions. Everything a
/// template does to a text (cutting, joining, trimming, replacing, changing case, quoting as JSON) carries that along, so that in the finished
/// prompt a control token counts only where the template itself wrote all of its characters. Comparing looks at the characters alone.
/// </summary>
internal sealed class TemplateText
{
    /// <summary>No text.</summary>
    public static readonly TemplateText Empty = new("", []);

    // Ranges of foreign characters, in order, not touching: start, end, start, end...
    private readonly int[] _foreign;

    private TemplateText(string value, int[] foreign)
    {
        Value = value;
        _foreign = foreign;
    }

    /// <summary>The characters.</summary>
    public string Value { get; }

    /// <summary>UTF-16 units.</summary>
    public int Length => Value.Length;

    /// <summary>Foreign ranges: start and end, start and end, in order.</summary>
    public ReadOnlySpan<int> ForeignRanges => _foreign;

    /// <summary>True where any character is foreign.</summary>
    public bool IsForeign => _foreign.Length > 0;

    /// <summary>A text of the template.</summary>
    public static TemplateText Own(string value) => value.Length == 0 ? Empty : new(value, []);

    /// <summary>A text of other people.</summary>
    public static TemplateText Foreign(string value) => value.Length == 0 ? Empty : new(value, [0, value.Length]);

    /// <summary>A text with its foreign ranges.</summary>
    public static TemplateText Create(string value, List<int> foreign) => value.Length == 0 ? Empty : new(value, [.. foreign]);

    /// <summary>Other characters of the same number in place of these (another case), of the same origin.</summary>
    public TemplateText WithCharacters(string value) => value.Length == Length ? new(value, _foreign) : SameOrigin(value);

    /// <summary>A text made from this one: foreign where any of this is.</summary>
    public TemplateText SameOrigin(string value) => IsForeign ? Foreign(value) : Own(value);

    /// <summary>A part.</summary>
    public TemplateText Slice(int start, int length)
    {
        if (length == Length)
        {
            return this;
        }

        if (length <= 0)
        {
            return Empty;
        }

        var part = Value.Substring(start, length);
        if (_foreign.Length == 0)
        {
            return new(part, []);
        }

        var ranges = new List<int>(_foreign.Length);
        AppendRanges(ranges, start, length, -start);
        return new(part, [.. ranges]);
    }

    /// <summary>This text and another.</summary>
    public TemplateText Append(TemplateText other)
    {
        if (other.Length == 0 || Length == 0)
        {
            return Length == 0 ? other : this;
        }

        var value = string.Concat(Value, other.Value);
        if (_foreign.Length == 0 && other._foreign.Length == 0)
        {
            return new(value, []);
        }

        var ranges = new List<int>(_foreign.Length + other._foreign.Length);
        AppendRanges(ranges, 0, Length, 0);
        other.AppendRanges(ranges, 0, other.Length, Length);
        return new(value, [.. ranges]);
    }

    /// <summary>Appends the foreign ranges of a part, moved; a range that touches the last one continues it.</summary>
    public void AppendRanges(List<int> ranges, int start, int length, int move)
    {
        for (var i = 0; i < _foreign.Length; i += 2)
        {
            var from = Math.Max(_foreign[i], start);
            var to = Math.Min(_foreign[i + 1], start + length);
            if (from >= to)
            {
                continue;
            }

            if (ranges.Count > 0 && ranges[^1] == from + move)
            {
                ranges[^1] = to + move;
            }
            else
            {
                ranges.Add(from + move);
                ranges.Add(to + move);
            }
        }
    }

    public override string ToString() => Value;
}
