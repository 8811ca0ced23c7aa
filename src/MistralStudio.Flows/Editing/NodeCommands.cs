using System.Text.Json;
using System.Text.RegularExpressions;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>Adds nodes and edges beside each other. Ids that are taken are refused: <see cref="FreshIds"/> makes them free.</summary>
/// <param name="Of">What it is called: <c>Add</c>, <c>Paste</c>, <c>Duplicate</c>.</param>
public sealed record AddParts(string Scope, IReadOnlyList<FlowNode> Nodes, IReadOnlyList<FlowEdge> Edges, string Of = "Add") : FlowCommand
{
    /// <inheritdoc/>
    public override string Name => Of;

    /// <inheritdoc/>
    public override Result<FlowDefinition> Apply(FlowDefinition definition)
    {
        if (Scopes.Find(definition, Scope) is not { } there)
        {
            return EditErrors.NoSuchScope(Scope);
        }

        var taken = there.Nodes.Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var node in Nodes)
        {
            if (!Names.IsNode(node.Id))
            {
                return EditErrors.BadId(node.Id);
            }

            if (!taken.Add(node.Id))
            {
                return EditErrors.TakenId(node.Id);
            }
        }

        return Scopes.With(definition, Scope, body => body with { Nodes = [.. body.Nodes, .. Nodes], Edges = [.. body.Edges, .. Edges.Except(body.Edges)] })!;
    }
}

/// <summary>An edge and the scope that it is in.</summary>
public sealed record EdgePlace(string Scope, FlowEdge Edge);

/// <summary>Removes nodes with all that is connected to them, edges, and remarks of the flow.</summary>
/// <param name="Nodes">Paths; one that is gone already is no failure.</param>
/// <param name="Notes">Positions in the flow's list of remarks.</param>
public sealed record RemoveParts(IReadOnlyList<string> Nodes, IReadOnlyList<EdgePlace> Edges, IReadOnlyList<int> Notes) : FlowCommand
{
    /// <inheritdoc/>
    public override string Name => "Remove";

    /// <inheritdoc/>
    public override Result<FlowDefinition> Apply(FlowDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var after = definition;
        foreach (var scope in Nodes.Select(path => Scopes.Split(path)).GroupBy(part => part.Scope, part => part.Id, StringComparer.Ordinal))
        {
            var gone = scope.ToHashSet(StringComparer.Ordinal);
            after = Scopes.With(after, scope.Key, body => body with
            {
                Nodes = [.. body.Nodes.Where(node => !gone.Contains(node.Id))],
                Edges = [.. body.Edges.Where(edge => !(Names.Split(edge.From) is { } from && gone.Contains(from.Node)) && !(Names.Split(edge.To) is { } to && gone.Contains(to.Node)))],
            }) ?? after;
        }

        foreach (var scope in Edges.GroupBy(edge => edge.Scope, edge => edge.Edge, StringComparer.Ordinal))
        {
            var gone = scope.ToHashSet();
            after = Scopes.With(after, scope.Key, body => body with { Edges = [.. body.Edges.Where(edge => !gone.Contains(edge))] }) ?? after;
        }

        return Notes.Count == 0 ? after : after with { Notes = [.. after.Notes.Where((_, index) => !Notes.Contains(index))] };
    }
}

/// <summary>A part and where it is to be.</summary>
/// <param name="Path">Path of a node.</param>
public sealed record PlacedPart(string Path, FlowPosition Position);

/// <summary>A remark of the flow and where it is to be.</summary>
public sealed record PlacedNote(int Index, FlowPosition Position);

/// <summary>Moves parts on the canvas.</summary>
/// <param name="Of">What it is called: <c>Move</c>, <c>Align</c> or <c>Tidy</c>.</param>
public sealed record MoveParts(IReadOnlyList<PlacedPart> Nodes, IReadOnlyList<PlacedNote> Notes, string Of = "Move") : FlowCommand
{
    /// <inheritdoc/>
    public override string Name => Of;

    /// <inheritdoc/>
    public override Result<FlowDefinition> Apply(FlowDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var after = definition;
        foreach (var scope in Nodes.Select(part => (Scopes.Split(part.Path).Scope, Scopes.Split(part.Path).Id, part.Position)).GroupBy(part => part.Scope, StringComparer.Ordinal))
        {
            var places = scope.GroupBy(part => part.Id, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Last().Position, StringComparer.Ordinal);
            after = Scopes.With(after, scope.Key, body => body with
            {
                Nodes = [.. body.Nodes.Select(node => places.TryGetValue(node.Id, out var place) && Sound(place) && node.Position != place ? node with { Position = place } : node)],
            }) ?? after;
        }

        if (Notes.Count == 0)
        {
            return after;
        }

        var notes = Notes.GroupBy(note => note.Index).ToDictionary(group => group.Key, group => group.Last().Position);
        return after with { Notes = [.. after.Notes.Select((note, index) => notes.TryGetValue(index, out var place) && Sound(place) ? note with { Position = place } : note)] };
    }

    // A browser may send anything.
    internal static bool Sound(FlowPosition place) => Math.Abs(place.X) <= 1_000_000 && Math.Abs(place.Y) <= 1_000_000;
}

/// <summary>Draws a container or a remark in another size; null: as large as it needs to be.</summary>
public sealed record ResizeNode(string Path, FlowSize? Size) : FlowCommand
{
    /// <inheritdoc/>
    public override string Name => "Resize";

    /// <inheritdoc/>
    public override Result<FlowDefinition> Apply(FlowDefinition definition) =>
        Scopes.WithNode(definition, Path, node => node with { Size = Size is { } size ? Bounded(size) : null })
            is { } after ? after : EditErrors.NoSuchNode(Path);

    /// <summary>The size nearest to a wanted one that something on the canvas may have.</summary>
    public static FlowSize Bounded(FlowSize size)
    {
        ArgumentNullException.ThrowIfNull(size);
        return new FlowSize(Math.Clamp(size.Width, 48, 100_000), Math.Clamp(size.Height, 32, 100_000));
    }
}

/// <summary>Gives a node another name for people; null or empty: none.</summary>
public sealed record SetTitle(string Path, string? Title) : FlowCommand
{
    /// <inheritdoc/>
    public override string Name => "Rename";

    /// <inheritdoc/>
    public override string? Together => $"title/{Path}";

    /// <inheritdoc/>
    public override Result<FlowDefinition> Apply(FlowDefinition definition) =>
        Scopes.WithNode(definition, Path, node => node with { Title = string.IsNullOrWhiteSpace(Title) ? null : Title.Trim() }) is { } after ? after : EditErrors.NoSuchNode(Path);
}

/// <summary>Gives a node another id. Edges, and the names that templates call it by, follow.</summary>
public sealed partial record SetId(string Path, string Id) : FlowCommand
{
    internal const string LiquidPattern = @"\{\{.*?\}\}|\{%.*?%\}";

    /// <inheritdoc/>
    public override string Name => "Rename";

    /// <inheritdoc/>
    public override Result<FlowDefinition> Apply(FlowDefinition definition)
    {
        var (scope, old) = Scopes.Split(Path);
        if (Scopes.Find(definition, scope) is not { } there || there.Nodes.All(node => node.Id != old))
        {
            return EditErrors.NoSuchNode(Path);
        }

        if (!Names.IsNode(Id))
        {
            return EditErrors.BadId(Id);
        }

        if (Id == old)
        {
            return definition;
        }

        if (there.Nodes.Any(node => node.Id == Id) || (scope.Length > 0 && Scopes.Split(scope).Id == Id))
        {
            return EditErrors.TakenId(Id);
        }

        var after = Scopes.With(definition, scope, body => body with
        {
            Nodes = [.. body.Nodes.Select(node => node.Id != old ? Renamed(node, body.Edges, old) : node with { Id = Id, Body = Inside(node.Body, old) })],
            Edges = [.. body.Edges.Select(edge => Renamed(edge, old))],
        });
        return after!;
    }

    // Inside, edges name the container itself.
    private FlowBody? Inside(FlowBody? body, string old) =>
        body is null ? null : body with { Nodes = [.. body.Nodes.Select(node => Renamed(node, body.Edges, old))], Edges = [.. body.Edges.Select(edge => Renamed(edge, old))] };

    private FlowEdge Renamed(FlowEdge edge, string old) => new(Renamed(edge.From, old), Renamed(edge.To, old));

    private string Renamed(string end, string old) => Names.Split(end) is { } split && split.Node == old ? $"{Id}.{split.Port}" : end;

    private FlowNode Renamed(FlowNode node, IReadOnlyList<FlowEdge> edges, string old) =>
        node.Config is { } config && edges.Any(edge => Names.Split(edge.From)?.Node == old && Names.Split(edge.To)?.Node == node.Id) && config.GetRawText() is { } text
            && text.Contains(old, StringComparison.Ordinal)
                ? node with { Config = JsonElement.Parse(Liquid().Replace(text, found => Regex.Replace(found.Value, $@"(?<![\w.-]){Regex.Escape(old)}(?=\.\w)", Id.Replace("$", "$$", StringComparison.Ordinal)))) }
                : node;

    [GeneratedRegex(LiquidPattern, RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Liquid();
}

/// <summary>Says what a node does when time runs out or it fails; null: as its type has it.</summary>
public sealed record SetPolicy(string Path, NodePolicy? Policy) : FlowCommand
{
    /// <inheritdoc/>
    public override string Name => "Settings";

    /// <inheritdoc/>
    public override string? Together => $"policy/{Path}";

    /// <inheritdoc/>
    public override Result<FlowDefinition> Apply(FlowDefinition definition) =>
        Scopes.WithNode(definition, Path, node => node with { Policy = Policy }) is { } after ? after : EditErrors.NoSuchNode(Path);
}
