namespace MistralStudio.Flows.Compilation;

/// <summary>Orders nodes so that every edge goes forward.</summary>
internal static class EdgeOrder
{
    /// <summary>
    /// Indexes of the nodes in such an order, those that an author wrote first first; or, where there is none, a circle of nodes that wait
    /// for each other.
    /// </summary>
    public static (int[] Order, int[] Cycle) Sort(int nodes, IReadOnlyList<(int From, int To)> edges)
    {
        var waiting = new int[nodes];
        var next = new List<int>[nodes];
        for (var i = 0; i < nodes; i++)
        {
            next[i] = [];
        }

        foreach (var (from, to) in edges)
        {
            waiting[to]++;
            next[from].Add(to);
        }

        var order = new List<int>(nodes);
        var ready = new Queue<int>(Enumerable.Range(0, nodes).Where(node => waiting[node] == 0));
        while (ready.TryDequeue(out var node))
        {
            order.Add(node);
            foreach (var to in next[node])
            {
                if (--waiting[to] == 0)
                {
                    ready.Enqueue(to);
                }
            }
        }

        return order.Count == nodes ? ([.. order], []) : ([.. order], Circle(waiting, edges));
    }

    // Every node that still waits has one before it that still waits: walking back among them ends in a circle.
    private static int[] Circle(int[] waiting, IReadOnlyList<(int From, int To)> edges)
    {
        var before = new int[waiting.Length];
        Array.Fill(before, -1);
        foreach (var (from, to) in edges)
        {
            if (waiting[from] > 0 && waiting[to] > 0)
            {
                before[to] = from;
            }
        }

        var seen = new Dictionary<int, int>();
        var walk = new List<int>();
        for (var node = Array.FindIndex(waiting, count => count > 0); ; node = before[node])
        {
            if (seen.TryGetValue(node, out var at))
            {
                walk = walk[at..];
                walk.Reverse();
                var first = walk.IndexOf(walk.Min());
                return [.. walk[first..], .. walk[..first]];
            }

            seen[node] = walk.Count;
            walk.Add(node);
        }
    }
}
