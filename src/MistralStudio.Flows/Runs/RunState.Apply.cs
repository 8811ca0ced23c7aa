using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Runs;

/// <content>The fold itself: what each kind of event changes.</content>
public sealed partial class RunState
{
    /// <summary>Applies the next event of the journal.</summary>
    /// <exception cref="InvalidOperationException">It does not follow from the events before it.</exception>
    public void Apply(RunEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        if (happened.Seq != LastSeq + 1)
        {
            throw new InvalidOperationException($"Event {happened.Seq} does not follow event {LastSeq}.");
        }

        LastSeq = happened.Seq;
        switch (happened)
        {
            case RunStarted started:
                Start = started.Start;
                StartedAt = happened.At;
                Open(Root);
                break;
            case Forked forked:
                Fork = forked;
                break;
            case BudgetExceeded exceeded:
                Error ??= exceeded.Error;
                break;
            case CancelRequested:
                IsCancelRequested = true;
                break;
            case RunFinished finished:
                _ended = finished.Status;
                Outputs = finished.Outputs;
                Error = finished.Error;
                EndedAt = happened.At;
                Clear();
                break;
            default:
                ApplyToNode(Find(happened.Node) ?? throw new InvalidOperationException($"There is no node {happened.Node} here."), happened);
                break;
        }

        Trim();
    }

    // What the journal says was done need not be offered: a run that is read from it keeps no more in mind than one that runs.
    private void Trim()
    {
        while (Ready.TryPeek(out var ready) && ready.Status != NodeStatus.Queued)
        {
            Ready.Dequeue();
        }

        while (Closing.TryPeek(out var closing) && !closing.IsClosing)
        {
            Closing.Dequeue();
        }

        while (Broken.TryPeek(out var broken) && broken.Status != NodeStatus.Running)
        {
            Broken.Dequeue();
        }
    }

    private void ApplyToNode(NodeState node, RunEvent happened)
    {
        switch (happened)
        {
            case NodeStarted started:
                Move(node, NodeStatus.Running);
                node.Attempt = happened.Attempt;
                node.StartedAt ??= happened.At;
                node.RetryAt = null;
                StepCount++;
                if (node.Plan.IsContainer)
                {
                    OpenContainer(node, started.Iterations);
                }

                break;
            case NodeSucceeded succeeded:
                node.Key = succeeded.Key;
                Use(node, succeeded.Usage);
                Finish(node, NodeStatus.Succeeded, succeeded.Outputs, happened.At);
                break;
            case NodeReused reused:
                (node.Key, node.IsPinned) = (reused.Key, reused.IsPinned);
                Finish(node, NodeStatus.Reused, reused.Outputs, happened.At);
                break;
            case NodeSkipped:
                Finish(node, NodeStatus.Skipped, s_nothing, happened.At);
                break;
            case NodeFailed failed:
                node.Error = failed.Error;
                Finish(node, NodeStatus.Failed, failed.Outputs, happened.At);
                break;
            case NodeUncertain uncertain:
                node.Bookmark = uncertain.Bookmark;
                node.UncertainBookmark = uncertain.Bookmark.Id;
                Move(node, NodeStatus.Uncertain);
                break;
            case RetryScheduled retry:
                node.Failures++;
                node.Error = retry.Error;
                node.RetryAt = retry.DueAt;
                Move(node, NodeStatus.Retrying);
                break;
            case Suspended suspended:
                node.Bookmark = suspended.Bookmark;
                Move(node, NodeStatus.Waiting);
                break;
            case Resumed resumed:
                node.Bookmark = null;
                node.Resumption = resumed.Resumption;
                if (node.Status == NodeStatus.Uncertain && node.Steps is [.., { IsOpen: true } open])
                {
                    open.MayRepeat = resumed.Resumption.Decision == Resumption.Repeat;
                }

                Queue(node);
                break;
            case StepStarted step:
                ApplyStep(node, step);
                break;
            case StepSucceeded done:
                node.Steps![happened.Step - 1].Value = done.Value;
                Use(node, done.Usage);
                break;
            case StepFailed failed:
                node.Steps![happened.Step - 1].Error = failed.Error;
                break;
        }
    }

    private void ApplyStep(NodeState node, StepStarted step)
    {
        StepCount++;
        if (node.Plan.Role == NodeRole.Loop)
        {
            node.Container!.IsTurning = false;
            OpenIteration(node, step.Step - 1);
            return;
        }

        node.Steps ??= [];
        if (node.Steps.Count >= step.Step)
        {
            // Done anew after it was cut off.
            node.Steps[step.Step - 1] = new StepState(step);
        }
        else
        {
            node.Steps.Add(new StepState(step));
        }
    }

    private void Use(NodeState node, RunUsage? usage)
    {
        if (usage is not null)
        {
            Usage += usage;
            node.Usage = (node.Usage ?? RunUsage.None) + usage;
        }
    }

    // The nodes that nothing comes before begin.
    private void Open(ScopeState scope)
    {
        foreach (var node in scope.Nodes.Where(node => node.Unknown == 0 && !node.Plan.IsBorder))
        {
            Queue(node);
        }

        if (scope.Plan.BodyBegin < 0)
        {
            return;
        }

        var end = scope.Nodes[scope.Plan.BodyEnd];
        if (end.Unknown == 0)
        {
            Close(end);
        }

        var begin = scope.Nodes[scope.Plan.BodyBegin];
        begin.Status = NodeStatus.Succeeded;
        foreach (var edge in begin.Plan.Out)
        {
            Resolve(scope, edge, NodeInputs.IsGiven(begin, scope.Plan.Edges[edge].FromPort, Edits));
        }
    }

    // The join rule, the only one: nothing is decided while an edge is unknown; one that was taken lets the node run, none skips it.
    private void Resolve(ScopeState scope, int edge, bool taken)
    {
        scope.Edges[edge] = taken ? EdgeState.Taken : EdgeState.Skipped;
        var target = scope.Nodes[scope.Plan.Edges[edge].To];
        target.Taken += taken ? 1 : 0;
        if (--target.Unknown > 0)
        {
            return;
        }

        if (target.Plan.IsBorder)
        {
            Close(target);
        }
        else if (target.Status == NodeStatus.Pending)
        {
            Queue(target);
        }
    }

    private void Finish(NodeState node, NodeStatus status, IReadOnlyDictionary<string, FlowValue>? outputs, DateTimeOffset at)
    {
        Move(node, status);
        node.EndedAt = at;
        node.Outputs = outputs;
        Drop(node);
        node.Steps = null;
        node.Resumption = null;
        if (outputs is null)
        {
            Fail(node);
            return;
        }

        if (status is NodeStatus.Succeeded or NodeStatus.Reused)
        {
            Keep(node, outputs);
        }

        foreach (var edge in node.Plan.Out)
        {
            Resolve(node.Scope, edge, outputs.ContainsKey(node.Scope.Plan.Edges[edge].FromPort));
        }

        Close(node);
    }

    private static void Keep(NodeState node, IReadOnlyDictionary<string, FlowValue> outputs)
    {
        if (node.Plan.Role == NodeRole.End)
        {
            node.Scope.Outputs ??= new(StringComparer.Ordinal);
            foreach (var (name, value) in outputs)
            {
                node.Scope.Outputs[name] = value;
            }
        }

        if (node.Plan.Sets is { } variable && outputs.TryGetValue("value", out var set))
        {
            if (node.Scope.Owner is { Plan.Role: NodeRole.Loop, Container: { } loop })
            {
                (loop.Variables ??= new(StringComparer.Ordinal))[variable] = set;
            }
            else
            {
                (node.Scope.Variables ??= new(StringComparer.Ordinal))[variable] = set;
            }
        }
    }

    private void Fail(NodeState node)
    {
        var scope = node.Scope;
        scope.FailedBy ??= node;
        scope.Open--;
        if (scope.Owner is not { } owner)
        {
            Error ??= node.Error;
        }
        else if (!Broken.Contains(owner))
        {
            Broken.Enqueue(owner);
        }
    }

    private void Queue(NodeState node)
    {
        Move(node, NodeStatus.Queued);
        Ready.Enqueue(node);
    }

    private void Move(NodeState node, NodeStatus status)
    {
        SetOf(node.Status)?.Remove(node);
        node.Status = status;
        node.IsOffered = false;
        SetOf(status)?.Add(node);
    }

    private HashSet<NodeState>? SetOf(NodeStatus status) => status switch
    {
        NodeStatus.Running => Running,
        NodeStatus.Retrying => Retrying,
        NodeStatus.Waiting => Waiting,
        NodeStatus.Uncertain => Uncertain,
        _ => null,
    };

    // Everything that was in the middle of something ends with what it is in.
    private void Clear()
    {
        foreach (var node in Running.Concat(Retrying).Concat(Waiting).Concat(Uncertain).Concat(Ready).Where(node => !node.Status.IsEnded()).ToList())
        {
            node.Status = NodeStatus.Cancelled;
            node.EndedAt = EndedAt;
        }

        Running.Clear();
        Retrying.Clear();
        Waiting.Clear();
        Uncertain.Clear();
        Ready.Clear();
        Closing.Clear();
        Broken.Clear();
    }
}
