namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>
/// Attributes and elements. <c>a.b</c> finds a method first and an entry second, <c>a['b']</c> the other way round, as in the reference. Methods
/// that change a list or dictionary are refused as its sandbox refuses them.
/// </summary>
internal static class Members
{
    /// <summary><c>value.name</c>.</summary>
    /// <exception cref="JinjaException">The value is not there itself.</exception>
    public static object? Attribute(object? value, TemplateText name)
    {
        if (value is Undefined missing)
        {
            throw missing.Fail();
        }

        return Method(value, name.Value) is { } method ? method
            : Entry(value, name.Value, out var entry) ? entry
            : Missing(value, name.Value);
    }

    /// <summary><c>value[key]</c>.</summary>
    /// <exception cref="JinjaException">The value is not there itself.</exception>
    public static object? Element(object? value, object? key, RenderBudget budget)
    {
        switch (value)
        {
            case Undefined missing:
                throw missing.Fail();
            case JinjaMap map when map.TryGet(key, out var entry):
                return entry;
            case JinjaList list when Values.AsInteger(key) is { } index:
                index = index < 0 ? index + list.Items.Count : index;
                return index >= 0 && index < list.Items.Count ? list.Items[(int)index] : MissingElement(value, key, budget);
            case TemplateText text when Values.AsInteger(key) is { } index:
                // A character is a code point; only texts with some beyond 16 bits take the slow way.
                if (text.Value.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0)
                {
                    return Element(new JinjaList(Values.Iterate(text, budget)), key, budget) is TemplateText character ? character : MissingElement(value, key, budget);
                }

                index = index < 0 ? index + text.Length : index;
                return index >= 0 && index < text.Length ? text.Slice((int)index, 1) : MissingElement(value, key, budget);
        }

        if (key is TemplateText name)
        {
            return Entry(value, name.Value, out var entry) ? entry : Method(value, name.Value) ?? Missing(value, name.Value);
        }

        return MissingElement(value, key, budget);
    }

    /// <summary><c>value[start:stop:step]</c>.</summary>
    /// <exception cref="JinjaException">The value has no parts, or a bound is no number.</exception>
    public static object? Slice(object? value, object? start, object? stop, object? step, RenderBudget budget)
    {
        var items = value switch
        {
            JinjaList list => list.Items,
            TemplateText text when step is null && text.Value.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0 => null,
            TemplateText => Values.Iterate(value, budget),
            Undefined missing => throw missing.Fail(),
            _ => throw Values.TypeError($"'{Values.TypeName(value)}' object is not subscriptable"),
        };
        var stride = Bound(step) ?? 1;
        if (stride == 0)
        {
            throw Values.TypeError("slice step cannot be zero");
        }

        long count = items?.Count ?? ((TemplateText)value!).Length;
        var (low, high) = stride > 0 ? (0L, count) : (-1L, count - 1);
        var from = Clamp(Bound(start), stride > 0 ? low : high);
        var to = Clamp(Bound(stop), stride > 0 ? high : low);
        if (items is null)
        {
            budget.Spend(Math.Max(0, to - from));
            return ((TemplateText)value!).Slice((int)from, (int)(to - from));
        }

        var taken = new List<object?>();
        for (var i = from; stride > 0 ? i < to : i > to; i += stride)
        {
            budget.SpendEntries(1);
            taken.Add(items[(int)i]);
        }

        if (value is not TemplateText)
        {
            return new JinjaList(taken, value is JinjaList { IsTuple: true });
        }

        var text2 = new TextBuilder(budget);
        taken.ForEach(character => text2.Append((TemplateText)character!));
        return text2.ToText();

        long Clamp(long? bound, long otherwise) => bound is not { } given ? otherwise : Math.Clamp(given < 0 ? given + count : given, low, high);
    }

    private static long? Bound(object? value) => value is null
        ? null
        : Math.Clamp(
            Values.AsInteger(value) ?? throw Values.TypeError("slice indices must be integers or None or have an __index__ method"),
            int.MinValue,
            int.MaxValue);

    private static bool Entry(object? value, string name, out object? entry)
    {
        entry = null;
        return value switch
        {
            JinjaMap map => map.TryGet(name, out entry),
            JinjaNamespace space => space.Attributes.TryGetValue(name, out entry),
            LoopState loop => loop.TryGet(name, out entry),
            _ => false,
        };
    }

    private static object? Method(object? value, string name) => value switch
    {
        TemplateText text => TextMethods.Find(text, name),
        JinjaMap map => MapMethod(map, name),
        JinjaList list => ListMethod(list, name),
        _ => null,
    };

    private static object? MapMethod(JinjaMap map, string name) => name switch
    {
        "items" => new JinjaFunction(name, given => Items(map, given.Budget)),
        "keys" => new JinjaFunction(name, given => Values.List(map.Keys, given.Budget)),
        "values" => new JinjaFunction(name, given => Values.List(map.Select(entry => entry.Value), given.Budget)),
        "get" => new JinjaFunction(name, given =>
            map.TryGet(given.Required(0, "key"), out var entry) ? entry : given.TryGet(1, "default", out var otherwise) ? otherwise : null),
        "copy" => new JinjaFunction(name, given => map),
        "clear" or "pop" or "popitem" or "setdefault" or "update" => Unsafe(map, name),
        _ => null,
    };

    private static object? ListMethod(JinjaList list, string name) => name switch
    {
        "index" => new JinjaFunction(name, given => list.Items.Index().FirstOrDefault(pair => Values.AreEqual(pair.Item, given.Required(0, "value"), given.Budget), (-1, null)) is (>= 0 and var at, _)
            ? Values.Of((long)at)
            : throw Values.TypeError("the value is not in the list")),
        "count" => new JinjaFunction(name, given => Values.Of(list.Items.LongCount(item => Values.AreEqual(item, given.Required(0, "value"), given.Budget)))),
        "copy" when !list.IsTuple => new JinjaFunction(name, given => list),
        "append" or "clear" or "pop" or "reverse" or "insert" or "sort" or "extend" or "remove" when !list.IsTuple => Unsafe(list, name),
        _ => null,
    };

    /// <summary>Pairs of a dictionary, as <c>items()</c> gives them.</summary>
    public static JinjaList Items(JinjaMap map, RenderBudget budget)
    {
        budget.SpendEntries(map.Count * 4L);
        return new JinjaList([.. map.Select(entry => new JinjaList([entry.Key, entry.Value], IsTuple: true))]);
    }

    private static Undefined Unsafe(object value, string name) =>
        new($"access to attribute '{name}' of '{Values.TypeName(value)}' object is unsafe.", JinjaFailure.Forbidden);

    private static Undefined Missing(object? value, string name) =>
        new($"'{(value is null ? "None" : $"{Values.TypeName(value)} object")}' has no attribute '{name}'");

    private static Undefined MissingElement(object? value, object? key, RenderBudget budget) =>
        new($"{(value is null ? "None" : $"{Values.TypeName(value)} object")} has no element {Printing.ToText(key, budget)}");
}
