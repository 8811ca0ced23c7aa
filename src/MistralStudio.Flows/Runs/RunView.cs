using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Runs;

/// <summary>A node of a run, for pages and scripts.</summary>
/// <param name="Path">Path of its instance.</param>
/// <param name="Attempts">Starts so far.</param>
/// <param name="Inputs">What arrived so far, by in-port.</param>
/// <param name="Outputs">What it gave, by out-port; empty until it did.</param>
/// <param name="Error">Of its last try, where that failed.</param>
/// <param name="Iterations">For a container that runs: rounds that are done, and in all; null where it is none, or nobody knows.</param>
public sealed record NodeView(
    string Path, string Type, string? Title, NodeStatus Status, int Attempts, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt,
    IReadOnlyDictionary<string, FlowValue> Inputs, IReadOnlyDictionary<string, FlowValue> Outputs, Error? Error, (int Done, int? Of)? Iterations)
{
    /// <summary>What it used; null for nothing.</summary>
    public RunUsage? Usage { get; init; }
}

/// <content>What a state says of its nodes.</content>
public sealed partial class RunState
{
    /// <summary>
    /// The nodes beside each other: of the flow where no container is named, otherwise of one iteration (<c>each[17]</c>) that runs now; none
    /// where that is over, its events have it.
    /// </summary>
    public IReadOnlyList<NodeView> Nodes(string iteration = "")
    {
        ArgumentNullException.ThrowIfNull(iteration);
        var scope = Root;
        if (iteration.Length > 0)
        {
            var bracket = iteration.LastIndexOf('[');
            var path = bracket < 0 || !iteration.EndsWith(']') ? iteration : iteration[..bracket];
            var index = path.Length == iteration.Length ? 0 : int.TryParse(iteration.AsSpan((bracket + 1)..^1), out var number) ? number : -1;
            scope = Find(path)?.Container?.Scopes.GetValueOrDefault(index);
        }

        return scope is null ? [] : [.. scope.Nodes.Where(node => !node.Plan.IsBorder).Select(View)];
    }

    private NodeView View(NodeState node) => new(
        node.Path, node.Plan.Type.Id, node.Plan.Title, _ended is not null && !node.Status.IsEnded() ? NodeStatus.Cancelled : node.Status, node.Attempt, node.StartedAt, node.EndedAt,
        NodeInputs.ByPort(node, Edits), node.Outputs ?? s_nothing, node.Status.IsEnded() && node.Status != NodeStatus.Failed ? null : node.Error,
        node.Container is { } container ? (container.Done, container.Iterations) : null)
    { Usage = node.Usage };
}
