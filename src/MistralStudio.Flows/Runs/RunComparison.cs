using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Runs;

/// <summary>A node in two runs; null where one has it not.</summary>
public sealed record NodePair(string Path, NodeView? Left, NodeView? Right)
{
    /// <summary>True where it ended in both in the same way, with equal outputs. A result that was taken over counts as if it were made.</summary>
    public bool IsSame => Left is not null && Right is not null && Left.Status.IsEnded() && Right.Status.IsEnded()
        && Ended(Left) == Ended(Right) && Left.Error == Right.Error && AreEqual(Left.Outputs, Right.Outputs);

    /// <summary>True where both values are the same, whatever they came from.</summary>
    public static bool AreEqual(FlowValue? left, FlowValue? right) =>
        left is null || right is null ? left is null && right is null : left with { Sources = [] } == right with { Sources = [] };

    private static bool AreEqual(IReadOnlyDictionary<string, FlowValue> left, IReadOnlyDictionary<string, FlowValue> right) =>
        left.Count == right.Count && left.All(one => right.TryGetValue(one.Key, out var other) && AreEqual(one.Value, other));

    private static NodeStatus Ended(NodeView node) => node.Status == NodeStatus.Reused ? NodeStatus.Succeeded : node.Status;
}

/// <summary>Two runs side by side, node by node.</summary>
public static class RunComparison
{
    /// <summary>The nodes at the top level by their paths: in the order of the first run, then those that only the second has.</summary>
    public static IReadOnlyList<NodePair> Of(RunState left, RunState right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var (before, after) = (left.Nodes(), right.Nodes());
        var others = after.ToDictionary(node => node.Path, StringComparer.Ordinal);
        return
        [
            .. before.Select(node => new NodePair(node.Path, node, others.GetValueOrDefault(node.Path))),
            .. after.ExceptBy(before.Select(node => node.Path), node => node.Path, StringComparer.Ordinal).Select(node => new NodePair(node.Path, null, node)),
        ];
    }
}
