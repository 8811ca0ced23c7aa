using System.Globalization;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>A pin as the canvas draws it; <c>wwwroot-assets/src/canvas/model.ts</c> has the same.</summary>
/// <param name="Y">The middle of its row, from the card's top; null where it has none.</param>
public sealed record WirePin(string Name, string Type, double? Y = null, bool? Optional = null);

/// <summary>A node as the canvas places it.</summary>
public sealed record WireNode(
    string Id, string Parent, double X, double Y, double W, double H, string Kind, IReadOnlyList<WirePin> Ins, IReadOnlyList<WirePin> Outs,
    IReadOnlyList<WirePin>? ToBody, IReadOnlyList<WirePin>? FromBody, bool More, bool MoreBack, string? Mood);

/// <summary>An edge as the canvas draws it.</summary>
public sealed record WireEdge(string Id, string Scope, string From, string FromPort, string To, string ToPort, string Type, string? State, string Label);

/// <summary>What changed on the canvas since the patch before.</summary>
public sealed record WirePatch(
    long Revision, bool Whole, IReadOnlyList<WireNode> Nodes, IReadOnlyList<string> Gone, IReadOnlyList<WireEdge> Edges, IReadOnlyList<string> GoneEdges, string? Clip);

/// <summary>Knows what a canvas was told, and makes the patch that it lacks.</summary>
public sealed class CanvasWire
{
    private readonly Dictionary<string, string> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WireEdge> _edges = new(StringComparer.Ordinal);
    private long _revision = -1;
    private string? _clip;

    /// <summary>Edges that the canvas was told of, by the ids that it knows them by.</summary>
    public IReadOnlyDictionary<string, WireEdge> Edges => _edges;

    /// <summary>The id of an edge on the canvas.</summary>
    public static string IdOf(string scope, FlowEdge edge)
    {
        ArgumentNullException.ThrowIfNull(edge);
        return $"{scope}|{edge.From}>{edge.To}";
    }

    /// <summary>The scope and the edge of such an id; null where it is none.</summary>
    public static EdgePlace? PlaceOf(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        var (bar, arrow) = (id.IndexOf('|', StringComparison.Ordinal), id.IndexOf('>', StringComparison.Ordinal));
        return bar < 0 || arrow < bar ? null : new EdgePlace(id[..bar], new FlowEdge(id[(bar + 1)..arrow], id[(arrow + 1)..]));
    }

    /// <summary>Makes the next patch all of it: the canvas begins anew.</summary>
    public void Forget()
    {
        _nodes.Clear();
        _edges.Clear();
        _clip = null;
        _revision = -1;
    }

    /// <summary>What the canvas lacks; null where it has everything.</summary>
    public WirePatch? Next(IReadOnlyList<CardModel> cards, IReadOnlyList<WireEdge> edges, string? clip)
    {
        ArgumentNullException.ThrowIfNull(cards);
        ArgumentNullException.ThrowIfNull(edges);
        var nodes = new List<WireNode>();
        var left = new HashSet<string>(_nodes.Keys, StringComparer.Ordinal);
        var (x, y) = (0d, 0d);
        foreach (var card in cards)
        {
            // What has no place yet stands below each other until it is arranged.
            var position = card.Node.Position ?? new FlowPosition(x, y += 112);
            var node = Of(card, position);
            var key = KeyOf(node);
            left.Remove(node.Id);
            if (!_nodes.TryGetValue(node.Id, out var known) || known != key)
            {
                _nodes[node.Id] = key;
                nodes.Add(node);
            }
        }

        var gone = left.ToList();
        gone.ForEach(id => _nodes.Remove(id));
        var changed = new List<WireEdge>();
        var stale = new HashSet<string>(_edges.Keys, StringComparer.Ordinal);
        foreach (var edge in edges)
        {
            stale.Remove(edge.Id);
            if (!_edges.TryGetValue(edge.Id, out var known) || known != edge)
            {
                _edges[edge.Id] = edge;
                changed.Add(edge);
            }
        }

        foreach (var id in stale)
        {
            _edges.Remove(id);
        }

        var whole = _revision < 0;
        if (!whole && nodes.Count == 0 && gone.Count == 0 && changed.Count == 0 && stale.Count == 0 && clip == _clip)
        {
            return null;
        }

        var told = clip == _clip ? null : clip ?? "";
        _clip = clip;
        return new WirePatch(++_revision, whole, nodes, gone, changed, [.. stale], told);
    }

    /// <summary>All edges of what was looked at.</summary>
    /// <param name="state">What a run says of an edge; null for nothing.</param>
    public static IReadOnlyList<WireEdge> EdgesOf(FlowLook look, Func<string, string> titleOf, Func<string, FlowEdge, string?>? state = null)
    {
        ArgumentNullException.ThrowIfNull(look);
        ArgumentNullException.ThrowIfNull(titleOf);
        var edges = new List<WireEdge>();
        foreach (var (scope, body) in Scopes.Every(look.Definition))
        {
            var ids = body.Nodes.Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var edge in body.Edges.Distinct())
            {
                if (Split(edge.From) is not { } from || Split(edge.To) is not { } to || PathOf(scope, from.Node, ids) is not { } source || PathOf(scope, to.Node, ids) is not { } target)
                {
                    continue;
                }

                var port = look.Giving(scope, edge.From);
                edges.Add(new WireEdge(
                    IdOf(scope, edge), scope, source, from.Port, target, to.Port, port is { IsBranch: true } ? "choice" : (port?.Type ?? PortType.Json).ToString(), state?.Invoke(scope, edge),
                    $"{titleOf(source)}, {from.Port} → {titleOf(target)}, {to.Port}"));
            }
        }

        return edges;
    }

    private static WireNode Of(CardModel card, FlowPosition position)
    {
        var row = 0;
        WirePin Out(Port port) => new(port.Name, port.IsBranch ? "choice" : port.Type.ToString(), port.IsBranch ? card.Shape.RowsAt + (row++ * CardShape.Row) + (CardShape.Row / 2) : null);
        return new WireNode(
            card.Path, card.Parent, position.X, position.Y, card.Shape.Width, card.Shape.Height, card.IsNote ? "note" : card.IsContainer ? "container" : "card",
            [.. card.Look.Inputs.Select(port => new WirePin(port.Name, port.Type.ToString(), null, port.Required ? null : true))],
            [.. card.Look.Outputs.OrderBy(port => port.IsBranch ? 0 : 1).Select(Out)],
            card.IsContainer ? [.. card.Look.ToBody.Select(port => new WirePin(port.Name, port.Type.ToString()))] : null,
            card.IsContainer ? [.. card.Look.FromBody.Select(port => new WirePin(port.Name, port.Type.ToString(), null, port.Required ? null : true))] : null,
            card.Look.TakesMore, card.Look.TakesMoreBack,
            card.Ghost ?? card.Run?.Status switch
            {
                NodeStatus.Running or NodeStatus.Retrying => "now",
                NodeStatus.Waiting or NodeStatus.Uncertain => "waits",
                NodeStatus.Pending or NodeStatus.Skipped or NodeStatus.Cancelled => "off",
                _ => null,
            });
    }

    private static string KeyOf(WireNode node) => string.Create(CultureInfo.InvariantCulture,
        $"{node.Parent}|{node.X}|{node.Y}|{node.W}|{node.H}|{node.Kind}|{string.Join(',', node.Ins)}|{string.Join(',', node.Outs)}|{string.Join(',', node.ToBody ?? [])}|{string.Join(',', node.FromBody ?? [])}|{node.More}|{node.MoreBack}|{node.Mood}");

    private static string? PathOf(string scope, string node, HashSet<string> ids) =>
        ids.Contains(node) ? Scopes.Join(scope, node) : FlowLook.IsContainer(scope, node) ? scope : null;

    private static (string Node, string Port)? Split(string end)
    {
        var dot = end.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && dot < end.Length - 1 ? (end[..dot], end[(dot + 1)..]) : null;
    }
}
