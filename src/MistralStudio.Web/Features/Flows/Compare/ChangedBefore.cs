using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Web.Features.Flows.Compare;

/// <summary>An input that a node was given in one run and not, or not the same, in the other.</summary>
/// <param name="From">Path of the step that it comes from and that came to something else; null where there is none.</param>
public sealed record ChangedInput(string Name, ChangeKind Kind, string? From);

/// <summary>What was different for a node before it gave what it gave, and so may be why two runs do not agree about it.</summary>
/// <param name="Inputs">What it was given, where both runs came to it.</param>
/// <param name="Steps">Paths of steps that it reads from and that came to something else, where only one run came to it.</param>
/// <param name="Settings">How it was set; null where that is the same, or one definition is gone.</param>
/// <param name="IsFirst">True where nothing leads to it: it has what the run was started with.</param>
public sealed record ChangedBefore(IReadOnlyList<ChangedInput> Inputs, IReadOnlyList<string> Steps, FlowChange? Settings, bool IsFirst)
{
    /// <summary>True where nothing that is known was different.</summary>
    public bool IsNothing => Inputs.Count == 0 && Steps.Count == 0 && Settings is null;

    /// <summary>Looks for it.</summary>
    /// <param name="pair">A node that both runs have.</param>
    /// <param name="pairs">All nodes of both.</param>
    /// <param name="edges">Edges of both definitions.</param>
    /// <param name="settings">What is different in its settings.</param>
    public static ChangedBefore Of(NodePair pair, IReadOnlyList<NodePair> pairs, IReadOnlyList<FlowEdge> edges, FlowChange? settings)
    {
        ArgumentNullException.ThrowIfNull(pair);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(edges);
        var leading = edges.Where(edge => FlowEdge.NodeOf(edge.To) == pair.Path).ToList();
        var differing = pairs.Where(one => !one.IsSame).Select(one => one.Path).ToHashSet(StringComparer.Ordinal);
        var sources = leading.Select(edge => (Port: FlowEdge.PortOf(edge.To), Node: FlowEdge.NodeOf(edge.From))).Where(source => differing.Contains(source.Node)).ToList();
        var (left, right) = (pair.Left!, pair.Right!);
        if (left.StartedAt is null || right.StartedAt is null)
        {
            return new ChangedBefore([], [.. sources.Select(source => source.Node).Distinct(StringComparer.Ordinal)], settings, leading.Count == 0);
        }

        var inputs = new List<ChangedInput>();
        foreach (var name in left.Inputs.Keys.Union(right.Inputs.Keys, StringComparer.Ordinal))
        {
            var (before, after) = (left.Inputs.GetValueOrDefault(name), right.Inputs.GetValueOrDefault(name));
            if (!NodePair.AreEqual(before, after))
            {
                inputs.Add(new ChangedInput(name, before is null ? ChangeKind.Added : after is null ? ChangeKind.Removed : ChangeKind.Changed, sources.FirstOrDefault(source => source.Port == name).Node));
            }
        }

        return new ChangedBefore(inputs, [], settings, leading.Count == 0);
    }
}
