using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Runs;

/// <summary>What a run does next.</summary>
internal abstract record RunAction
{
    private RunAction()
    {
    }

    /// <summary>Run a node, or a node once more.</summary>
    public sealed record Start(NodeState Node) : RunAction;

    /// <summary>Give a begin of the flow its values.</summary>
    public sealed record Begin(NodeState Node) : RunAction;

    /// <summary>Take what arrived at an end as outputs of the flow.</summary>
    public sealed record Collect(NodeState Node) : RunAction;

    /// <summary>No edge to the node was taken.</summary>
    public sealed record Skip(NodeState Node) : RunAction;

    /// <summary>Begin with a container.</summary>
    public sealed record Open(NodeState Node) : RunAction;

    /// <summary>Decide whether a loop goes round once more.</summary>
    public sealed record Turn(NodeState Node) : RunAction;

    /// <summary>Give what a container came to.</summary>
    public sealed record Close(NodeState Node) : RunAction;

    /// <summary>A container fails with what failed inside.</summary>
    public sealed record Break(NodeState Node, Error Error) : RunAction;

    /// <summary>Do as a person said of a node that was cut off.</summary>
    public sealed record Settle(NodeState Node, Resumption Resumption) : RunAction;

    /// <summary>Use a bookmark because its time has come.</summary>
    public sealed record Ring(NodeState Node, string Decision) : RunAction;

    /// <summary>The run has used more than it may.</summary>
    public sealed record Exceed(Error Error) : RunAction;

    /// <summary>End the run.</summary>
    public sealed record Finish(RunStatus Status, Error? Error) : RunAction;
}

/// <summary>Decides what a run does next, by its state and the time alone.</summary>
internal static class RunScheduler
{
    /// <summary>Nodes of one run that are in somebody else's hands at a time.</summary>
    public const int MostInFlight = 32;

    /// <summary>
    /// The next thing to do; null where there is none until something comes in. What is taken from the state's queues is not offered again: it
    /// is done, and its event says so, or the owner ends.
    /// </summary>
    /// <param name="inFlight">Nodes that run elsewhere now.</param>
    public static RunAction? Next(RunState state, DateTimeOffset now, int inFlight)
    {
        if (state.EndedAt is not null || state.Start is null)
        {
            return null;
        }

        if (state.IsCancelRequested)
        {
            return new RunAction.Finish(RunStatus.Cancelled, RunErrors.Cancelled());
        }

        if (state.Error is { } error)
        {
            return new RunAction.Finish(RunStatus.Failed, error);
        }

        if (RunBudgets.Exceeded(state.Budget, state.Usage, state.StepCount, now - state.StartedAt) is { } exceeded)
        {
            return new RunAction.Exceed(exceeded);
        }

        while (state.Broken.TryDequeue(out var broken))
        {
            if (broken.Status == NodeStatus.Running)
            {
                return new RunAction.Break(broken, ErrorIn(broken));
            }
        }

        while (state.Closing.TryDequeue(out var closing))
        {
            if (closing.IsClosing)
            {
                return closing.Plan.Role == NodeRole.Loop ? new RunAction.Turn(closing) : new RunAction.Close(closing);
            }
        }

        while (inFlight < MostInFlight && state.Ready.TryDequeue(out var ready))
        {
            if (ready.Status == NodeStatus.Queued)
            {
                return Decide(ready, state);
            }
        }

        return Clock(state, now) ?? (state.Root.Open == 0 ? new RunAction.Finish(RunStatus.Succeeded, null) : null);
    }

    private static RunAction Decide(NodeState node, RunState state)
    {
        if (node.Plan.In.Length > 0 && node.Taken == 0)
        {
            return new RunAction.Skip(node);
        }

        if (node.Resumption is { Decision: Resumption.Done or Resumption.Fail } settled && node.Attempt > 0 && IsSettlement(node, settled))
        {
            return new RunAction.Settle(node, settled);
        }

        return node.Plan.Role switch
        {
            NodeRole.Begin => BeginsNow(node, state) ? new RunAction.Begin(node) : new RunAction.Skip(node),
            NodeRole.End => new RunAction.Collect(node),
            NodeRole.ForEach or NodeRole.Loop or NodeRole.SubFlow => new RunAction.Open(node),
            _ => new RunAction.Start(node),
        };
    }

    // A decision about a node that was cut off, not one that the node itself asked for.
    private static bool IsSettlement(NodeState node, Resumption resumption) => node.UncertainBookmark == resumption.Bookmark;

    // A flow with several begins begins where it was called; one that has none for this call begins everywhere.
    private static bool BeginsNow(NodeState node, RunState state)
    {
        if (node.Scope.Owner is not null)
        {
            return node.Plan.Type.Id == "start";
        }

        var called = state.Start!.Trigger switch
        {
            RunTrigger.Schedule => "schedule",
            RunTrigger.Webhook => "webhook",
            _ => "start",
        };
        return node.Plan.Type.Id == called
            || !node.Scope.Nodes.Any(other => other.Plan.Role == NodeRole.Begin && other.Plan.Type.Id == called);
    }

    private static RunAction? Clock(RunState state, DateTimeOffset now)
    {
        foreach (var node in state.Retrying)
        {
            if (node.RetryAt <= now && !node.IsOffered)
            {
                node.IsOffered = true;
                return new RunAction.Start(node);
            }
        }

        foreach (var node in state.Waiting)
        {
            if (node.Bookmark!.ClockAt <= now && !node.IsOffered)
            {
                node.IsOffered = true;
                return new RunAction.Ring(node, node.Bookmark.Kind == BookmarkKind.Timer ? Resumption.Due : Resumption.Expired);
            }
        }

        return null;
    }

    private static Error ErrorIn(NodeState container)
    {
        var failed = container.Container!.Scopes.Values.Select(scope => scope.FailedBy).OfType<NodeState>().First();
        return RunErrors.Inside(failed.Path, failed.Error!);
    }
}
