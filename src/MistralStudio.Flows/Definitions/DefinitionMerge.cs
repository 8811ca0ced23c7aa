using MistralStudio.Flows.Editing;

namespace MistralStudio.Flows.Definitions;

/// <summary>A part of what one definition changes of another that can be taken, or left, by itself; edges go with the nodes that they belong to.</summary>
/// <param name="Key">Names it among the parts: <c>Node:each/draft</c>, <c>Edge:|a.text&gt;b.text</c>.</param>
public sealed record MergePart(string Key, FlowChange Change);

/// <summary>The difference between two definitions in parts, of which a person takes some.</summary>
public sealed class DefinitionMerge
{
    private readonly FlowDefinition _before;
    private readonly FlowDefinition _after;
    private readonly List<ChangedEdge> _edges;

    private DefinitionMerge(FlowDefinition before, FlowDefinition after)
    {
        (_before, _after) = (before, after);
        var parts = DefinitionDiff.Of(before, after).Where(change => change.Part != ChangedPart.Edge)
            .Select(change => new MergePart(KeyOf(change.Part, change.Path), change)).DistinctBy(part => part.Key).ToList();
        var nodes = parts.Where(part => part.Change.Part == ChangedPart.Node).ToDictionary(part => part.Key, part => part.Change.Kind, StringComparer.Ordinal);
        var changed = EdgesOf(before, after).Select(edge => edge with { Owners = [.. Ends(edge).Select(path => KeyOf(ChangedPart.Node, path)).Where(nodes.ContainsKey).Distinct(StringComparer.Ordinal)] }).ToList();
        _edges = [.. changed.Select(edge => edge.Owners.Any(Moves) || Around(edge, changed, Moves) is not { Count: > 0 } around ? edge : edge with { Owners = around })];
        foreach (var edge in _edges.Where(edge => edge.Owners.Count == 0))
        {
            var scope = edge.Scope.Length == 0 ? "" : $"{edge.Scope}: ";
            parts.Add(new MergePart(edge.Key, new FlowChange(edge.IsAdded ? ChangeKind.Added : ChangeKind.Removed, ChangedPart.Edge, $"{scope}{edge.Edge.From} → {edge.Edge.To}", [])));
        }

        Parts = parts;

        bool Moves(string owner) => nodes[owner] != ChangeKind.Changed;
    }

    /// <summary>All parts: nodes in the order of the newer definition, then inputs and the rest, then edges between nodes that stay as they are.</summary>
    public IReadOnlyList<MergePart> Parts { get; }

    /// <summary>Takes two definitions apart.</summary>
    public static DefinitionMerge Of(FlowDefinition before, FlowDefinition after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return new DefinitionMerge(before, after);
    }

    /// <summary>
    /// A definition with some of the parts. It may be another than the one that was compared, because somebody edited it meanwhile: what is no longer
    /// there is left out. All parts on what was compared give the newer definition.
    /// </summary>
    /// <param name="taken">Keys of the parts.</param>
    public FlowDefinition Apply(FlowDefinition definition, IReadOnlySet<string> taken)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(taken);
        if (Parts.All(part => taken.Contains(part.Key)) && (ReferenceEquals(definition, _before) || FlowDefinitions.Hash(definition) == FlowDefinitions.Hash(_before)))
        {
            return _after;
        }

        var merged = definition;
        foreach (var change in Parts.Where(part => taken.Contains(part.Key)).Select(part => part.Change))
        {
            merged = change.Part switch
            {
                ChangedPart.Node => ApplyNode(merged, change),
                ChangedPart.Input => merged with { Inputs = InputsWith(merged.Inputs, _after.Inputs.FirstOrDefault(input => input.Name == change.Path), change.Path) },
                ChangedPart.Budget => merged with { Budget = _after.Budget },
                ChangedPart.Notes => merged with { Notes = _after.Notes },
                _ => merged,
            };
        }

        foreach (var edge in _edges.Where(edge => Takes(edge, taken)))
        {
            merged = Scopes.With(merged, edge.Scope, body => edge.IsAdded
                ? body.Edges.Contains(edge.Edge) || !Stands(body, edge) ? body : body with { Edges = [.. body.Edges, edge.Edge] }
                : body with { Edges = [.. body.Edges.Where(one => one != edge.Edge)] }) ?? merged;
        }

        return merged;
    }

    /// <summary>Everything that is in one of two definitions, as the newer one has it: what both look like on one canvas.</summary>
    public static FlowDefinition Union(FlowDefinition before, FlowDefinition after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var body = Union(new FlowBody { Nodes = before.Nodes, Edges = before.Edges }, new FlowBody { Nodes = after.Nodes, Edges = after.Edges });
        var named = after.Inputs.Select(input => input.Name).ToHashSet(StringComparer.Ordinal);
        return after with { Nodes = body.Nodes, Edges = body.Edges, Inputs = [.. after.Inputs, .. before.Inputs.Where(input => !named.Contains(input.Name))] };
    }

    private static FlowBody Union(FlowBody before, FlowBody after)
    {
        var old = before.Nodes.GroupBy(node => node.Id, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var there = after.Nodes.Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
        return new FlowBody
        {
            Nodes =
            [
                .. after.Nodes.Select(node => old.GetValueOrDefault(node.Id)?.Body is { } was && node.Body is { } now ? node with { Body = Union(was, now) } : node),
                .. before.Nodes.Where(node => !there.Contains(node.Id)),
            ],
            Edges = [.. after.Edges.Union(before.Edges)],
        };
    }

    private FlowDefinition ApplyNode(FlowDefinition definition, FlowChange change)
    {
        var (scope, id) = Scopes.Split(change.Path);
        if (change.Kind == ChangeKind.Removed)
        {
            return Scopes.With(definition, scope, body => new FlowBody
            {
                Nodes = [.. body.Nodes.Where(node => node.Id != id)],
                Edges = [.. body.Edges.Where(edge => FlowEdge.NodeOf(edge.From) != id && FlowEdge.NodeOf(edge.To) != id)],
            }) ?? definition;
        }

        if (Scopes.FindNode(_after, change.Path) is not { } node)
        {
            return definition;
        }

        // What is inside a container that stays is taken node by node.
        return change.Kind == ChangeKind.Changed
            ? Scopes.WithNode(definition, change.Path, was => node with { Body = node.Body is null ? null : was.Body ?? new FlowBody() }) ?? definition
            : Scopes.With(definition, scope, body => body with { Nodes = [.. body.Nodes.Where(one => one.Id != id), node] }) ?? definition;
    }

    private bool Takes(ChangedEdge edge, IReadOnlySet<string> taken)
    {
        if (edge.Owners.Count == 0)
        {
            return taken.Contains(edge.Key);
        }

        // A wire to a node that comes needs it, and one of a node that goes stays as long as the node does.
        var kind = edge.IsAdded ? ChangeKind.Added : ChangeKind.Removed;
        var needed = edge.Owners.Where(owner => Parts.First(part => part.Key == owner).Change.Kind == kind).ToList();
        return needed.Count > 0 && edge.IsAdded ? needed.TrueForAll(taken.Contains)
            : needed.Count > 0 ? needed.Exists(taken.Contains)
            : edge.Owners.Any(taken.Contains);
    }

    private static bool Stands(FlowBody body, ChangedEdge edge) => new[] { edge.Edge.From, edge.Edge.To }.All(end =>
        FlowLook.IsContainer(edge.Scope, FlowEdge.NodeOf(end)) || body.Nodes.Any(node => node.Id == FlowEdge.NodeOf(end)));

    private static IEnumerable<string> Ends(ChangedEdge edge) => new[] { edge.Edge.From, edge.Edge.To }.Select(end => Scopes.Join(edge.Scope, FlowEdge.NodeOf(end)));

    // A wire between nodes that stay goes with the node that is put in between, or was: the one whose wires leave from or come to the same port.
    private static IReadOnlyList<string> Around(ChangedEdge edge, List<ChangedEdge> all, Func<string, bool> moves) =>
    [
        .. all.Where(other => other.IsAdded != edge.IsAdded && other.Scope == edge.Scope && (other.Edge.From == edge.Edge.From || other.Edge.To == edge.Edge.To))
            .SelectMany(other => other.Owners).Where(moves).Distinct(StringComparer.Ordinal),
    ];

    // Those inside of what comes or goes as a whole belong to it.
    private static IEnumerable<ChangedEdge> EdgesOf(FlowDefinition before, FlowDefinition after)
    {
        var now = Scopes.Every(after).DistinctBy(one => one.Scope).ToDictionary(one => one.Scope, one => one.Body.Edges, StringComparer.Ordinal);
        foreach (var (scope, body) in Scopes.Every(before).DistinctBy(one => one.Scope))
        {
            if (now.TryGetValue(scope, out var edges))
            {
                foreach (var edge in body.Edges.Except(edges))
                {
                    yield return new ChangedEdge(scope, edge, false);
                }

                foreach (var edge in edges.Except(body.Edges))
                {
                    yield return new ChangedEdge(scope, edge, true);
                }
            }
        }
    }

    private static IReadOnlyList<FlowInput> InputsWith(IReadOnlyList<FlowInput> inputs, FlowInput? input, string name) =>
        input is null ? [.. inputs.Where(one => one.Name != name)]
        : inputs.Any(one => one.Name == name) ? [.. inputs.Select(one => one.Name == name ? input : one)]
        : [.. inputs, input];

    private static string KeyOf(ChangedPart part, string path) => $"{part}:{path}";

    private sealed record ChangedEdge(string Scope, FlowEdge Edge, bool IsAdded)
    {
        public IReadOnlyList<string> Owners { get; init; } = [];

        public string Key => $"{ChangedPart.Edge}:{Scope}|{Edge.From}>{Edge.To}";
    }
}
