namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>Jinja2's filters of lists and dictionaries. Those that the reference gives out one by one are lists here.</summary>
internal static class ListFilters
{
    private static readonly Dictionary<string, Func<object?, Arguments, object?>> s_filters = new(StringComparer.Ordinal)
    {
        ["batch"] = (value, given) => Chunks(value, given),
        ["dictsort"] = DictionarySort,
        ["first"] = (value, given) => Values.Iterate(value, given.Budget) is [var first, ..] ? first : new Undefined("No first item, sequence was empty."),
        ["groupby"] = GroupBy,
        ["join"] = Join,
        ["last"] = (value, given) => Values.Iterate(value, given.Budget) is [.., var last] ? last : new Undefined("No last item, sequence was empty."),
        ["list"] = (value, given) => Values.List(Values.Iterate(value, given.Budget), given.Budget),
        ["map"] = (value, given) => Values.List(Values.Iterate(value, given.Budget).Select(Mapping(given)), given.Budget),
        ["max"] = (value, given) => Extreme(value, given, -1),
        ["min"] = (value, given) => Extreme(value, given, 1),
        ["reject"] = (value, given) => Chosen(value, given, byAttribute: false, keep: false),
        ["rejectattr"] = (value, given) => Chosen(value, given, byAttribute: true, keep: false),
        ["reverse"] = Reverse,
        ["select"] = (value, given) => Chosen(value, given, byAttribute: false, keep: true),
        ["selectattr"] = (value, given) => Chosen(value, given, byAttribute: true, keep: true),
        ["sort"] = Sort,
        ["sum"] = (value, given) => Values.Iterate(value, given.Budget).Select(Key(given, 0, ignoreCase: false))
            .Aggregate(given.TryGet(1, "start", out var start) ? start : Values.Of(0L), (sum, item) => Arithmetic.Calculate(sum, "+", item, given.Budget)),
        ["unique"] = Unique,
    };

    /// <summary>A filter, or null where there is none of that name here.</summary>
    public static Func<object?, Arguments, object?>? Find(string name) => s_filters.GetValueOrDefault(name);

    private static TemplateText Join(object? value, Arguments given)
    {
        var separator = given.TryGet(0, "d", out var between) ? Printing.ToText(between, given.Budget) : TemplateText.Empty;
        var texts = Values.Iterate(value, given.Budget).Select(Key(given, 1, ignoreCase: false)).Select(item => (object?)Printing.ToText(item, given.Budget));
        return TextMethods.Join(separator, Values.List(texts, given.Budget).Items, given.Budget);
    }

    /// <summary>What a list is sorted, grouped or summed by: the attribute at a place among the arguments, or the item itself.</summary>
    private static Func<object?, object?> Key(Arguments given, int index, bool ignoreCase)
    {
        var path = given.TryGet(index, "attribute", out var attribute) ? attribute : null;
        return item =>
        {
            var key = path is null ? item : Path(item, path, given.Budget);
            return ignoreCase && key is TemplateText text ? TextMethods.Find(text, "lower")!.Call(Arguments.None("lower", given.Scope)) : key;
        };
    }

    /// <summary><c>a.b.0</c>: entries first, as in the reference.</summary>
    private static object? Path(object? item, object? path, RenderBudget budget) => path is TemplateText text
        ? text.Value.Split('.').Aggregate(item, (value, part) => Members.Element(
            value, int.TryParse(part, out var index) ? Values.Of((long)index) : TemplateText.Own(part), budget))
        : Members.Element(item, path, budget);

    private static Func<object?, object?> Mapping(Arguments given)
    {
        if (given.Positional.Count == 0)
        {
            var path = given.Required(int.MaxValue, "attribute");
            var hasDefault = given.TryGet(int.MaxValue, "default", out var otherwise);
            return item => Path(item, path, given.Budget) is var value && value is Undefined && hasDefault ? otherwise : value;
        }

        var name = given.Text(0, "filter").Value;
        var filter = Filters.Find(name) ?? throw new JinjaException(JinjaFailure.Type, $"No filter named '{name}'.");
        var rest = given.Skip(name, 1);
        return item => filter(item, rest);
    }

    private static JinjaList Chosen(object? value, Arguments given, bool byAttribute, bool keep)
    {
        var places = byAttribute ? 1 : 0;
        Func<object?, bool> test = Values.IsTrue;
        if (given.Positional.Count > places)
        {
            var name = given.Text(places, "test").Value;
            var named = Tests.Find(name) ?? throw new JinjaException(JinjaFailure.Type, $"No test named '{name}'.");
            var rest = given.Skip(name, places + 1);
            test = item => named(item, rest);
        }

        var path = byAttribute ? given.Required(0, "attr") : null;
        return Values.List(
            Values.Iterate(value, given.Budget).Where(item => test(byAttribute ? Path(item, path, given.Budget) : item) == keep), given.Budget);
    }

    private static JinjaList DictionarySort(object? value, Arguments given)
    {
        if (value is not JinjaMap map)
        {
            throw value is Undefined missing ? missing.Fail() : Values.TypeError($"'{Values.TypeName(value)}' object has no attribute 'items'");
        }

        var place = given.OptionalText(1, "by")?.Value == "value" ? 1 : 0;
        var ignoreCase = !given.Flag(0, "case_sensitive", false);
        return Sorted(
            Members.Items(map, given.Budget).Items,
            item => ((JinjaList)item!).Items[place] is TemplateText text && ignoreCase ? text.WithCharacters(text.Value.ToLowerInvariant()) : ((JinjaList)item).Items[place],
            given.Flag(2, "reverse", false),
            given.Budget);
    }

    private static JinjaList Sort(object? value, Arguments given)
    {
        var ignoreCase = !given.Flag(1, "case_sensitive", false);
        return Sorted(Values.Iterate(value, given.Budget), Key(given, 2, ignoreCase), given.Flag(0, "reverse", false), given.Budget);
    }

    private static JinjaList Sorted(IReadOnlyList<object?> items, Func<object?, object?> key, bool isReverse, RenderBudget budget)
    {
        var order = Comparer<object?>.Create((a, b) => Values.Compare(a, b, "<", budget));
        try
        {
            return Values.List(isReverse ? items.OrderByDescending(key, order) : items.OrderBy(key, order), budget);
        }
        catch (InvalidOperationException failed) when (failed.InnerException is JinjaException inner)
        {
            throw inner;
        }
    }

    private static JinjaList GroupBy(object? value, Arguments given)
    {
        var key = Key(given, 0, ignoreCase: false);
        var groups = new List<(object? Key, List<object?> Items)>();
        foreach (var item in Sorted(Values.Iterate(value, given.Budget), key, false, given.Budget).Items)
        {
            if (groups.Count == 0 || !Values.AreEqual(groups[^1].Key, key(item), given.Budget))
            {
                groups.Add((key(item), []));
            }

            groups[^1].Items.Add(item);
        }

        return Values.List(groups.Select(group => (object?)new JinjaList([group.Key, new JinjaList(group.Items)], IsTuple: true)), given.Budget);
    }

    private static JinjaList Unique(object? value, Arguments given)
    {
        var key = Key(given, 1, ignoreCase: !given.Flag(0, "case_sensitive", false));
        var seen = new JinjaMap();
        return Values.List(
            Values.Iterate(value, given.Budget).Where(item =>
            {
                var one = key(item);
                var isNew = !seen.TryGet(one, out _);
                seen.Set(one, null);
                return isNew;
            }),
            given.Budget);
    }

    private static object? Extreme(object? value, Arguments given, int sign)
    {
        var key = Key(given, 1, ignoreCase: !given.Flag(0, "case_sensitive", false));
        var items = Values.Iterate(value, given.Budget);
        return items.Count == 0
            ? new Undefined("No aggregated item, sequence was empty.")
            : items.Aggregate((best, item) => Values.Compare(key(item), key(best), "<", given.Budget) * sign < 0 ? item : best);
    }

    private static object Reverse(object? value, Arguments given)
    {
        var items = Values.List(Values.Iterate(value, given.Budget).Reverse(), given.Budget);
        return value is TemplateText ? TextMethods.Join(TemplateText.Empty, items.Items, given.Budget) : items;
    }

    private static JinjaList Chunks(object? value, Arguments given)
    {
        var size = (int)Math.Clamp(given.Integer(0, "linecount", 1), 1, int.MaxValue);
        return Values.List(Values.Iterate(value, given.Budget).Chunk(size).Select(chunk => (object?)new JinjaList(chunk)), given.Budget);
    }
}
