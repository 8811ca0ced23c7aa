using System.Text.Json;
using System.Text.Json.Nodes;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Runs;
using MistralStudio.Flows.Templates;

namespace MistralStudio.Flows.Engine;

/// <summary>A node that has all that it needs to run.</summary>
/// <param name="Values">What arrived, at hand, by in-port, and the variables that it reads as <c>variables.name</c>.</param>
/// <param name="Config">Its configuration as its executor reads it.</param>
internal sealed record PreparedNode(NodeState Node, IReadOnlyDictionary<string, FlowValue> Inputs, IReadOnlyDictionary<string, FlowValue> Values, object Config, RunRights? Rights);

/// <summary>Brings together what a node needs, and runs it. It changes nothing of the run: that is the loop's.</summary>
internal sealed class NodeRunner(RunServices services, ValueKeeper keeper, RunId run, RunStart start)
{
    /// <summary>Brings together what a node needs. Whatever it reads of the run's state it reads before it first waits.</summary>
    public ValueTask<Result<PreparedNode>> PrepareAsync(NodeState node, IReadOnlyDictionary<string, FlowValue> edits, CancellationToken cancellationToken)
    {
        List<NodeInput> inputs = [.. NodeInputs.Of(node, edits)];
        List<(string Name, FlowValue Value)> variables = [.. node.Plan.Variables.Select(name => (name, NodeInputs.Variable(node, name) ?? FlowValue.Null))];
        return PrepareAsync(node, inputs, variables, cancellationToken);
    }

    /// <summary>Runs a node once. What it gives is as the journal holds it.</summary>
    public async ValueTask<NodeOutcome> ExecuteAsync(PreparedNode prepared, INodeSteps steps, Action<string> stream, CancellationToken cancellationToken)
    {
        var plan = prepared.Node.Plan;
        var execution = Execution(prepared, steps, stream);
        var outcome = plan.Policy.Timeout is { } limit
            ? await ExecuteWithinAsync(plan, execution, limit, cancellationToken)
            : await plan.Executor!.ExecuteAsync(execution, cancellationToken);
        var sources = Sources(prepared.Values.Values);
        if (outcome is NodeOutcome.Suspended suspended)
        {
            return suspended with { Bookmark = suspended.Bookmark with { Sources = [.. suspended.Bookmark.Sources.Union(sources)] } };
        }

        if (outcome is not NodeOutcome.Succeeded succeeded)
        {
            return outcome;
        }

        var outputs = sources.Count == 0
            ? succeeded.Outputs
            : succeeded.Outputs.ToDictionary(output => output.Key, output => output.Value.From(sources), StringComparer.Ordinal);
        var kept = await keeper.KeepAsync(outputs, cancellationToken);
        return kept.IsSuccess ? succeeded with { Outputs = kept.Value } : new NodeOutcome.Failed(kept.Error);
    }

    /// <summary>The key of its result; null where it cannot be named.</summary>
    public async ValueTask<string?> KeyAsync(PreparedNode prepared, INodeSteps steps, CancellationToken cancellationToken)
    {
        var plan = prepared.Node.Plan;
        if (plan.Effects == NodeEffects.Changes || plan.Policy.Reuse is null or NodeReuse.Never)
        {
            return null;
        }

        var generation = plan.Effects == NodeEffects.Pure ? "" : await plan.Executor!.GenerationAsync(Execution(prepared, steps, _ => { }), cancellationToken);
        if (generation is null && plan.Policy.Reuse == NodeReuse.Always)
        {
            return null;
        }

        return ResultKey.Of(start.Workspace, prepared.Rights?.AccessSet ?? "", plan, prepared.Values, generation ?? "");
    }

    /// <summary>The documents that values came from.</summary>
    public static IReadOnlyCollection<DocumentId> Sources(IEnumerable<FlowValue> values)
    {
        HashSet<DocumentId>? sources = null;
        foreach (var value in values)
        {
            if (value.Sources.Count > 0)
            {
                (sources ??= []).UnionWith(value.Sources);
            }
        }

        return sources is null ? [] : sources;
    }

    private async ValueTask<Result<PreparedNode>> PrepareAsync(
        NodeState node, List<NodeInput> inputs, List<(string Name, FlowValue Value)> variables, CancellationToken cancellationToken)
    {
        var plan = node.Plan;
        var loaded = new Dictionary<string, FlowValue>(inputs.Count, StringComparer.Ordinal);
        for (var i = 0; i < inputs.Count; i++)
        {
            var port = inputs[i].Edge.ToPort;
            if (plan.Role == NodeRole.ForEach && port == NodeInputs.Ports.Items)
            {
                continue;
            }

            var value = await keeper.LoadAsync(inputs[i].Value, port, cancellationToken);
            if (!value.IsSuccess)
            {
                return value.Error;
            }

            var arrived = value.Value;
            if (inputs[i].Edge.Check is { } type)
            {
                if (type.Take(arrived.Json) is not { } taken)
                {
                    return RunErrors.ValueOfWrongType(port, type);
                }

                arrived = arrived.Loaded(taken);
            }

            inputs[i] = inputs[i] with { Value = arrived };
            loaded.TryAdd(port, arrived);
        }

        foreach (var port in plan.Ports.Inputs)
        {
            if (port.Required && !loaded.ContainsKey(port.Name) && !(plan.Role == NodeRole.ForEach && port.Name == NodeInputs.Ports.Items))
            {
                return RunErrors.PortWithoutValue(port.Name);
            }
        }

        var values = loaded;
        if (variables.Count > 0)
        {
            values = new Dictionary<string, FlowValue>(loaded, StringComparer.Ordinal);
            for (var i = 0; i < variables.Count; i++)
            {
                var value = await keeper.LoadAsync(variables[i].Value, variables[i].Name, cancellationToken);
                if (!value.IsSuccess)
                {
                    return value.Error;
                }

                values[$"{Names.Variables}.{variables[i].Name}"] = value.Value;
            }
        }

        var config = Configure(plan, inputs, values);
        if (!config.IsSuccess)
        {
            return config.Error;
        }

        RunRights? rights = null;
        if (plan.Effects != NodeEffects.Pure)
        {
            var held = await services.Rights.ResolveAsync(start, cancellationToken);
            if (!held.IsSuccess)
            {
                return held.Error;
            }

            rights = held.Value;
        }

        return new PreparedNode(node, loaded, values, config.Value, rights);
    }

    // The fields that are templates take the place of what the author wrote.
    private static Result<object> Configure(NodePlan plan, List<NodeInput> inputs, Dictionary<string, FlowValue> values)
    {
        if (plan.Bound is { } bound)
        {
            return bound;
        }

        var names = Values(inputs, values);
        var config = JsonObject.Create(plan.Config)!;
        foreach (var field in plan.Fields.Where(field => !field.Field.IsDeferred))
        {
            JsonNode node;
            if (field.Field.Syntax == FieldSyntax.Condition)
            {
                var holds = field.Liquid.Holds(names);
                if (!holds.IsSuccess)
                {
                    return holds.Error;
                }

                node = JsonValue.Create(holds.Value);
            }
            else
            {
                var text = field.Liquid.Render(names);
                if (!text.IsSuccess)
                {
                    return text.Error;
                }

                node = JsonValue.Create(text.Value);
            }

            Put(config, field.Path, node);
        }

        return plan.Type.ConfigType is { } record
            ? config.Deserialize(record, FlowJson.Relaxed)!
            : config.Deserialize<JsonElement>(FlowJson.Relaxed);
    }

    /// <summary>What templates of a node may name.</summary>
    internal static TemplateValues Values(IReadOnlyList<NodeInput> inputs, IReadOnlyDictionary<string, FlowValue> values)
    {
        var names = new TemplateValues();
        var ports = new HashSet<string>(StringComparer.Ordinal);
        foreach (var input in inputs.Where(input => input.Value.IsAtHand && ports.Add(input.Edge.ToPort)))
        {
            names.Set(input.Edge.ToPort, input.Value);
        }

        foreach (var input in inputs.Where(input => input.Value.IsAtHand))
        {
            names.SetMember(input.From, input.Edge.FromPort, input.Value);
        }

        foreach (var (name, value) in values.Where(value => value.Key.StartsWith(Names.Variables + ".", StringComparison.Ordinal)))
        {
            names.SetMember(Names.Variables, name[(Names.Variables.Length + 1)..], value);
        }

        return names;
    }

    private static void Put(JsonNode at, string[] path, JsonNode value)
    {
        for (var i = 0; i < path.Length - 1; i++)
        {
            at = at is JsonArray list ? list[int.Parse(path[i], System.Globalization.CultureInfo.InvariantCulture)]! : at[path[i]]!;
        }

        if (at is JsonArray last)
        {
            last[int.Parse(path[^1], System.Globalization.CultureInfo.InvariantCulture)] = value;
        }
        else
        {
            at[path[^1]] = value;
        }
    }

    // A node that does not heed its cancellation is left behind when its time is over.
    private async ValueTask<NodeOutcome> ExecuteWithinAsync(NodePlan plan, NodeExecution execution, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, services.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await plan.Executor!.ExecuteAsync(execution, either.Token).AsTask().WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var mayRepeat = RecoveryRule.MayRepeat(plan.Effects, plan.IsIdempotent);
            return new NodeOutcome.Failed(RunErrors.TimedOut(limit, mayRepeat), mayRepeat);
        }
    }

    private NodeExecution Execution(PreparedNode prepared, INodeSteps steps, Action<string> stream) => new()
    {
        Run = run,
        Start = start,
        Path = prepared.Node.Path,
        Attempt = prepared.Node.Attempt,
        Config = prepared.Config,
        Inputs = prepared.Inputs,
        Sources = prepared.Node.Plan.Effects == NodeEffects.Pure ? [] : Sources(prepared.Values.Values),
        Rights = prepared.Rights,
        IdempotencyKey = $"{run}/{prepared.Node.Path}",
        Resumption = prepared.Node.Resumption,
        Steps = steps,
        Stream = stream,
        Time = services.Time,
    };
}
