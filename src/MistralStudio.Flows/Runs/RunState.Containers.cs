using MistralStudio.Core.Flows;
using MistralStudio.Flows.Nodes.ForEach;

namespace MistralStudio.Flows.Runs;

/// <content>What the fold does with containers: iterations begin and end by the events of the nodes inside them.</content>
public sealed partial class RunState
{
    private void OpenContainer(NodeState node, int? iterations)
    {
        var inputs = NodeInputs.ByPort(node, Edits);
        node.Container = new ContainerState
        {
            Iterations = iterations,
            Items = inputs.GetValueOrDefault(NodeInputs.Ports.Items),
            Results = node.Plan.Role == NodeRole.ForEach ? new FlowValue?[iterations ?? 0] : [],
            Values = node.Plan.Role == NodeRole.Loop ? inputs : new(StringComparer.Ordinal),
        };
        switch (node.Plan.Role)
        {
            case NodeRole.ForEach:
                var atOnce = Math.Min(ForEachNode.ParallelOf(node.Plan.Bound), iterations ?? 0);
                for (var i = 0; i < atOnce; i++)
                {
                    OpenIteration(node, i);
                }

                if (iterations is null or 0)
                {
                    Closing.Enqueue(node);
                }

                break;
            case NodeRole.Loop:
                node.Container.IsTurning = true;
                Closing.Enqueue(node);
                break;
            default:
                OpenIteration(node, 0);
                break;
        }
    }

    private void OpenIteration(NodeState node, int index)
    {
        var container = node.Container!;
        var prefix = node.Plan.Role == NodeRole.SubFlow ? $"{node.Path}/" : $"{node.Path}[{index}]/";
        var scope = new ScopeState(node.Plan.Body!, node, index, prefix);
        container.Scopes[index] = scope;
        container.Next = Math.Max(container.Next, index + 1);
        Open(scope);
    }

    // What still runs in a container ends with it.
    private void Drop(NodeState node)
    {
        if (node.Container is not { } container)
        {
            return;
        }

        node.Rounds = RoundsOf(node);
        foreach (var scope in container.Scopes.Values)
        {
            foreach (var inner in scope.Nodes.Where(inner => !inner.Status.IsEnded()))
            {
                Drop(inner);
                Move(inner, NodeStatus.Cancelled);
            }

            KeepRound(scope);
        }

        node.Container = null;
    }

    private void KeepRound(ScopeState scope)
    {
        if (_rounds is not null)
        {
            _rounds[scope.Prefix[..^1]] = ViewsOf(scope);
        }
    }

    private void Close(NodeState node)
    {
        var scope = node.Scope;
        scope.Open--;
        if (scope.Open > 0 || scope.FailedBy is not null || scope.Owner is not { Container: { } container } owner)
        {
            return;
        }

        KeepRound(scope);
        container.Scopes.Remove(scope.Index);
        container.Done++;
        switch (owner.Plan.Role)
        {
            case NodeRole.ForEach:
                container.Results[scope.Index] = NodeInputs.ByPort(scope.Nodes[scope.Plan.BodyEnd], Edits).GetValueOrDefault(NodeInputs.Ports.Result);
                if (container.Next < container.Iterations)
                {
                    OpenIteration(owner, container.Next);
                }
                else if (container.Done == container.Iterations)
                {
                    Closing.Enqueue(owner);
                }

                break;
            case NodeRole.Loop:
                foreach (var (name, value) in NodeInputs.ByPort(scope.Nodes[scope.Plan.BodyEnd], Edits))
                {
                    container.Values[name] = value;
                }

                container.IsTurning = true;
                Closing.Enqueue(owner);
                break;
            default:
                container.Outputs = scope.Outputs ?? s_nothing;
                Closing.Enqueue(owner);
                break;
        }
    }
}
