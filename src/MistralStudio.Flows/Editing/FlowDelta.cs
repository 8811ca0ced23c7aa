using System.Text.Json;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>A node that came, went or changed.</summary>
/// <param name="Before">Null where it came.</param>
/// <param name="After">Null where it went.</param>
/// <param name="KeepsBody">True for a container whose inside is compared by itself: the two are without it.</param>
public sealed record NodeChange(string Id, FlowNode? Before, FlowNode? After, bool KeepsBody);

/// <summary>What is different in one scope. Lists are null where they did not change.</summary>
/// <param name="Order">Ids in their order, before and after.</param>
/// <param name="Edges">All edges, before and after.</param>
/// <param name="Whole">All nodes, before and after, where ids are not unique and nothing finer can be said.</param>
public sealed record ScopeChange(
    string Scope, IReadOnlyList<NodeChange> Nodes, Change<IReadOnlyList<string>>? Order, Change<IReadOnlyList<FlowEdge>>? Edges, Change<IReadOnlyList<FlowNode>>? Whole);

/// <summary>Something before and after.</summary>
public sealed record Change<T>(T Before, T After)
{
    internal Change<T> Reversed() => new(After, Before);
}

/// <summary>
/// The difference between two definitions. Applied to the one before it gives exactly the one after, and reversed the other way round; applied to
/// another (somebody else went on meanwhile) it changes the same parts and leaves the rest.
/// </summary>
/// <param name="Scopes">Scopes that differ, outer ones first.</param>
/// <param name="Rest">The definitions without nodes and edges where they differ in anything else.</param>
public sealed record FlowDelta(IReadOnlyList<ScopeChange> Scopes, Change<FlowDefinition>? Rest)
{
    /// <summary>True where nothing differs.</summary>
    public bool IsEmpty => Scopes.Count == 0 && Rest is null;

    /// <summary>
    /// Paths of nodes before and after that have another id, or are in another scope wherever they stand there, and are otherwise as they were, whatever is
    /// inside of them.
    /// </summary>
    public IEnumerable<(string Before, string After)> Renames
    {
        get
        {
            var came = (from scope in Scopes from node in scope.Nodes where node is { Before: null, After: not null } select (scope.Scope, Node: node.After!)).ToList();
            foreach (var (scope, gone) in from scope in Scopes from node in scope.Nodes where node is { Before: not null, After: null } select (scope.Scope, node.Before!))
            {
                bool IsMoved((string Scope, FlowNode Node) one) => one.Scope != scope && IsSame(gone with { Position = one.Node.Position }, one.Node);
                var at = came.FindIndex(one => one.Scope == scope && IsSame(gone, one.Node));
                at = at >= 0 ? at : came.FindIndex(one => one.Node.Id == gone.Id && IsMoved(one));
                at = at >= 0 ? at : came.FindIndex(IsMoved);
                if (at >= 0)
                {
                    yield return (Editing.Scopes.Join(scope, gone.Id), Editing.Scopes.Join(came[at].Scope, came[at].Node.Id));
                    came.RemoveAt(at);
                }
            }
        }
    }

    /// <summary>What leads from one definition to another.</summary>
    public static FlowDelta Between(FlowDefinition before, FlowDefinition after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var scopes = new List<ScopeChange>();
        Compare("", Editing.Scopes.Find(before, "")!, Editing.Scopes.Find(after, "")!, scopes);
        var isSame = ReferenceEquals(before.Inputs, after.Inputs) && ReferenceEquals(before.Notes, after.Notes) && before.Budget == after.Budget && before.Schema == after.Schema;
        return new FlowDelta(scopes, isSame ? null : new Change<FlowDefinition>(before with { Nodes = [], Edges = [] }, after with { Nodes = [], Edges = [] }));
    }

    /// <summary>What leads back.</summary>
    public FlowDelta Reversed() => new(
        [
            .. Scopes.Reverse().Select(scope => new ScopeChange(
                scope.Scope, [.. scope.Nodes.Select(node => new NodeChange(node.Id, node.After, node.Before, node.KeepsBody))],
                scope.Order?.Reversed(), scope.Edges?.Reversed(), scope.Whole?.Reversed())),
        ],
        Rest?.Reversed());

    /// <summary>The definition with the same changes made.</summary>
    public FlowDefinition Apply(FlowDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var after = definition;
        foreach (var scope in Scopes)
        {
            after = Editing.Scopes.With(after, scope.Scope, body => Apply(scope, body)) ?? after;
        }

        return Rest is not { } rest ? after : after with
        {
            Schema = rest.After.Schema,
            Inputs = ReferenceEquals(rest.Before.Inputs, rest.After.Inputs) ? after.Inputs : rest.After.Inputs,
            Notes = ReferenceEquals(rest.Before.Notes, rest.After.Notes) ? after.Notes : rest.After.Notes,
            Budget = rest.Before.Budget == rest.After.Budget ? after.Budget : rest.After.Budget,
        };
    }

    // Whether it was edited or read anew: settings are the same where they say the same.
    private static bool IsSame(FlowNode one, FlowNode other) =>
        one with { Id = other.Id, Body = null, Config = null } == other with { Body = null, Config = null }
        && (one.Config is { } config ? other.Config is { } settings && JsonElement.DeepEquals(config, settings) : other.Config is null);

    private static void Compare(string scope, FlowBody before, FlowBody after, List<ScopeChange> scopes)
    {
        if (ReferenceEquals(before.Nodes, after.Nodes) && ReferenceEquals(before.Edges, after.Edges))
        {
            return;
        }

        var edges = ReferenceEquals(before.Edges, after.Edges) || before.Edges.SequenceEqual(after.Edges) ? null : new Change<IReadOnlyList<FlowEdge>>(before.Edges, after.Edges);
        var (were, are) = (ById(before.Nodes), ById(after.Nodes));
        if (were is null || are is null)
        {
            scopes.Add(new ScopeChange(scope, [], null, edges, new Change<IReadOnlyList<FlowNode>>(before.Nodes, after.Nodes)));
            return;
        }

        var inside = new List<(string Id, FlowBody Before, FlowBody After)>();
        var changes = new List<NodeChange>();
        changes.AddRange(before.Nodes.Where(node => !are.ContainsKey(node.Id)).Select(node => new NodeChange(node.Id, node, null, KeepsBody: false)));
        foreach (var node in after.Nodes)
        {
            if (!were.TryGetValue(node.Id, out var was))
            {
                changes.Add(new NodeChange(node.Id, null, node, KeepsBody: false));
            }
            else if (!ReferenceEquals(was, node))
            {
                var keeps = was.Body is not null && node.Body is not null;
                var (one, other) = keeps ? (was with { Body = null }, node with { Body = null }) : (was, node);
                if (one != other)
                {
                    changes.Add(new NodeChange(node.Id, one, other, keeps));
                }

                if (keeps)
                {
                    inside.Add((node.Id, was.Body!, node.Body!));
                }
            }
        }

        var (order, now) = (before.Nodes.Select(node => node.Id).ToList(), after.Nodes.Select(node => node.Id).ToList());
        var isOrdered = order.SequenceEqual(now);
        if (changes.Count > 0 || edges is not null || !isOrdered)
        {
            scopes.Add(new ScopeChange(scope, changes, isOrdered ? null : new Change<IReadOnlyList<string>>(order, now), edges, null));
        }

        foreach (var (id, was, is_) in inside)
        {
            Compare(Editing.Scopes.Join(scope, id), was, is_, scopes);
        }
    }

    private static FlowBody Apply(ScopeChange change, FlowBody body)
    {
        var edges = change.Edges is { } both ? Apply(both, body.Edges) : body.Edges;
        if (change.Whole is { } whole)
        {
            return body with { Nodes = whole.After, Edges = edges };
        }

        var changes = change.Nodes.GroupBy(node => node.Id, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var nodes = new List<FlowNode>();
        foreach (var node in body.Nodes)
        {
            if (!changes.Remove(node.Id, out var one))
            {
                nodes.Add(node);
            }
            else if (one.After is { } after)
            {
                nodes.Add(one.KeepsBody ? after with { Body = node.Body } : after);
            }
        }

        // What changed here and was removed by somebody else stays removed.
        nodes.AddRange(changes.Values.Where(one => one is { Before: null, After: not null }).Select(one => one.After!));
        if (change.Order is { } order)
        {
            var place = order.After.Select((id, index) => (id, index)).ToDictionary(one => one.id, one => one.index, StringComparer.Ordinal);
            nodes = [.. nodes.OrderBy(node => place.GetValueOrDefault(node.Id, int.MaxValue))];
        }

        return body with { Nodes = nodes, Edges = edges };
    }

    private static IReadOnlyList<FlowEdge> Apply(Change<IReadOnlyList<FlowEdge>> change, IReadOnlyList<FlowEdge> edges)
    {
        if (ReferenceEquals(edges, change.Before) || edges.SequenceEqual(change.Before))
        {
            return change.After;
        }

        var (gone, come) = (change.Before.Except(change.After).ToHashSet(), change.After.Except(change.Before));
        return [.. edges.Where(edge => !gone.Contains(edge)), .. come.Except(edges)];
    }

    // Null where an id is there twice.
    private static Dictionary<string, FlowNode>? ById(IReadOnlyList<FlowNode> nodes)
    {
        var byId = new Dictionary<string, FlowNode>(nodes.Count, StringComparer.Ordinal);
        return nodes.All(node => byId.TryAdd(node.Id, node)) ? byId : null;
    }
}
