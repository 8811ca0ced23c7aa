namespace MistralStudio.Flows.Editing;

/// <summary>Layers of a graph: every edge goes to a later one, as far as there are no circles, and few of them cross.</summary>
internal static class LayerOrder
{
    private const int Sweeps = 8;

    /// <summary>Indexes of the nodes by layer, in their order from above.</summary>
    public static IReadOnlyList<IReadOnlyList<int>> Of(IReadOnlyList<int> nodes, IReadOnlyList<(int From, int To)> all)
    {
        var there = nodes.ToHashSet();
        var edges = Forward(nodes, [.. all.Where(edge => there.Contains(edge.From) && there.Contains(edge.To))]);
        var (before, after) = (edges.ToLookup(edge => edge.To, edge => edge.From), edges.ToLookup(edge => edge.From, edge => edge.To));
        var layer = nodes.ToDictionary(node => node, _ => 0);
        foreach (var node in Sorted(nodes, before, after))
        {
            layer[node] = before[node].Select(from => layer[from] + 1).DefaultIfEmpty(0).Max();
        }

        // What waits for nothing stands beside what it is for.
        foreach (var node in nodes.Where(node => !before[node].Any() && after[node].Any()))
        {
            layer[node] = after[node].Min(to => layer[to]) - 1;
        }

        var least = layer.Values.Min();
        var layers = nodes.GroupBy(node => layer[node] - least).OrderBy(group => group.Key).Select(group => group.ToList()).ToList();
        var place = new Dictionary<int, double>();
        foreach (var one in layers)
        {
            Number(one, place);
        }

        for (var sweep = 0; sweep < Sweeps; sweep++)
        {
            var down = sweep % 2 == 0;
            foreach (var one in down ? layers : Enumerable.Reverse(layers))
            {
                var neighbours = down ? before : after;
                var wants = one.ToDictionary(node => node, node => neighbours[node].Select(other => place[other]).DefaultIfEmpty(place[node]).Average());
                one.Sort((a, b) => wants[a] != wants[b] ? wants[a].CompareTo(wants[b]) : place[a] != place[b] ? place[a].CompareTo(place[b]) : a.CompareTo(b));
                Number(one, place);
            }
        }

        return layers;
    }

    private static void Number(List<int> layer, Dictionary<int, double> place)
    {
        for (var i = 0; i < layer.Count; i++)
        {
            place[layer[i]] = (i + 0.5) / layer.Count;
        }
    }

    // Without the edges that close a circle.
    private static List<(int From, int To)> Forward(IReadOnlyList<int> nodes, List<(int From, int To)> edges)
    {
        var next = edges.ToLookup(edge => edge.From, edge => edge.To);
        var state = nodes.ToDictionary(node => node, _ => 0);
        var back = new HashSet<(int, int)>();
        foreach (var root in nodes.Where(node => edges.All(edge => edge.To != node)).Concat(nodes))
        {
            if (state[root] != 0)
            {
                continue;
            }

            var walk = new Stack<(int Node, IEnumerator<int> Next)>();
            state[root] = 1;
            walk.Push((root, next[root].GetEnumerator()));
            while (walk.TryPeek(out var at))
            {
                if (!at.Next.MoveNext())
                {
                    state[at.Node] = 2;
                    walk.Pop();
                }
                else if (state[at.Next.Current] == 1)
                {
                    back.Add((at.Node, at.Next.Current));
                }
                else if (state[at.Next.Current] == 0)
                {
                    state[at.Next.Current] = 1;
                    walk.Push((at.Next.Current, next[at.Next.Current].GetEnumerator()));
                }
            }
        }

        return [.. edges.Where(edge => !back.Contains((edge.From, edge.To)))];
    }

    private static IEnumerable<int> Sorted(IReadOnlyList<int> nodes, ILookup<int, int> before, ILookup<int, int> after)
    {
        var waiting = nodes.ToDictionary(node => node, node => before[node].Count());
        var ready = new Queue<int>(nodes.Where(node => waiting[node] == 0));
        while (ready.TryDequeue(out var node))
        {
            yield return node;
            foreach (var to in after[node])
            {
                if (--waiting[to] == 0)
                {
                    ready.Enqueue(to);
                }
            }
        }
    }
}
