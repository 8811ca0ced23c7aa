using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Compilation;

namespace MistralStudio.Flows.Engine;

/// <summary>What a fork takes over.</summary>
internal static class Forking
{
    /// <summary>What is wrong with the place of a fork; null where nothing is.</summary>
    public static Error? Problem(FlowPlan plan, Forked forked) =>
        forked.FromNode.Length == 0 || ForkPlace.Find(plan.Root, forked.FromNode) is not null ? null : ForkErrors.NoSuchNode(forked.FromNode);

    /// <summary>Reads the other run; null where there is none of this workspace.</summary>
    public static async ValueTask<ForkSource?> FromAsync(
        Forked forked, RunStart start, FlowPlans plans, Func<RunId, Task<List<RunEvent>>> read, CancellationToken cancellationToken)
    {
        var events = await read(forked.From);
        if (events is not [RunStarted { Start: var source }, ..] || source.Workspace != start.Workspace)
        {
            return null;
        }

        var byPath = new Dictionary<string, IReadOnlyDictionary<string, FlowValue>>(StringComparer.Ordinal);
        var byKey = new Dictionary<string, IReadOnlyDictionary<string, FlowValue>>(StringComparer.Ordinal);
        var plan = await plans.OfAsync(source, cancellationToken);
        var made = new Dictionary<string, IReadOnlyDictionary<string, FlowValue>>(StringComparer.Ordinal);
        var place = forked.FromNode.Length > 0 && plan.IsSuccess && source.Definition == start.Definition ? ForkPlace.Find(plan.Value.Root, forked.FromNode) : null;
        foreach (var happened in events)
        {
            var (outputs, key) = happened switch
            {
                NodeSucceeded succeeded => (succeeded.Outputs, succeeded.Key),
                NodeReused reused => (reused.Outputs, reused.Key),
                _ => (null, null),
            };
            if (outputs is null)
            {
                continue;
            }

            // Of the same definition everything before the node is as it was; of another only what depends on the same.
            if (place?.IsAfter(happened.Node) == true)
            {
                byPath[happened.Node] = outputs;
            }

            if (forked.SparesWorld)
            {
                made[happened.Node] = outputs;
            }

            if (key is not null)
            {
                byKey[key] = outputs;
            }
        }

        return new ForkSource(forked, byPath, byKey) { Made = made };
    }
}

/// <summary>Expected failures of forks.</summary>
public static class ForkErrors
{
    public static Error Spared() => new(
        "fork.spared", "A replay does nothing to the world, and the run that it replays did nothing here that it could take.", "Run the flow itself to have it done.");

    public static Error NoSuchNode(string node) => new(
        "fork.no_such_node", $"There is no node \"{node}\" in this version of the flow.", "Choose a node of it, or fork the version that has the node.");
}
