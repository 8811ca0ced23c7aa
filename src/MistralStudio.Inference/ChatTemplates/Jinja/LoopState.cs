namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>What <c>loop</c> is inside a loop.</summary>
internal sealed class LoopState(IReadOnlyList<object?> items, int depth, Func<object?, Scope, object?>? recurse)
{
    private bool _hasChanged;
    private object? _lastSeen;

    /// <summary>Which round it is, from 0.</summary>
    public int Index { get; set; }

    public int Depth { get; } = depth;

    /// <summary>Calls the loop again with other items; null where it is not recursive.</summary>
    public Func<object?, Scope, object?>? Recurse { get; } = recurse;

    /// <summary>An attribute; false where there is none of that name.</summary>
    public bool TryGet(string name, out object? value)
    {
        value = name switch
        {
            "index" => Values.Of(Index + 1L),
            "index0" => Values.Of((long)Index),
            "revindex" => Values.Of((long)items.Count - Index),
            "revindex0" => Values.Of(items.Count - Index - 1L),
            "first" => Values.Of(Index == 0),
            "last" => Values.Of(Index == items.Count - 1),
            "length" => Values.Of((long)items.Count),
            "depth" => Values.Of(Depth + 1L),
            "depth0" => Values.Of((long)Depth),
            "previtem" => Index > 0 ? items[Index - 1] : new Undefined("there is no previous item"),
            "nextitem" => Index + 1 < items.Count ? items[Index + 1] : new Undefined("there is no next item"),
            "cycle" => new JinjaFunction("cycle", Cycle),
            "changed" => new JinjaFunction("changed", Changed),
            _ => null,
        };
        return value is not null || name is "previtem" or "nextitem";
    }

    private object? Cycle(Arguments given) => given.Positional.Count > 0
        ? given.Positional[Index % given.Positional.Count]
        : throw Values.TypeError("no items for cycling given");

    private object Changed(Arguments given)
    {
        var seen = new JinjaList(given.Positional, IsTuple: true);
        var changed = !_hasChanged || !Values.AreEqual(_lastSeen, seen, given.Budget);
        (_hasChanged, _lastSeen) = (true, seen);
        return Values.Of(changed);
    }
}
