using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Web.Features.Flows.Editor;

namespace MistralStudio.Web.Features.Flows.Changes;

/// <summary>Which of two definitions is drawn.</summary>
public enum GhostView
{
    /// <summary>The older one, with what goes marked.</summary>
    Before,

    /// <summary>Everything that is in one of them.</summary>
    Both,

    /// <summary>The newer one, with what came marked.</summary>
    After,
}

/// <summary>What came, went and changed between two definitions, on the cards and wires of a canvas.</summary>
public sealed class Ghosts
{
    private readonly Dictionary<string, ChangeKind> _nodes;
    private readonly HashSet<(string Scope, FlowEdge Edge)> _before;
    private readonly HashSet<(string Scope, FlowEdge Edge)> _after;

    private Ghosts(FlowDefinition before, FlowDefinition after)
    {
        _nodes = DefinitionDiff.Of(before, after).Where(change => change is { Part: ChangedPart.Node, IsLayout: false }).DistinctBy(change => change.Path)
            .ToDictionary(change => change.Path, change => change.Kind, StringComparer.Ordinal);
        (_before, _after) = (EdgesOf(before), EdgesOf(after));
    }

    /// <summary>What is different between two definitions.</summary>
    public static Ghosts Of(FlowDefinition before, FlowDefinition after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return new Ghosts(before, after);
    }

    /// <summary>The definition that is drawn. One that was never on a canvas is arranged to be looked at.</summary>
    public static FlowDefinition Drawn(FlowDefinition before, FlowDefinition after, GhostView view)
    {
        var drawn = view switch { GhostView.Before => before, GhostView.After => after, _ => DefinitionMerge.Union(before, after) };
        return Scopes.All(drawn).Any(part => part.Node.Position is null)
            ? new MoveParts(AutoLayout.Arrange(drawn, (_, node) => CardShape.Of(node, NodeLook.Unknown, isNote: false)), []).Apply(drawn).Value
            : drawn;
    }

    /// <summary>Cards with their marks. What a definition that nobody runs lacks is not told here.</summary>
    public IReadOnlyList<CardModel> On(IReadOnlyList<CardModel> cards) => [.. cards.Select(card => card with { Problems = [], Ghost = MarkOf(card.Path) })];

    /// <summary>added, removed or changed; null for what stays. What is inside of something that comes or goes does so with it.</summary>
    public string? MarkOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (_nodes.TryGetValue(path, out var kind))
        {
            return ChangeWords.MarkOf(kind);
        }

        var (scope, _) = Scopes.Split(path);
        return scope.Length > 0 && MarkOf(scope) is { } around and not "changed" ? around : null;
    }

    /// <summary>added or removed; null for what stays.</summary>
    public string? MarkOf(string scope, FlowEdge edge) => (_before.Contains((scope, edge)), _after.Contains((scope, edge))) switch
    {
        (true, false) => "removed",
        (false, true) => "added",
        _ => null,
    };

    private static HashSet<(string, FlowEdge)> EdgesOf(FlowDefinition definition) => [.. Scopes.Every(definition).SelectMany(one => one.Body.Edges.Select(edge => (one.Scope, edge)))];
}
