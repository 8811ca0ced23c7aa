using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Nodes.Loop;
using MistralStudio.Flows.Runs;
using MistralStudio.Flows.Templates;

namespace MistralStudio.Flows.Engine;

/// <summary>Whether a loop goes round once more.</summary>
internal static class LoopTurn
{
    /// <summary>Null where it does; what the loop gives where it does not.</summary>
    public static async ValueTask<Result<IReadOnlyDictionary<string, FlowValue>?>> DecideAsync(NodeState node, ValueKeeper keeper, CancellationToken cancellationToken)
    {
        var container = node.Container!;
        var config = (LoopConfig)node.Plan.Bound!;
        if (container.Done == 0)
        {
            return Result<IReadOnlyDictionary<string, FlowValue>?>.Success(null);
        }

        if (container.Done < config.Most && node.Plan.Fields is [{ Liquid: var until }, ..])
        {
            var names = new TemplateValues();
            foreach (var reference in until.References.Select(name => name.Root).Distinct(StringComparer.Ordinal))
            {
                if (container.Values.TryGetValue(reference, out var value))
                {
                    var loaded = await keeper.LoadAsync(value, reference, cancellationToken);
                    if (!loaded.IsSuccess)
                    {
                        return loaded.Error;
                    }

                    names.Set(reference, loaded.Value);
                }
            }

            names.Set(NodeInputs.Ports.Iterations, FlowValue.Of(container.Done));
            foreach (var (name, value) in container.Variables ?? [])
            {
                var loaded = await keeper.LoadAsync(value, name, cancellationToken);
                if (!loaded.IsSuccess)
                {
                    return loaded.Error;
                }

                names.SetMember(Names.Variables, name, loaded.Value);
            }

            var holds = until.Holds(names);
            if (!holds.IsSuccess)
            {
                return holds.Error;
            }

            if (!holds.Value)
            {
                return Result<IReadOnlyDictionary<string, FlowValue>?>.Success(null);
            }
        }
        else if (container.Done < config.Most)
        {
            return Result<IReadOnlyDictionary<string, FlowValue>?>.Success(null);
        }

        return Result<IReadOnlyDictionary<string, FlowValue>?>.Success(
            new Dictionary<string, FlowValue>(container.Values, StringComparer.Ordinal) { [NodeInputs.Ports.Iterations] = FlowValue.Of(container.Done) });
    }
}
