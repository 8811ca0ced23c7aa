using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Flows.Nodes.Given;

namespace MistralStudio.Flows.Trials;

/// <summary>A node by itself: a definition in which what stands before it only gives values.</summary>
public static class NodeTrial
{
    /// <summary>
    /// The definition that runs one node. Fails where there is no such node, or a value is given that nothing brings to it.
    /// </summary>
    /// <param name="path">Path of the node, without iterations: <c>each/draft</c>.</param>
    /// <param name="values">What arrives, by where it is from (<c>search.passages</c>) or by in-port (<c>context</c>); edges without a value are left out.</param>
    public static Result<FlowDefinition> Of(FlowDefinition definition, string path, IReadOnlyDictionary<string, JsonElement> values)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(values);
        var (nodes, edges) = (definition.Nodes, definition.Edges);
        var steps = path.Split('/');
        foreach (var container in steps[..^1])
        {
            if (nodes.FirstOrDefault(one => one.Id == container)?.Body is not { } body)
            {
                return TrialErrors.NoSuchNode(path);
            }

            (nodes, edges) = (body.Nodes, body.Edges);
        }

        if (nodes.FirstOrDefault(one => one.Id == steps[^1]) is not { } node)
        {
            return TrialErrors.NoSuchNode(path);
        }

        var arriving = edges.Where(edge => FlowEdge.NodeOf(edge.To) == node.Id).ToList();
        if (values.Keys.FirstOrDefault(name => arriving.TrueForAll(edge => edge.From != name && FlowEdge.PortOf(edge.To) != name)) is { } unknown)
        {
            return TrialErrors.NothingBrings(unknown, node.Id);
        }

        var given = new Dictionary<string, Dictionary<string, JsonElement>>(StringComparer.Ordinal);
        var kept = new List<FlowEdge>();
        foreach (var edge in arriving)
        {
            if (values.TryGetValue(edge.From, out var value) || values.TryGetValue(FlowEdge.PortOf(edge.To), out value))
            {
                if (!given.TryGetValue(FlowEdge.NodeOf(edge.From), out var ports))
                {
                    given[FlowEdge.NodeOf(edge.From)] = ports = new(StringComparer.Ordinal);
                }

                ports[FlowEdge.PortOf(edge.From)] = value;
                kept.Add(edge);
            }
        }

        return definition with
        {
            Nodes = [.. given.Select(one => new FlowNode(one.Key, GivenNode.Type.Id) { Config = JsonSerializer.SerializeToElement(new Dictionary<string, object> { [GivenNode.Values] = one.Value }, FlowJson.Relaxed) }), node],
            Edges = kept,
            Inputs = [],
            Notes = [],
        };
    }

    /// <summary>The edges that bring something to a node; none where there is no such node.</summary>
    /// <param name="path">Path of the node, without iterations: <c>each/draft</c>.</param>
    public static IReadOnlyList<FlowEdge> Arriving(FlowDefinition definition, string path)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var (scope, id) = Scopes.Split(path);
        return [.. (Scopes.Find(definition, scope)?.Edges ?? []).Where(edge => FlowEdge.NodeOf(edge.To) == id)];
    }
}

/// <summary>Expected failures of trying a node.</summary>
public static class TrialErrors
{
    public static Error NoSuchNode(string path) => new("trial.no_such_node", $"There is no node \"{path}\" in this flow.", "Name one of its nodes; one inside a container as container/node.");

    public static Error NothingBrings(string name, string node) => new(
        "trial.nothing_brings", $"Nothing brings \"{name}\" to the node \"{node}\".", "Name a value by where it comes from (search.passages), or by the in-port that it goes to.");
}
