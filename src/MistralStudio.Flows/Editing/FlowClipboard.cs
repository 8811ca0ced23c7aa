using MistralStudio.Core;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>Parts of flows as text: a definition of nothing but them, so that whatever reads flows reads them too.</summary>
public static class FlowClipboard
{
    /// <summary>Nodes that can be pasted at once, those inside of containers included.</summary>
    public const int MostNodes = 1_000;

    private const int MostCharacters = 2 * 1024 * 1024;
    private const double Step = 32;

    /// <summary>Nodes of one scope and the edges between them as a definition's JSON; empty where none is there.</summary>
    public static string Write(FlowDefinition definition, IReadOnlyCollection<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        // Of a selection across scopes those beside the first.
        var scope = paths.Count == 0 ? "" : Scopes.Split(paths.First()).Scope;
        var ids = paths.Select(path => Scopes.Split(path)).Where(part => part.Scope == scope).Select(part => part.Id).ToHashSet(StringComparer.Ordinal);
        if (Scopes.Find(definition, scope) is not { } body || body.Nodes.All(node => !ids.Contains(node.Id)))
        {
            return "";
        }

        return FlowDefinitions.Write(new FlowDefinition
        {
            Nodes = [.. body.Nodes.Where(node => ids.Contains(node.Id))],
            Edges = [.. body.Edges.Where(edge => Names.Split(edge.From) is { } from && Names.Split(edge.To) is { } to && ids.Contains(from.Node) && ids.Contains(to.Node))],
        });
    }

    /// <summary>What is on a clipboard; fails with a sentence where it is no part of a flow, or too much of one.</summary>
    public static Result<FlowDefinition> Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MostCharacters || !text.AsSpan().TrimStart().StartsWith("{"))
        {
            return EditErrors.NotOurs();
        }

        var read = FlowDefinitions.Read(text);
        if (!read.IsSuccess || read.Value.Nodes.Count == 0 || Depth(read.Value.Nodes) > FlowCompiler.MostDepth
            || Scopes.All(read.Value).Any(part => !Names.IsNode(part.Node.Id)) || Scopes.Every(read.Value).Any(part => part.Body.Nodes.DistinctBy(node => node.Id).Count() < part.Body.Nodes.Count))
        {
            return EditErrors.NotOurs();
        }

        var count = Scopes.All(read.Value).Take(MostNodes + 1).Count();
        return count > MostNodes ? EditErrors.TooMuch(count, MostNodes) : read;
    }

    /// <summary>The command that puts them into a flow, under ids that are free there.</summary>
    /// <param name="at">Where their corner is to be; null: a step beside where they were.</param>
    /// <param name="of">What it is called: <c>Paste</c> or <c>Duplicate</c>.</param>
    public static AddParts Paste(FlowDefinition definition, string scope, FlowDefinition parts, FlowPosition? at, string of = "Paste")
    {
        ArgumentNullException.ThrowIfNull(parts);
        var taken = FreshIds.Taken(definition, scope);
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var node in parts.Nodes)
        {
            taken.Add(ids[node.Id] = FreshIds.Of(node.Id, taken));
        }

        var places = parts.Nodes.Select(node => node.Position).OfType<FlowPosition>().Where(MoveParts.Sound).ToList();
        var corner = places.Count == 0 ? new FlowPosition(0, 0) : new FlowPosition(places.Min(place => place.X), places.Min(place => place.Y));
        var (dx, dy) = at is null ? (Step, Step) : (at.X - corner.X, at.Y - corner.Y);
        // What is pasted where something stands already comes beside it, not over it.
        var there = (Scopes.Find(definition, scope)?.Nodes ?? []).Select(node => node.Position).OfType<FlowPosition>().Where(MoveParts.Sound).ToList();
        while (there.Any(one => parts.Nodes.Any(node => Math.Abs((node.Position ?? corner).X + dx - one.X) < Step && Math.Abs((node.Position ?? corner).Y + dy - one.Y) < Step)))
        {
            (dx, dy) = (dx + Step, dy + Step);
        }

        // Ids that changed follow in edges and templates, one after the other; names that are free of each other cannot meet on the way.
        var moved = parts;
        foreach (var (old, fresh) in ids.Where(pair => pair.Key != pair.Value))
        {
            moved = new SetId(old, Passing(old)).Apply(moved) is { IsSuccess: true } renamed ? renamed.Value : moved;
        }

        foreach (var (old, fresh) in ids.Where(pair => pair.Key != pair.Value))
        {
            moved = new SetId(Passing(old), fresh).Apply(moved) is { IsSuccess: true } renamed ? renamed.Value : moved;
        }

        return new AddParts(
            scope,
            [.. moved.Nodes.Select(node => node with { Position = new FlowPosition((node.Position ?? corner).X + dx, (node.Position ?? corner).Y + dy) })],
            [.. moved.Edges.Where(edge => IsBetween(edge, moved.Nodes)).Distinct()],
            of);
    }

    private static string Passing(string id) => $"{(id.Length <= 52 ? id : id[..52])}--passing";

    private static bool IsBetween(FlowEdge edge, IReadOnlyList<FlowNode> nodes) =>
        Names.Split(edge.From) is { } from && Names.Split(edge.To) is { } to && nodes.Any(node => node.Id == from.Node) && nodes.Any(node => node.Id == to.Node);

    private static int Depth(IReadOnlyList<FlowNode> nodes, int depth = 0) =>
        depth > FlowCompiler.MostDepth ? depth : nodes.Select(node => node.Body is { } body ? Depth(body.Nodes, depth + 1) : depth).DefaultIfEmpty(depth).Max();
}
