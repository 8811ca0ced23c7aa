using MistralStudio.Core;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>Moves nodes of one scope into another: into a container or out of one. Edges among them go along; those to others end.</summary>
/// <param name="Nodes">Paths of nodes beside each other, and where each is to be in the other scope.</param>
public sealed record MoveInto(string Scope, IReadOnlyList<PlacedPart> Nodes) : FlowCommand
{
    /// <inheritdoc/>
    public override string Name => "Move";

    /// <inheritdoc/>
    public override Result<FlowDefinition> Apply(FlowDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var paths = Nodes.Select(part => part.Path).ToList();
        if (paths.FirstOrDefault(path => Scopes.FindNode(definition, path) is null) is { } lost)
        {
            return EditErrors.NoSuchNode(lost);
        }

        if (Scopes.Find(definition, Scope) is null || paths.Any(path => Scope == path || Scope.StartsWith($"{path}/", StringComparison.Ordinal)))
        {
            return EditErrors.NoSuchScope(Scope);
        }

        // The clipboard keeps ids free and edges together; the places are given.
        var places = Nodes.ToDictionary(part => Scopes.Split(part.Path).Id, part => part.Position, StringComparer.Ordinal);
        var parts = FlowDefinitions.Read(FlowClipboard.Write(definition, paths));
        if (!parts.IsSuccess)
        {
            return parts.Error;
        }

        var removed = new RemoveParts(paths, [], []).Apply(definition);
        if (!removed.IsSuccess)
        {
            return removed.Error;
        }

        var placed = parts.Value with { Nodes = [.. parts.Value.Nodes.Select(node => node with { Position = places.GetValueOrDefault(node.Id) ?? node.Position })] };
        var corner = new FlowPosition(placed.Nodes.Min(node => node.Position?.X ?? 0), placed.Nodes.Min(node => node.Position?.Y ?? 0));
        return FlowClipboard.Paste(removed.Value, Scope, placed, corner, "Move").Apply(removed.Value);
    }
}
