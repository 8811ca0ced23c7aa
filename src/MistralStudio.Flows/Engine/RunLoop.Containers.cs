using System.Buffers;
using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Flows.Engine;

/// <content>Begins, ends and containers: what the engine does itself.</content>
public sealed partial class RunLoop
{
    // What a fork is started with is what the other run was, unless somebody gave it other inputs.
    private void Begin(NodeState node)
    {
        var values = BeginValues(node);
        if (node.Scope.Owner is not { } caller)
        {
            Begin(node, values);
            return;
        }

        Then(node, token => TakeAsync(caller, values, token), taken =>
        {
            if (taken.IsSuccess)
            {
                Begin(node, taken.Value);
            }
            else
            {
                FailFor(node, taken.Error);
            }
        });
    }

    private void Begin(NodeState node, Dictionary<string, FlowValue> values)
    {
        if (_fork?.ByPath.GetValueOrDefault(node.Path) is { } taken && taken.Count == values.Count && taken.All(one => values.TryGetValue(one.Key, out var value) && value == one.Value))
        {
            Reuse(node, taken, _fork.Forked.From, null);
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

    // What arrives at a called flow as JSON of unknown shape becomes what its input takes.
    private async ValueTask<Result<Dictionary<string, FlowValue>>> TakeAsync(NodeState caller, Dictionary<string, FlowValue> values, CancellationToken cancellationToken)
    {
        foreach (var (port, type) in NodeInputs.Of(caller, _state.Edits).Where(input => input.Edge.Check is not null).Select(input => (input.Edge.ToPort, input.Edge.Check!)))
        {
            if (!values.TryGetValue(port, out var arrived))
            {
                continue;
            }

            var value = await _keeper.LoadAsync(arrived, port, cancellationToken);
            if (!value.IsSuccess)
            {
                return value.Error;
            }

            if (type.Take(value.Value.Json) is not { } taken)
            {
                return RunErrors.ValueOfWrongType(port, type);
            }

            // One that is taken as it is stays where it is kept.
            values[port] = type.Admits(value.Value.Json) ? arrived : value.Value.Loaded(taken);
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
}
