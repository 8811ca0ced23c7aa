namespace MistralStudio.Inference.Structured.Grammars;

/// <summary>Numbers the nodes of a grammar and finds what each needs at least: a least fixed point over the circles between them.</summary>
internal static class GrammarMeasure
{
    /// <summary>Measures everything that is reachable; returns the nodes, a node's number being its place.</summary>
    public static IReadOnlyList<GrammarNode> Measure(IReadOnlyList<GrammarNode> roots)
    {
        var nodes = new List<GrammarNode>();
        var seen = new HashSet<GrammarNode>(ReferenceEqualityComparer.Instance);
        var open = new Stack<GrammarNode>(roots);
        while (open.TryPop(out var node))
        {
            if (seen.Add(node))
            {
                node.Id = nodes.Count;
                nodes.Add(node);
                foreach (var child in node.Children)
                {
                    open.Push(child);
                }
            }
        }

        // Only what a change can reach is measured again.
        var parents = nodes.Select(_ => new List<int>()).ToArray();
        foreach (var node in nodes)
        {
            foreach (var child in node.Children)
            {
                parents[child.Id].Add(node.Id);
            }
        }

        var waiting = new Queue<int>(Enumerable.Range(0, nodes.Count).Reverse());
        var isWaiting = Enumerable.Repeat(true, nodes.Count).ToArray();
        while (waiting.TryDequeue(out var id))
        {
            isWaiting[id] = false;
            if (nodes[id].Measure())
            {
                foreach (var parent in parents[id].Where(parent => !isWaiting[parent]))
                {
                    isWaiting[parent] = true;
                    waiting.Enqueue(parent);
                }
            }
        }

        foreach (var array in nodes.OfType<ArrayNode>())
        {
            array.Settle();
        }

        return nodes;
    }
}
