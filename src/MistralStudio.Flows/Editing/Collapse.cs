using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>A part of a flow that becomes a flow of its own.</summary>
/// <param name="SubFlow">The flow of its own: what came in is its inputs, what went out its outputs.</param>
/// <param name="Scope">Where the part was.</param>
/// <param name="Gone">Ids of its nodes.</param>
/// <param name="In">What comes in: edge from outside, and the input that takes it.</param>
/// <param name="Out">What goes out: the output that gives it, and the edge to the outside.</param>
public sealed record CollapsedPart(
    FlowDefinition SubFlow, string Scope, IReadOnlyList<string> Gone, IReadOnlyList<(FlowEdge Edge, string Input)> In, IReadOnlyList<(string Output, FlowEdge Edge)> Out);

/// <summary>Makes flows of their own out of parts of flows.</summary>
public static class Collapse
{
    /// <summary>The part that a selection is; fails where it is none.</summary>
    public static Result<CollapsedPart> Of(FlowLook look, IReadOnlyCollection<string> paths, Func<string, NodeRole?> roleOf)
    {
        ArgumentNullException.ThrowIfNull(look);
        ArgumentNullException.ThrowIfNull(roleOf);
        var scope = paths.Count == 0 ? "" : Scopes.Split(paths.First()).Scope;
        var ids = paths.Select(path => Scopes.Split(path)).Where(part => part.Scope == scope).Select(part => part.Id).ToHashSet(StringComparer.Ordinal);
        var body = Scopes.Find(look.Definition, scope);
        var nodes = body?.Nodes.Where(node => ids.Contains(node.Id)).ToList() ?? [];
        if (nodes.Count == 0 || nodes.All(node => roleOf(node.Type) == NodeRole.Note) || nodes.Any(node => roleOf(node.Type) is NodeRole.Begin or NodeRole.End))
        {
            return EditErrors.NothingToCollapse();
        }

        // Nothing may leave the part and come back into it.
        var around = body!.Nodes.FirstOrDefault(node => !ids.Contains(node.Id) && ids.Any(id => look.After(scope, id).Contains(node.Id)) && look.After(scope, node.Id).Overlaps(ids));
        if (around is not null)
        {
            return EditErrors.CollapseAround(around.Id);
        }

        var taken = new HashSet<string>(ids, StringComparer.Ordinal);
        var start = FreshIds.Of("start", taken);
        taken.Add(start);
        var end = FreshIds.Of("output", taken);
        var (inputs, edges, comes, goes) = (new Dictionary<string, FlowInput>(StringComparer.Ordinal), new List<FlowEdge>(), new List<(FlowEdge, string)>(), new List<(string, FlowEdge)>());
        var outputs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var edge in body.Edges)
        {
            var (from, to) = (Names.Split(edge.From), Names.Split(edge.To));
            var (isFrom, isTo) = (from is { } one && ids.Contains(one.Node), to is { } other && ids.Contains(other.Node));
            if (isFrom && isTo)
            {
                edges.Add(edge);
            }
            else if (isTo && from is { } source)
            {
                if (!inputs.TryGetValue(edge.From, out var input))
                {
                    var name = Free(source.Port is "text" or "value" ? source.Node.Replace('-', '_') : source.Port, inputs.Values.Select(there => there.Name));
                    inputs[edge.From] = input = new FlowInput(name, look.TypeOf(scope, edge)) { Required = true };
                }

                edges.Add(new FlowEdge($"{start}.{input.Name}", edge.To));
                comes.Add((edge, input.Name));
            }
            else if (isFrom && from is { } gives)
            {
                if (!outputs.TryGetValue(edge.From, out var output))
                {
                    outputs[edge.From] = output = Free(gives.Port, outputs.Values);
                    edges.Add(new FlowEdge(edge.From, $"{end}.{output}"));
                }

                goes.Add((output, edge));
            }
        }

        var empty = JsonElement.Parse("{}");
        var sub = new FlowDefinition
        {
            Inputs = [.. inputs.Values],
            Nodes =
            [
                .. inputs.Count > 0 || edges.Count == 0 ? new[] { new FlowNode(start, "start") { Config = empty } } : [],
                .. nodes,
                .. outputs.Count > 0 ? new[] { new FlowNode(end, "output") { Config = empty } } : [],
            ],
            Edges = edges,
        };
        return new CollapsedPart(sub, scope, [.. nodes.Select(node => node.Id)], comes, goes);
    }

    // A port of a name that another has gets a number.
    private static string Free(string stem, IEnumerable<string> names)
    {
        var (taken, safe) = (names.ToHashSet(StringComparer.Ordinal), Names.IsPort(stem) ? stem : "value");
        var name = safe;
        for (var number = 2; taken.Contains(name); number++)
        {
            name = $"{safe}_{number}";
        }

        return name;
    }
}

/// <summary>Puts one node that calls a flow in the place of the part that became that flow.</summary>
/// <param name="Reference">The published flow: its slug, and <c>@</c> with its number.</param>
public sealed record CallInstead(CollapsedPart Part, string Reference, string? Title) : FlowCommand
{
    /// <inheritdoc/>
    public override string Name => "Collapse";

    /// <inheritdoc/>
    public override Result<FlowDefinition> Apply(FlowDefinition definition)
    {
        if (Scopes.Find(definition, Part.Scope) is not { } body)
        {
            return EditErrors.NoSuchScope(Part.Scope);
        }

        if (Part.Gone.FirstOrDefault(id => body.Nodes.All(node => node.Id != id)) is { } lost)
        {
            return EditErrors.NoSuchNode(Scopes.Join(Part.Scope, lost));
        }

        var gone = Part.Gone.ToHashSet(StringComparer.Ordinal);
        var places = body.Nodes.Where(node => gone.Contains(node.Id)).Select(node => node.Position).OfType<FlowPosition>().ToList();
        var id = FreshIds.Of("sub-flow", FreshIds.Taken(definition, Part.Scope));
        var call = new FlowNode(id, "sub-flow")
        {
            Title = Title,
            Config = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["flow"] = Reference }, FlowJson.Relaxed),
            Position = places.Count == 0 ? null : new FlowPosition(places.Min(place => place.X), places.Min(place => place.Y)),
        };
        var removed = new RemoveParts([.. Part.Gone.Select(one => Scopes.Join(Part.Scope, one))], [], []).Apply(definition);
        return removed.IsSuccess
            ? new AddParts(Part.Scope, [call],
            [
                .. Part.In.Select(one => new FlowEdge(one.Edge.From, $"{id}.{one.Input}")).Distinct(),
                .. Part.Out.Select(one => new FlowEdge($"{id}.{one.Output}", one.Edge.To)),
            ]).Apply(removed.Value)
            : removed.Error;
    }
}
