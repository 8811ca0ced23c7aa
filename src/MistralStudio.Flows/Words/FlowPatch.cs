using MistralStudio.Core;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Words;

/// <summary>
/// Changes of a flow: <c>{"set": [{"in", "node"}], "remove": ["each/draft"], "removeEdges": [...], "addEdges": [...], "inputs": [...]}</c>. What is
/// not named stays; a container is named by its id, and a node in its body by <c>each/draft</c>.
/// </summary>
internal sealed record FlowPatch
{
    /// <summary>Nodes to add, or to put in the place of those with their ids.</summary>
    public IReadOnlyList<NodeChange> Set { get; init; } = [];

    /// <summary>Paths of nodes to take away, their edges with them.</summary>
    public IReadOnlyList<string> Remove { get; init; } = [];

    public IReadOnlyList<EdgeChange> AddEdges { get; init; } = [];

    public IReadOnlyList<EdgeChange> RemoveEdges { get; init; } = [];

    /// <summary>All inputs of the flow; null leaves them.</summary>
    public IReadOnlyList<FlowInput>? Inputs { get; init; }

    /// <summary>The flow with these changes; fails where they name what is not there.</summary>
    public Result<FlowDefinition> Apply(FlowDefinition definition)
    {
        var scope = new FlowBody { Nodes = definition.Nodes, Edges = definition.Edges };
        foreach (var path in Remove)
        {
            var at = path.LastIndexOf('/');
            var id = path[(at + 1)..];
            if (Change(scope, at < 0 ? "" : path[..at], body => body.Nodes.Any(node => node.Id == id)
                ? body with
                {
                    Nodes = [.. body.Nodes.Where(node => node.Id != id)],
                    Edges = [.. body.Edges.Where(edge => !Names(edge.From, id) && !Names(edge.To, id))],
                }
                : null) is not { } changed)
            {
                return PatchErrors.NoNode(path);
            }

            scope = changed;
        }

        foreach (var edge in RemoveEdges)
        {
            if (Change(scope, edge.In ?? "", body => body with { Edges = [.. body.Edges.Where(one => one != new FlowEdge(edge.From, edge.To))] }) is not { } changed)
            {
                return PatchErrors.NoNode(edge.In ?? "");
            }

            scope = changed;
        }

        foreach (var set in Set)
        {
            if (Change(scope, set.In ?? "", body => body with { Nodes = Put(body.Nodes, set.Node) }) is not { } changed)
            {
                return PatchErrors.NoNode(set.In ?? "");
            }

            scope = changed;
        }

        foreach (var edge in AddEdges)
        {
            if (Change(scope, edge.In ?? "", body => body with { Edges = [.. body.Edges.Where(one => one != new FlowEdge(edge.From, edge.To)), new FlowEdge(edge.From, edge.To)] }) is not { } changed)
            {
                return PatchErrors.NoNode(edge.In ?? "");
            }

            scope = changed;
        }

        return definition with { Nodes = scope.Nodes, Edges = scope.Edges, Inputs = Inputs ?? definition.Inputs };
    }

    // A node keeps what its author said of it and the change does not: its place, its policy, its body.
    private static IReadOnlyList<FlowNode> Put(IReadOnlyList<FlowNode> nodes, FlowNode node) => nodes.FirstOrDefault(one => one.Id == node.Id) is { } was
        ? [.. nodes.Select(one => one.Id != node.Id ? one : node with
        {
            Title = node.Title ?? was.Title,
            Policy = node.Policy ?? (node.Type == was.Type ? was.Policy : null),
            Body = node.Body ?? (node.Type == was.Type ? was.Body : null),
            Position = node.Position ?? was.Position,
        })]
        : [.. nodes, node];

    private static FlowBody? Change(FlowBody scope, string path, Func<FlowBody, FlowBody?> change)
    {
        if (path.Length == 0)
        {
            return change(scope);
        }

        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var (id, rest) = slash < 0 ? (path, "") : (path[..slash], path[(slash + 1)..]);
        return scope.Nodes.FirstOrDefault(node => node.Id == id) is { } container && Change(container.Body ?? new FlowBody(), rest, change) is { } changed
            ? scope with { Nodes = [.. scope.Nodes.Select(node => node.Id == id ? node with { Body = changed } : node)] }
            : null;
    }

    private static bool Names(string end, string node) => end.StartsWith(node, StringComparison.Ordinal) && end.Length > node.Length && end[node.Length] == '.';
}

/// <summary>A node to add or to replace.</summary>
/// <param name="In">Path of the container; null for the flow itself.</param>
internal sealed record NodeChange(FlowNode Node, string? In = null);

/// <summary>An edge to add or to take away.</summary>
/// <param name="In">Path of the container; null for the flow itself.</param>
internal sealed record EdgeChange(string From, string To, string? In = null);

/// <summary>Expected failures of changes.</summary>
public static class PatchErrors
{
    public static Error NoNode(string path) => new("words.no_node", $"There is no node \"{(path.Length <= 200 ? path : path[..200])}\" in this flow.", "Name one that is there.");
}
