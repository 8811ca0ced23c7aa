using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>
/// Finds and replaces parts of a definition by their paths. A scope is the flow itself (<c>""</c>) or the inside of a container (<c>each</c>,
/// <c>each/inner</c>); what is not touched is shared between the definition before and after.
/// </summary>
public static class Scopes
{
    /// <summary>Scope and id of the node of a path.</summary>
    public static (string Scope, string Id) Split(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var slash = path.LastIndexOf('/');
        return slash < 0 ? ("", path) : (path[..slash], path[(slash + 1)..]);
    }

    /// <summary>Path of a node of a scope.</summary>
    public static string Join(string scope, string id) => string.IsNullOrEmpty(scope) ? id : $"{scope}/{id}";

    /// <summary>Nodes and edges of a scope; null where there is none.</summary>
    public static FlowBody? Find(FlowDefinition definition, string scope)
    {
        ArgumentNullException.ThrowIfNull(definition);
        if (string.IsNullOrEmpty(scope))
        {
            return new FlowBody { Nodes = definition.Nodes, Edges = definition.Edges };
        }

        return FindNode(definition, scope)?.Body;
    }

    /// <summary>The node of a path; null where there is none.</summary>
    public static FlowNode? FindNode(FlowDefinition definition, string path)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(path);
        var nodes = definition.Nodes;
        FlowNode? found = null;
        foreach (var id in path.Split('/'))
        {
            found = nodes.FirstOrDefault(node => node.Id == id);
            if (found is null)
            {
                return null;
            }

            nodes = found.Body?.Nodes ?? [];
        }

        return found;
    }

    /// <summary>All nodes with their paths, each container before its inside.</summary>
    public static IEnumerable<(string Path, FlowNode Node)> All(FlowDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return Walk(definition.Nodes, "");
    }

    /// <summary>All scopes with their paths, outer ones first.</summary>
    public static IEnumerable<(string Scope, FlowBody Body)> Every(FlowDefinition definition)
    {
        yield return ("", Find(definition, "")!);
        foreach (var (path, node) in All(definition))
        {
            if (node.Body is { } body)
            {
                yield return (path, body);
            }
        }
    }

    /// <summary>The definition with a scope changed; null where there is no such scope.</summary>
    internal static FlowDefinition? With(FlowDefinition definition, string scope, Func<FlowBody, FlowBody> change)
    {
        if (scope.Length == 0)
        {
            var body = change(new FlowBody { Nodes = definition.Nodes, Edges = definition.Edges });
            return definition with { Nodes = body.Nodes, Edges = body.Edges };
        }

        return WithNode(definition, scope, node => node.Body is null ? null : node with { Body = change(node.Body) });
    }

    /// <summary>The definition with a node changed; null where there is no such node, or the change gives none.</summary>
    internal static FlowDefinition? WithNode(FlowDefinition definition, string path, Func<FlowNode, FlowNode?> change)
    {
        var nodes = WithNode(definition.Nodes, path.Split('/'), 0, change);
        return nodes is null ? null : definition with { Nodes = nodes };
    }

    private static List<FlowNode>? WithNode(IReadOnlyList<FlowNode> nodes, string[] path, int depth, Func<FlowNode, FlowNode?> change)
    {
        for (var i = 0; i < nodes.Count; i++)
        {
            if (nodes[i].Id != path[depth])
            {
                continue;
            }

            FlowNode? changed;
            if (depth == path.Length - 1)
            {
                changed = change(nodes[i]);
            }
            else
            {
                var inside = nodes[i].Body is { } body ? WithNode(body.Nodes, path, depth + 1, change) : null;
                changed = inside is null ? null : nodes[i] with { Body = nodes[i].Body! with { Nodes = inside } };
            }

            return changed is null ? null : [.. nodes.Take(i), changed, .. nodes.Skip(i + 1)];
        }

        return null;
    }

    private static IEnumerable<(string Path, FlowNode Node)> Walk(IReadOnlyList<FlowNode> nodes, string scope)
    {
        foreach (var node in nodes)
        {
            var path = Join(scope, node.Id);
            yield return (path, node);
            if (node.Body is { } body)
            {
                foreach (var inside in Walk(body.Nodes, path))
                {
                    yield return inside;
                }
            }
        }
    }
}
