namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>Where a step reads from.</summary>
/// <param name="Branch">The branch that it is on; null where it is no branch.</param>
public sealed record OutlineSource(string Path, string Type, string? Branch);

/// <summary>A line of the outline: a step, or a branch with the steps that only it leads to.</summary>
/// <param name="Key">Unique in the outline.</param>
/// <param name="Card">The step; null for a branch.</param>
/// <param name="Branch">Name of the branch; null for a step.</param>
/// <param name="Of">Path of the node whose branch it is.</param>
/// <param name="Size">Lines below it that belong to it.</param>
public sealed record OutlineRow(string Key, int Depth, CardModel? Card, string? Branch, string Of, IReadOnlyList<OutlineSource> Sources, int Size)
{
    /// <summary>Of a branch: the steps that it leads to and that stand elsewhere, since other ways lead to them too; the container where it leads out of one.</summary>
    public IReadOnlyList<string> Elsewhere { get; init; } = [];
}

/// <summary>A flow as a list of steps in the order that they run: what only a branch leads to stands below that branch, what is inside a container below it.</summary>
public static class OutlineRows
{
    /// <summary>The lines.</summary>
    public static IReadOnlyList<OutlineRow> Of(IReadOnlyList<CardModel> cards, IReadOnlyList<WireEdge> edges)
    {
        ArgumentNullException.ThrowIfNull(cards);
        ArgumentNullException.ThrowIfNull(edges);
        var rows = new List<OutlineRow>();
        Scope("", 0, cards.Where(card => !card.IsNote).GroupBy(card => card.Parent, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal), edges, rows);
        return rows;
    }

    private static void Scope(string scope, int depth, Dictionary<string, List<CardModel>> byScope, IReadOnlyList<WireEdge> edges, List<OutlineRow> rows)
    {
        if (!byScope.TryGetValue(scope, out var cards))
        {
            return;
        }

        var there = cards.ToDictionary(card => card.Path, StringComparer.Ordinal);
        var arriving = edges.Where(edge => edge.Scope == scope && there.ContainsKey(edge.To)).ToLookup(edge => edge.To, StringComparer.Ordinal);
        var branches = new Dictionary<string, (string Node, string Port)[]>(StringComparer.Ordinal);
        var order = Sorted(cards, there, arriving);
        foreach (var card in order)
        {
            // On every branch that all of its ways lead through.
            var ways = arriving[card.Path].Where(edge => there.ContainsKey(edge.From) && branches.ContainsKey(edge.From))
                .Select(edge => edge.Type == "choice" ? [.. branches[edge.From], (edge.From, edge.FromPort)] : branches[edge.From]).ToList();
            branches[card.Path] = ways.Count == 0 ? [] : ways.Aggregate((one, other) => [.. one.Zip(other).TakeWhile(pair => pair.First == pair.Second).Select(pair => pair.First)]);
        }

        Write([], depth);

        void Write((string Node, string Port)[] branch, int level)
        {
            foreach (var card in order.Where(card => branches[card.Path].SequenceEqual(branch)))
            {
                var at = rows.Count;
                rows.Add(Row(card, level, arriving[card.Path]));
                Scope(card.Path, level + 1, byScope, edges, rows);
                foreach (var port in card.Rows)
                {
                    (string, string)[] inner = [.. branch, (card.Path, port.Name)];
                    var head = rows.Count;
                    rows.Add(new OutlineRow($"{card.Path}.{port.Name}", level + 1, null, port.Name, card.Path, [], 0) { Elsewhere = [.. Elsewhere(card.Path, port.Name, inner)] });
                    Write(inner, level + 2);
                    rows[head] = rows[head] with { Size = rows.Count - head - 1 };
                }

                rows[at] = rows[at] with { Size = rows.Count - at - 1 };
            }
        }

        IEnumerable<string> Elsewhere(string from, string port, (string, string)[] branch) => edges
            .Where(edge => edge.Scope == scope && edge.From == from && edge.FromPort == port && (edge.To == scope || (branches.TryGetValue(edge.To, out var on) && !on.Take(branch.Length).SequenceEqual(branch))))
            .Select(edge => edge.To).Distinct(StringComparer.Ordinal);
    }

    private static OutlineRow Row(CardModel card, int depth, IEnumerable<WireEdge> arriving) => new(
        card.Path, depth, card, null, card.Path, [.. arriving.Select(edge => new OutlineSource(edge.From, edge.Type, edge.Type == "choice" ? edge.FromPort : null)).Distinct()], 0);

    // In the author's order, as far as nothing comes before what it reads; what waits for itself comes last.
    private static List<CardModel> Sorted(List<CardModel> cards, Dictionary<string, CardModel> there, ILookup<string, WireEdge> arriving)
    {
        var waiting = cards.ToDictionary(card => card.Path, card => arriving[card.Path].Count(edge => there.ContainsKey(edge.From)), StringComparer.Ordinal);
        var next = arriving.SelectMany(group => group).Where(edge => there.ContainsKey(edge.From)).ToLookup(edge => edge.From, edge => edge.To, StringComparer.Ordinal);
        var order = new List<CardModel>();
        var ready = new Queue<CardModel>(cards.Where(card => waiting[card.Path] == 0));
        while (ready.TryDequeue(out var card))
        {
            order.Add(card);
            foreach (var to in next[card.Path])
            {
                if (--waiting[to] == 0)
                {
                    ready.Enqueue(there[to]);
                }
            }
        }

        order.AddRange(cards.Except(order));
        return order;
    }
}
