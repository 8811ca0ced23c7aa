using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Runs;

/// <summary>A node of a run, for pages and scripts.</summary>
/// <param name="Path">Path of its instance.</param>
/// <param name="Attempts">Starts so far.</param>
/// <param name="Inputs">What arrived so far, by in-port.</param>
/// <param name="Outputs">What it gave, by out-port; empty until it did.</param>
/// <param name="Error">Of its last try, where that failed.</param>
/// <param name="Rounds">For what repeats its body, once it began: how far it came; null for other nodes.</param>
public sealed record NodeView(
    string Path, string Type, string? Title, NodeStatus Status, int Attempts, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt,
    IReadOnlyDictionary<string, FlowValue> Inputs, IReadOnlyDictionary<string, FlowValue> Outputs, Error? Error, NodeRounds? Rounds)
{
    /// <summary>What it used; null for nothing.</summary>
    public RunUsage? Usage { get; init; }

    /// <summary>True where its result is pinned in the draft that ran.</summary>
    public bool IsPinned { get; init; }
}

/// <summary>How far a container came with its rounds.</summary>
/// <param name="Begun">Rounds that began: those with a number below this.</param>
/// <param name="Done">Rounds that are over and did not fail.</param>
/// <param name="Of">Rounds in all; null where nobody knows yet.</param>
/// <param name="Failed">Numbers of the rounds that failed, from 0, ascending.</param>
public sealed record NodeRounds(int Begun, int Done, int? Of, IReadOnlyList<int> Failed);

/// <content>What a state says of its nodes.</content>
public sealed partial class RunState
{
    /// <summary>
    /// The nodes beside each other: of the flow where no container is named, otherwise of one iteration (<c>each[17]</c>) that runs now; of one
    /// that is over where this state keeps those, otherwise none.
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

        return scope is not null ? ViewsOf(scope) : _rounds?.GetValueOrDefault(iteration) ?? [];
    }

    private IReadOnlyList<NodeView> ViewsOf(ScopeState scope) => [.. scope.Nodes.Where(node => !node.Plan.IsBorder).Select(View)];

    private static NodeRounds? RoundsOf(NodeState node) => node is { Container: { } container, Plan.Role: not NodeRole.SubFlow }
        ? new NodeRounds(container.Next, container.Done, container.Iterations, [.. container.Scopes.Values.Where(scope => scope.FailedBy is not null).Select(scope => scope.Index).Order()])
        : null;

    private NodeView View(NodeState node) => new(
        node.Path, node.Plan.Type.Id, node.Plan.Title, _ended is not null && !node.Status.IsEnded() ? NodeStatus.Cancelled : node.Status, node.Attempt, node.StartedAt, node.EndedAt,
        NodeInputs.ByPort(node, Edits), node.Outputs ?? s_nothing, node.Status.IsEnded() && node.Status != NodeStatus.Failed ? null : node.Error,
        RoundsOf(node) ?? node.Rounds)
    { Usage = node.Usage, IsPinned = node.IsPinned };
}
