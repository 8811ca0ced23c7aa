using System.Collections;
using System.Runtime.CompilerServices;

namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>What is not there. It prints as nothing and counts as false; whoever needs more of it fails with the message it carries.</summary>
internal sealed class Undefined(string message, JinjaFailure failure = JinjaFailure.Undefined)
{
    public JinjaException Fail() => new(failure, message);
}

/// <summary>A list, or a tuple (which prints in other brackets).</summary>
internal sealed record JinjaList(IReadOnlyList<object?> Items, bool IsTuple = false);

/// <summary>What <c>namespace()</c> makes: the one value whose attributes a template may set.</summary>
internal sealed class JinjaNamespace
{
    public Dictionary<string, object?> Attributes { get; } = new(StringComparer.Ordinal);
}

/// <summary>Something that can be called.</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Call">What it does.</param>
internal sealed record JinjaFunction(string Name, Func<Arguments, object?> Call);

/// <summary>
/// Values of templates and Python's rules for them. A value is null (None), <see cref="bool"/>, <see cref="long"/>, <see cref="double"/>,
/// <see cref="TemplateText"/>, <see cref="JinjaList"/>, <see cref="JinjaMap"/>, <see cref="JinjaNamespace"/>, <see cref="JinjaFunction"/>,
/// <see cref="LoopState"/> or <see cref="Undefined"/>.
/// </summary>
internal static class Values
{
    public static readonly object True = true;
    public static readonly object False = false;

    private static readonly object[] s_small = [.. Enumerable.Range(0, 256).Select(i => (object)(long)i)];

    public static object Of(bool value) => value ? True : False;

    public static object Of(long value) => value is >= 0 and < 256 ? s_small[value] : value;

    public static TemplateText Of(string value) => TemplateText.Own(value);

    /// <summary>A list, charged to the budget.</summary>
    public static JinjaList List(IEnumerable<object?> items, RenderBudget budget)
    {
        var list = new List<object?>();
        foreach (var item in items)
        {
            budget.SpendEntries(1);
            list.Add(item);
        }

        return new JinjaList(list);
    }

    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool truth => truth,
        long number => number != 0,
        double number => number != 0,
        TemplateText text => text.Length > 0,
        JinjaList list => list.Items.Count > 0,
        JinjaMap map => map.Count > 0,
        _ => true,
    };

    /// <summary>Python's name of the value's type.</summary>
    public static string TypeName(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        long => "int",
        double => "float",
        TemplateText => "str",
        JinjaList { IsTuple: true } => "tuple",
        JinjaList => "list",
        JinjaMap => "dict",
        JinjaNamespace => "Namespace",
        JinjaFunction => "function",
        LoopState => "LoopContext",
        _ => "Undefined",
    };

    public static JinjaException TypeError(string message) => new(JinjaFailure.Type, message);

    /// <summary>Python's ==.</summary>
    public static bool AreEqual(object? left, object? right, RenderBudget budget)
    {
        budget.Step();
        switch (left, right)
        {
            case (TemplateText a, TemplateText b):
                return a.Value == b.Value;
            case (null, null):
            case (Undefined, Undefined):
                return true;
            case (JinjaList a, JinjaList b):
                RuntimeHelpers.EnsureSufficientExecutionStack();
                return a.IsTuple == b.IsTuple && a.Items.Count == b.Items.Count && a.Items.Zip(b.Items).All(pair => AreEqual(pair.First, pair.Second, budget));
            case (JinjaMap a, JinjaMap b):
                RuntimeHelpers.EnsureSufficientExecutionStack();
                return a.Count == b.Count && a.All(entry => b.TryGet(entry.Key, out var other) && AreEqual(entry.Value, other, budget));
            default:
                return AsNumber(left) is { } x && AsNumber(right) is { } y ? x == y : ReferenceEquals(left, right);
        }
    }

    /// <summary>Python's order; negative, zero or positive.</summary>
    /// <exception cref="JinjaException">The two have none.</exception>
    public static int Compare(object? left, object? right, string sign, RenderBudget budget)
    {
        budget.Step();
        switch (left, right)
        {
            case (TemplateText a, TemplateText b):
                return CompareText(a.Value, b.Value);
            case (JinjaList a, JinjaList b) when a.IsTuple == b.IsTuple:
                RuntimeHelpers.EnsureSufficientExecutionStack();
                for (var i = 0; i < Math.Min(a.Items.Count, b.Items.Count); i++)
                {
                    if (!AreEqual(a.Items[i], b.Items[i], budget))
                    {
                        return Compare(a.Items[i], b.Items[i], sign, budget);
                    }
                }

                return a.Items.Count.CompareTo(b.Items.Count);
            case (Undefined missing, _):
                throw missing.Fail();
            case (_, Undefined missing):
                throw missing.Fail();
            default:
                return AsNumber(left) is { } x && AsNumber(right) is { } y
                    ? x.CompareTo(y)
                    : throw TypeError($"'{sign}' not supported between instances of '{TypeName(left)}' and '{TypeName(right)}'");
        }
    }

    /// <summary>A number as one, a truth value as 0 or 1; null for anything else.</summary>
    public static double? AsNumber(object? value) => value switch
    {
        bool truth => truth ? 1 : 0,
        long number => number,
        double number => number,
        _ => null,
    };

    /// <summary>A whole number, a truth value as 0 or 1; null for anything else.</summary>
    public static long? AsInteger(object? value) => value switch
    {
        bool truth => truth ? 1 : 0,
        long number => number,
        _ => null,
    };

    /// <summary>What a loop over a value sees.</summary>
    /// <exception cref="JinjaException">A loop cannot go over it.</exception>
    public static IReadOnlyList<object?> Iterate(object? value, RenderBudget budget)
    {
        switch (value)
        {
            case JinjaList list:
                return list.Items;
            case JinjaMap map:
                budget.SpendEntries(map.Count);
                return [.. map.Keys];
            case Undefined:
                return [];
            case TemplateText text:
                budget.SpendEntries(text.Length * 4L);
                return Characters(text);
            default:
                throw TypeError($"'{TypeName(value)}' object is not iterable");
        }
    }

    /// <summary>Python's <c>in</c>.</summary>
    public static bool Contains(object? container, object? item, RenderBudget budget)
    {
        switch (container)
        {
            case TemplateText text:
                budget.Spend(text.Length);
                return item is TemplateText part
                    ? text.Value.Contains(part.Value, StringComparison.Ordinal)
                    : throw TypeError($"'in <string>' requires string as left operand, not {TypeName(item)}");
            case JinjaList list:
                return list.Items.Any(other => AreEqual(item, other, budget));
            case JinjaMap map:
                return map.TryGet(item, out _);
            case Undefined:
                return false;
            default:
                throw TypeError($"argument of type '{TypeName(container)}' is not iterable");
        }
    }

    /// <summary>Order of code points, as Python has it: of UTF-16 units, but surrogates after everything else of the basic plane.</summary>
    public static int CompareText(string left, string right)
    {
        var same = left.AsSpan().CommonPrefixLength(right);
        if (same == left.Length || same == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        var (a, b) = (left[same], right[same]);
        return char.IsSurrogate(a) != char.IsSurrogate(b) ? char.IsSurrogate(a) ? 1 : -1 : a.CompareTo(b);
    }

    private static List<object?> Characters(TemplateText text)
    {
        var characters = new List<object?>(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var length = char.IsHighSurrogate(text.Value[i]) && i + 1 < text.Length && char.IsLowSurrogate(text.Value[i + 1]) ? 2 : 1;
            characters.Add(text.Slice(i, length));
            i += length;
        }

        return characters;
    }
}

/// <summary>A dictionary in the order of its making. Keys are compared by what they say, wherever they come from.</summary>
internal sealed class JinjaMap : IEnumerable<KeyValuePair<object?, object?>>
{
    private static readonly object s_none = new();

    private readonly OrderedDictionary<object, KeyValuePair<object?, object?>> _entries = [];

    public int Count => _entries.Count;

    public IEnumerable<object?> Keys => _entries.Values.Select(entry => entry.Key);

    /// <summary>Sets an entry; one that is there already keeps its place and its key.</summary>
    /// <exception cref="JinjaException">The key is a list or a dictionary.</exception>
    public void Set(object? key, object? value)
    {
        var index = Index(key);
        _entries[index] = new(_entries.TryGetValue(index, out var known) ? known.Key : key, value);
    }

    /// <summary>Sets an entry whose key is the template's own.</summary>
    public JinjaMap With(string key, object? value)
    {
        Set(TemplateText.Own(key), value);
        return this;
    }

    public bool TryGet(object? key, out object? value)
    {
        var found = _entries.TryGetValue(Index(key), out var entry);
        value = entry.Value;
        return found;
    }

    public bool TryGet(string key, out object? value)
    {
        var found = _entries.TryGetValue(key, out var entry);
        value = entry.Value;
        return found;
    }

    public IEnumerator<KeyValuePair<object?, object?>> GetEnumerator() => _entries.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static object Index(object? key) => key switch
    {
        null => s_none,
        TemplateText text => text.Value,
        bool or long or double => Values.AsNumber(key)!.Value,
        JinjaList { IsTuple: true } or JinjaNamespace or JinjaFunction or Undefined => key,
        _ => throw Values.TypeError($"unhashable type: '{Values.TypeName(key)}'"),
    };
}
