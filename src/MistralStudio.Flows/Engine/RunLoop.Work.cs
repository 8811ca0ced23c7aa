using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Flows.Engine;

/// <content>Work that goes on beside the loop, and comes back by its mailbox.</content>
public sealed partial class RunLoop
{
    private async ValueTask<(string? Key, IReadOnlyDictionary<string, FlowValue>? Outputs, bool FromFork)> FindAsync(PreparedNode prepared, CancellationToken cancellationToken)
    {
        if (await _runner.KeyAsync(prepared, Steps(prepared.Node), cancellationToken) is not { } key)
        {
            return (null, null, false);
        }

        if (_fork?.ByKey.GetValueOrDefault(key) is { } own)
        {
            return (key, own, true);
        }

        return prepared.Node.Plan.Policy.Reuse == NodeReuse.Always && _services.Results is { } results
            ? (key, await results.FindAsync(_state.Start!.Workspace, key, cancellationToken), false)
            : (key, null, false);
    }

    private void Stream(NodeState node, int attempt, string text)
    {
        if (node.Attempt != attempt)
        {
            return;
        }

        foreach (var answer in node.Plan.StreamsTo)
        {
            foreach (var observer in _services.Observers)
            {
                observer.Streamed(Run, answer, text);
            }
        }
    }

    private StepLog Steps(NodeState node)
    {
        var attempt = node.Attempt;
        List<(FlowValue?, Error?)> recorded = [.. (node.Steps ?? []).Select(step => (step.Value, step.Error))];
        return new StepLog(
            recorded,
            (number, step, token) => Journal(node, attempt, token, () => new StepStarted(step.Name, step.Effects) { Node = node.Path, Attempt = attempt, Step = number, IsIdempotent = step.IsIdempotent }),
            (number, done, token) => Journal(node, attempt, token, () => done.IsSuccess
                ? new StepSucceeded(done.Value.Value) { Node = node.Path, Attempt = attempt, Step = number, Usage = done.Value.Usage }
                : new StepFailed(done.Error) { Node = node.Path, Attempt = attempt, Step = number }),
            _keeper);
    }

    // Durable before it returns; a node that is no longer this one's is not written of.
    private Task Journal(NodeState node, int attempt, CancellationToken cancellationToken, Func<RunEvent> happened)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = _mailbox.Writer.TryWrite(() =>
        {
            if (_isClosed || node.Attempt != attempt || node.Status != NodeStatus.Running)
            {
                done.TrySetCanceled(CancellationToken.None);
                return;
            }

            Emit(happened());
            _afterCommit.Add(() => done.TrySetResult());
        });
        return sent ? done.Task.WaitAsync(cancellationToken) : Task.FromCanceled(new CancellationToken(canceled: true));
    }

    // Nodes whose container has ended.
    private void Sweep()
    {
        foreach (var (node, running) in _inFlight.Where(one => one.Key.Status.IsEnded()).ToList())
        {
            running.Cancel();
            _inFlight.Remove(node);
        }
    }

    private InFlight Enter(NodeState node)
    {
        if (!_inFlight.TryGetValue(node, out var running))
        {
            _inFlight[node] = running = new InFlight(new CancellationTokenSource());
        }

        return running;
    }

    /// <summary>
    /// Does something for a node and goes on with its result: in the same breath where it is there at once, by the mailbox otherwise.
    /// </summary>
    private void Then<T>(NodeState node, Func<CancellationToken, ValueTask<T>> work, Action<T> then)
    {
        var known = _inFlight.GetValueOrDefault(node);
        var running = known ?? new InFlight(new CancellationTokenSource());
        ValueTask<T> task;
        try
        {
            task = work(running.Token);
        }
        catch (Exception fault)
        {
            task = ValueTask.FromException<T>(fault);
        }

        if (task.IsCompletedSuccessfully)
        {
            if (known is not null)
            {
                _inFlight.Remove(node);
            }

            then(task.GetAwaiter().GetResult());
            return;
        }

        _inFlight[node] = running;
        _ = AwaitAsync(task.AsTask());

        async Task AwaitAsync(Task<T> waited)
        {
            Action go;
            try
            {
                var result = await waited.ConfigureAwait(false);
                go = () => then(result);
            }
            catch (OperationCanceledException) when (running.Token.IsCancellationRequested)
            {
                go = () => { };
            }
            catch (Exception fault)
            {
                go = () => Fault(node, fault);
            }

            _mailbox.Writer.TryWrite(() =>
            {
                // Left behind by then: its run or its container has ended, or the process stops.
                if (_inFlight.GetValueOrDefault(node) == running)
                {
                    _inFlight.Remove(node);
                    go();
                }
            });
        }
    }

    private void Fault(NodeState node, Exception fault)
    {
        Log.NodeFault(_services.Logger, fault, Run, node.Path);
        if (!node.Status.IsEnded())
        {
            FailFor(node, RunErrors.Fault(fault.GetType().Name));
        }
    }
}
