using System.Buffers;
using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Flows.Engine;

/// <content>What each action of the scheduler does.</content>
public sealed partial class RunLoop
{
    private void Do(RunAction action)
    {
        switch (action)
        {
            case RunAction.Start start:
                Start(start.Node);
                break;
            case RunAction.Begin begin:
                Give(begin.Node, BeginValues(begin.Node));
                break;
            case RunAction.Collect collect:
                Give(collect.Node, NodeInputs.ByPort(collect.Node, _state.Edits));
                break;
            case RunAction.Skip skip:
                Emit(new NodeSkipped { Node = skip.Node.Path });
                break;
            case RunAction.Open open:
                Open(open.Node);
                break;
            case RunAction.Turn turn:
                Turn(turn.Node);
                break;
            case RunAction.Close close:
                Close(close.Node);
                break;
            case RunAction.Break broken:
                FailFor(broken.Node, broken.Error);
                Sweep();
                break;
            case RunAction.Settle settle:
                Settle(settle.Node, settle.Resumption);
                break;
            case RunAction.Ring ring:
                Emit(new Resumed(new Resumption(ring.Node.Bookmark!.Id, ring.Decision, new Dictionary<string, JsonElement>(), null)) { Node = ring.Node.Path, Attempt = ring.Node.Attempt });
                break;
            case RunAction.Exceed exceed:
                Emit(new BudgetExceeded(exceed.Error));
                break;
        }
    }

    private void Start(NodeState node)
    {
        if (_fork?.ByPath.GetValueOrDefault(node.Path) is { } taken)
        {
            Reuse(node, taken, _fork.Forked.From, null);
            return;
        }

        Then(node, token => _runner.PrepareAsync(node, _state.Edits, token), prepared =>
        {
            if (!prepared.IsSuccess)
            {
                Emit(new NodeStarted { Node = node.Path, Attempt = node.Attempt + 1 });
                FailFor(node, prepared.Error);
            }
            else if (node.Plan.Policy.Reuse is NodeReuse.Forks or NodeReuse.Always && node.Resumption is null)
            {
                StartUnlessKnown(prepared.Value);
            }
            else
            {
                Start(prepared.Value, null);
            }
        });
    }

    private void StartUnlessKnown(PreparedNode prepared) =>
        Then(prepared.Node, token => FindAsync(prepared, token), found =>
        {
            if (found.Outputs is { } outputs)
            {
                Reuse(prepared.Node, outputs, found.FromFork ? _fork!.Forked.From : null, found.Key);
            }
            else
            {
                Start(prepared, found.Key);
            }
        });

    private void Reuse(NodeState node, IReadOnlyDictionary<string, FlowValue> outputs, RunId? from, string? key) =>
        Then(node, token => _keeper.AdoptAsync(outputs, token), adopted =>
        {
            if (adopted.IsSuccess)
            {
                Emit(new NodeReused(adopted.Value, from) { Node = node.Path, Attempt = node.Attempt, Key = key });
            }
            else
            {
                FailFor(node, adopted.Error);
            }
        });

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

    // A pure node runs at once; what it gives is committed with its start. Others begin once their start is durable.
    private void Start(PreparedNode prepared, string? key)
    {
        var node = prepared.Node;
        if (_isStopping)
        {
            return;
        }

        Emit(new NodeStarted { Node = node.Path, Attempt = node.Attempt + 1 });
        if (node.Plan.Effects == NodeEffects.Pure)
        {
            Execute(prepared, key);
            return;
        }

        // In flight from now on: the run is not idle while this one waits for its commit.
        var running = Enter(node);
        _afterCommit.Add(() =>
        {
            if (_inFlight.GetValueOrDefault(node) == running)
            {
                Execute(prepared, key);
            }
        });
    }

    private void Execute(PreparedNode prepared, string? key)
    {
        var node = prepared.Node;
        var attempt = node.Attempt;
        var steps = Steps(node);
        Action<string> stream = node.Plan.StreamsTo.Length == 0 ? _ => { } : text => Stream(node, attempt, text);
        Then(
            node,
            token => node.Plan.Effects == NodeEffects.Pure
                ? _runner.ExecuteAsync(prepared, steps, stream, token)
                : new ValueTask<NodeOutcome>(Task.Run(async () => await _runner.ExecuteAsync(prepared, steps, stream, token), token)),
            outcome =>
            {
                if (node.Attempt == attempt && node.Status == NodeStatus.Running)
                {
                    Take(node, outcome, key);
                }
            });
    }

    private void Take(NodeState node, NodeOutcome outcome, string? key)
    {
        switch (outcome)
        {
            case NodeOutcome.Succeeded succeeded:
                Emit(new NodeSucceeded(succeeded.Outputs) { Node = node.Path, Attempt = node.Attempt, Usage = succeeded.Usage, Key = key });
                if (key is not null && node.Plan.Policy.Reuse == NodeReuse.Always && _services.Results is { } results)
                {
                    _afterCommit.Add(() => _ = results.KeepAsync(_state.Start!.Workspace, key, Run, succeeded.Outputs, CancellationToken.None));
                }

                break;
            case NodeOutcome.Suspended suspended:
                Emit(new Suspended(suspended.Bookmark) { Node = node.Path, Attempt = node.Attempt });
                break;
            case NodeOutcome.Failed failed:
                var failures = node.Failures + 1;
                if (RetryTiming.Decide(node.Plan.Policy.Retry, failures, failed.IsTransient, failed.RetryAfter, RetryTiming.Chance(Run, node.Path, failures)) is { } pause)
                {
                    Emit(new RetryScheduled(failed.Error, _services.Time.GetUtcNow() + pause) { Node = node.Path, Attempt = node.Attempt });
                }
                else
                {
                    FailFor(node, failed.Error);
                }

                break;
        }
    }

    // For good: the node's policy says what follows.
    private void FailFor(NodeState node, Error error)
    {
        IReadOnlyDictionary<string, FlowValue>? outputs = node.Plan.Policy.OnError switch
        {
            OnError.Default => node.Plan.Policy.Default!.ToDictionary(one => one.Key, one => FlowValue.Of(one.Value), StringComparer.Ordinal),
            OnError.Port => new Dictionary<string, FlowValue>(StringComparer.Ordinal) { [Names.ErrorPort] = FlowValue.From(new { code = error.Code, message = error.Message }) },
            _ => null,
        };
        Emit(new NodeFailed(error, outputs) { Node = node.Path, Attempt = node.Attempt });
    }

    private void Settle(NodeState node, Resumption resumption)
    {
        if (resumption.Decision == Resumption.Fail)
        {
            FailFor(node, RunErrors.SettledAsFailed());
            return;
        }

        var values = resumption.Values.ToDictionary(value => value.Key, value => FlowValue.Of(value.Value), StringComparer.Ordinal);
        if (node.Steps is [.., { IsOpen: true }])
        {
            Emit(new StepSucceeded(values.GetValueOrDefault("value", FlowValue.Null)) { Node = node.Path, Attempt = node.Attempt, Step = node.Steps.Count });
            Start(node);
        }
        else
        {
            Give(node, values);
        }
    }

    private Dictionary<string, FlowValue> BeginValues(NodeState node)
    {
        var given = node.Scope.Owner is { } caller ? NodeInputs.ByPort(caller, _state.Edits) : _state.Start!.Inputs;
        var values = new Dictionary<string, FlowValue>(StringComparer.Ordinal);
        foreach (var port in node.Plan.Ports.Outputs)
        {
            if (given.TryGetValue(port.Name, out var value))
            {
                values[port.Name] = value;
            }
            else if (node.Scope.Plan.Inputs.FirstOrDefault(input => input.Name == port.Name)?.Default is { } preset)
            {
                values[port.Name] = FlowValue.Of(preset);
            }
        }

        return values;
    }

    // Values of others become a node's own.
    private void Give(NodeState node, IReadOnlyDictionary<string, FlowValue> values) =>
        Then(node, token => _keeper.KeepAsync(values, token), kept =>
        {
            if (kept.IsSuccess)
            {
                Emit(new NodeSucceeded(kept.Value) { Node = node.Path, Attempt = node.Attempt });
            }
            else
            {
                FailFor(node, kept.Error);
            }
        });

    private void Open(NodeState node) =>
        Then(node, token => CountAsync(node, token), count =>
        {
            if (count.IsSuccess)
            {
                Emit(new NodeStarted { Node = node.Path, Attempt = node.Attempt + 1, Iterations = count.Value < 0 ? null : count.Value });
            }
            else
            {
                Emit(new NodeStarted { Node = node.Path, Attempt = node.Attempt + 1, Iterations = 0 });
                FailFor(node, count.Error);
            }
        });

    private async ValueTask<Result<int>> CountAsync(NodeState node, CancellationToken cancellationToken)
    {
        if (node.Plan.Role != NodeRole.ForEach)
        {
            return -1;
        }

        if (!NodeInputs.ByPort(node, _state.Edits).TryGetValue(NodeInputs.Ports.Items, out var list))
        {
            return RunErrors.PortWithoutValue(NodeInputs.Ports.Items);
        }

        var items = await _keeper.ItemsAsync(list, NodeInputs.Ports.Items, cancellationToken);
        return items.IsSuccess ? items.Value.Length : items.Error;
    }

    private void Turn(NodeState node) =>
        Then(node, token => LoopTurn.DecideAsync(node, _keeper, token), turn =>
        {
            if (!turn.IsSuccess)
            {
                FailFor(node, turn.Error);
            }
            else if (turn.Value is { } outputs)
            {
                Give(node, outputs);
            }
            else
            {
                var next = node.Container!.Next + 1;
                Emit(new StepStarted("iteration", NodeEffects.Pure) { Node = node.Path, Attempt = node.Attempt, Step = next });
            }
        });

    private void Close(NodeState node)
    {
        if (node.Plan.Role == NodeRole.SubFlow)
        {
            Give(node, node.Container!.Outputs);
            return;
        }

        var results = node.Container!.Results;
        Then(node, token => ListAsync(results, token), list =>
        {
            if (list.IsSuccess)
            {
                Give(node, new Dictionary<string, FlowValue>(StringComparer.Ordinal) { [NodeInputs.Ports.Results] = list.Value });
            }
            else
            {
                FailFor(node, list.Error);
            }
        });
    }

    private async ValueTask<Result<FlowValue>> ListAsync(FlowValue?[] items, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        writer.WriteStartArray();
        foreach (var item in items)
        {
            var value = await _keeper.LoadAsync(item ?? FlowValue.Null, NodeInputs.Ports.Results, cancellationToken);
            if (!value.IsSuccess)
            {
                return value.Error;
            }

            writer.WriteRawValue(value.Value.Utf8, skipInputValidation: true);
            if (writer.BytesCommitted + writer.BytesPending > FlowValue.MostBytes)
            {
                return RunErrors.ValueTooLarge(NodeInputs.Ports.Results, writer.BytesCommitted + writer.BytesPending);
            }
        }

        writer.WriteEndArray();
        await writer.FlushAsync(cancellationToken);
        return FlowValue.Of(JsonElement.Parse(buffer.WrittenSpan)) with { Sources = [.. NodeRunner.Sources(items.OfType<FlowValue>())] };
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
