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
            case RunAction.Start { Node: var node } when PinOf(node) is { } pinned:
                Reuse(node, pinned.Outputs, pinned.From, null, isPinned: true);
                break;
            case RunAction.Open { Node: var node } when PinOf(node) is { } pinned:
                Reuse(node, pinned.Outputs, pinned.From, null, isPinned: true);
                break;
            case RunAction.Start start:
                Start(start.Node);
                break;
            case RunAction.Begin begin:
                Begin(begin.Node);
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

        if (_fork is { Forked.SparesWorld: true } && node.Plan.Effects == NodeEffects.Changes)
        {
            if (_fork.Made.GetValueOrDefault(node.Path) is { } made)
            {
                Reuse(node, made, _fork.Forked.From, null);
            }
            else
            {
                Emit(new NodeStarted { Node = node.Path, Attempt = node.Attempt + 1 });
                FailFor(node, ForkErrors.Spared());
            }

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

    private PinnedOutcome? PinOf(NodeState node) => _pins.Count == 0 ? null : _pins.GetValueOrDefault(Pinning.PathOf(node.Path));

    private void Reuse(NodeState node, IReadOnlyDictionary<string, FlowValue> outputs, RunId? from, string? key, bool isPinned = false) =>
        Then(node, token => _keeper.AdoptAsync(outputs, token), adopted =>
        {
            if (adopted.IsSuccess)
            {
                Emit(new NodeReused(adopted.Value, from) { Node = node.Path, Attempt = node.Attempt, Key = key, IsPinned = isPinned });
            }
            else
            {
                FailFor(node, adopted.Error);
            }
        });

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
                    _afterCommit.Add(() => _ = KeepAsync(results, key, succeeded.Outputs));
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

    // For other runs: this one does not wait for it, nor fail with it.
    private async Task KeepAsync(INodeResults results, string key, IReadOnlyDictionary<string, FlowValue> outputs)
    {
        try
        {
            await results.KeepAsync(_state.Start!.Workspace, key, Run, outputs, CancellationToken.None);
        }
        catch (Exception failed)
        {
            Log.ResultNotKept(_services.Logger, failed, Run);
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
}
