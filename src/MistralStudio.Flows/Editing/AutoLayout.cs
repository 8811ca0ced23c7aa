using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>
/// Arranges a flow in layers, so that values travel from left to right: the same flow always comes to the same picture, and nothing lies above
/// anything else. Insides of containers first, since containers are as large as they are.
/// </summary>
public static class AutoLayout
{
    private const double Between = 56;
    private const double Below = 32;

    /// <summary>Where everything is to be.</summary>
    /// <param name="shape">Shape of the node of a path; a container's is that without its inside.</param>
    public static IReadOnlyList<PlacedPart> Arrange(FlowDefinition definition, Func<string, FlowNode, CardShape> shape)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(shape);
        var places = new List<PlacedPart>();
        Arrange("", Scopes.Find(definition, "")!, shape, places);
        return places;
    }

    private static (double Width, double Height) Arrange(string scope, FlowBody body, Func<string, FlowNode, CardShape> shape, List<PlacedPart> places)
    {
        var nodes = body.Nodes.DistinctBy(node => node.Id).ToList();
        var boxes = new LayerBox[nodes.Count];
        for (var i = 0; i < nodes.Count; i++)
        {
            var path = Scopes.Join(scope, nodes[i].Id);
            var own = shape(path, nodes[i]);
            var (width, height) = (own.Width, own.Height);
            if (nodes[i].Body is { } inside)
            {
                var size = Arrange(path, inside, shape, places);
                (width, height) = (Math.Max(width, size.Width + (2 * CardShape.InsetX)), Math.Max(height, size.Height + CardShape.InsetTop + CardShape.InsetBottom));
            }

            boxes[i] = new LayerBox(i, width, height);
        }

        var indexOf = nodes.Select((node, index) => (node.Id, index)).ToDictionary(one => one.Id, one => one.index, StringComparer.Ordinal);
        var edges = body.Edges.Select(edge => (From: Names.Split(edge.From)?.Node, To: Names.Split(edge.To)?.Node))
            .Where(edge => edge is { From: not null, To: not null } && indexOf.ContainsKey(edge.From) && indexOf.ContainsKey(edge.To) && edge.From != edge.To)
            .Select(edge => (From: indexOf[edge.From!], To: indexOf[edge.To!])).Distinct().ToList();

        var (top, right) = (0d, 0d);
        var alone = new List<LayerBox>();
        foreach (var part in Parts(nodes.Count, edges))
        {
            if (part.Count == 1)
            {
                alone.Add(boxes[part[0]]);
                continue;
            }

            var layers = LayerOrder.Of(part, edges);
            Place(layers, boxes, edges, top);
            right = Math.Max(right, part.Max(index => boxes[index].X + boxes[index].Width));
            top = Snap(part.Max(index => boxes[index].Y + boxes[index].Height) + (2 * Below));
        }

        right = Math.Max(right, InRows(alone, top, Math.Max(right, 5 * (CardShape.Card + Between))));
        places.AddRange(boxes.Select(box => new PlacedPart(Scopes.Join(scope, nodes[box.Index].Id), new FlowPosition(box.X, box.Y))));
        return boxes.Length == 0 ? (CardShape.Card, CardShape.Head) : (right, boxes.Max(box => box.Y + box.Height));
    }

    // What is connected belongs together; parts in the author's order.
    private static List<List<int>> Parts(int count, List<(int From, int To)> edges)
    {
        var root = Enumerable.Range(0, count).ToArray();
        int Find(int at)
        {
            while (root[at] != at)
            {
                at = root[at] = root[root[at]];
            }

            return at;
        }

        foreach (var (from, to) in edges)
        {
            var (one, other) = (Find(from), Find(to));
            root[Math.Max(one, other)] = Math.Min(one, other);
        }

        return [.. Enumerable.Range(0, count).GroupBy(Find).OrderBy(group => group.Key).Select(group => group.ToList())];
    }

    private static void Place(IReadOnlyList<IReadOnlyList<int>> layers, LayerBox[] boxes, List<(int From, int To)> edges, double top)
    {
        var x = 0d;
        foreach (var layer in layers)
        {
            foreach (var index in layer)
            {
                boxes[index].X = x;
            }

            x = Snap(x + layer.Max(index => boxes[index].Width) + Between);
        }

        // Straight wires: a card stands as high as those it is connected to, as far as its neighbours leave it room.
        var neighbours = boxes.Select(_ => new List<int>()).ToArray();
        foreach (var (from, to) in edges)
        {
            neighbours[from].Add(to);
            neighbours[to].Add(from);
        }

        foreach (var layer in layers)
        {
            Stack(layer, boxes, index => 0);
        }

        for (var sweep = 0; sweep < 12; sweep++)
        {
            foreach (var layer in sweep % 2 == 0 ? layers : layers.Reverse())
            {
                Stack(layer, boxes, index => neighbours[index].Count == 0 ? boxes[index].Y : neighbours[index].Average(one => boxes[one].Y));
            }
        }

        var all = layers.SelectMany(layer => layer).ToList();
        var least = all.Min(index => boxes[index].Y);
        foreach (var index in all)
        {
            boxes[index].Y = Snap(boxes[index].Y - least) + top;
        }
    }

    // As near to where each wants to be as their order allows: the mean of pushing all down and of pushing all up keeps the distances of both.
    private static void Stack(IReadOnlyList<int> layer, LayerBox[] boxes, Func<int, double> wanted)
    {
        var wants = layer.Select(wanted).ToArray();
        var (down, up) = (new double[layer.Count], new double[layer.Count]);
        for (var i = 0; i < layer.Count; i++)
        {
            down[i] = i == 0 ? wants[i] : Math.Max(wants[i], down[i - 1] + boxes[layer[i - 1]].Height + Below);
        }

        for (var i = layer.Count - 1; i >= 0; i--)
        {
            up[i] = i == layer.Count - 1 ? wants[i] : Math.Min(wants[i], up[i + 1] - boxes[layer[i]].Height - Below);
        }

        for (var i = 0; i < layer.Count; i++)
        {
            boxes[layer[i]].Y = (down[i] + up[i]) / 2;
        }
    }

    private static double InRows(List<LayerBox> boxes, double top, double width)
    {
        var (x, y, high, right) = (0d, top, 0d, 0d);
        foreach (var box in boxes)
        {
            if (x > 0 && x + box.Width > width)
            {
                (x, y, high) = (0, Snap(y + high + Below), 0);
            }

            (box.X, box.Y) = (x, y);
            x = Snap(x + box.Width + Between);
            (high, right) = (Math.Max(high, box.Height), Math.Max(right, box.X + box.Width));
        }

        return right;
    }

    private static double Snap(double value) => Math.Ceiling((value - 1e-6) / CardShape.Grid) * CardShape.Grid;

    private sealed class LayerBox(int index, double width, double height)
    {
        public int Index { get; } = index;

        public double Width { get; } = width;

        public double Height { get; } = height;

        public double X { get; set; }

        public double Y { get; set; }
    }
}
