using System.Text;

namespace MistralStudio.Flows.Imports;

/// <summary>A value of another part of an export, by the names of ours.</summary>
/// <param name="Node">Id of the part there.</param>
/// <param name="Port">Out-port here.</param>
/// <param name="Member">What of the value: <c>.result</c>; empty for all of it.</param>
internal sealed record ForeignReference(string Node, string Port, string Member = "");

/// <summary>A text of an export: words, and values of other parts between them.</summary>
internal sealed class ForeignText
{
    private readonly List<(string? Words, ForeignReference? Value, bool IsCode)> _parts = [];

    public IEnumerable<ForeignReference> References => _parts.Select(part => part.Value).OfType<ForeignReference>();

    public bool IsEmpty => _parts.TrueForAll(part => part.Value is null && string.IsNullOrWhiteSpace(part.Words));

    public static ForeignText Of(string? words) => new ForeignText().Add(words ?? "");

    public static ForeignText Of(ForeignReference value) => new ForeignText().Add(value);

    /// <summary>Words that stand for themselves.</summary>
    public ForeignText Add(string words)
    {
        _parts.Add((words, null, false));
        return this;
    }

    /// <summary>Liquid, or a part of a condition, as it is.</summary>
    public ForeignText AddCode(string liquid)
    {
        _parts.Add((liquid, null, true));
        return this;
    }

    public ForeignText Add(ForeignReference value)
    {
        _parts.Add((null, value, false));
        return this;
    }

    public ForeignText Add(ForeignText other)
    {
        _parts.AddRange(other._parts);
        return this;
    }

    /// <summary>The Liquid of it.</summary>
    /// <param name="name">How a value is named where the text stands; null where it cannot be.</param>
    /// <param name="isCondition">True where names stand without braces.</param>
    public string Write(Func<ForeignReference, string?> name, bool isCondition)
    {
        var text = new StringBuilder();
        foreach (var (words, value, isCode) in _parts)
        {
            if (value is not null)
            {
                var named = name(value);
                text.Append(isCondition ? named ?? "nil" : named is null ? "" : $"{{{{ {named} }}}}");
            }
            else
            {
                text.Append(isCode || isCondition ? words : Literal(words!));
            }
        }

        return text.ToString();
    }

    // Words that would be taken for Liquid say that they are not.
    private static string Literal(string words) => !words.Contains("{{", StringComparison.Ordinal) && !words.Contains("{%", StringComparison.Ordinal) ? words
        : words.Contains("endraw", StringComparison.Ordinal) ? words.Replace("{{", "{ {", StringComparison.Ordinal).Replace("{%", "{ %", StringComparison.Ordinal)
        : $"{{% raw %}}{words}{{% endraw %}}";
}
