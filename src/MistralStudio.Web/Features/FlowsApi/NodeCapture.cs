using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Hosting;
using MistralStudio.Flows.Trials;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>What arrived at a node in a past run.</summary>
internal static class NodeCapture
{
    /// <summary>Values by where they came from (<c>search.passages</c>), of a node at the top level; those that the run has no longer are left out.</summary>
    public static async Task<Result<Dictionary<string, JsonElement>>> OfAsync(
        FlowRuns runs, RunSummary past, FlowDefinition definition, string path, CancellationToken cancellationToken)
    {
        var state = await runs.StateAsync(past.Id, cancellationToken);
        if (!state.IsSuccess)
        {
            return state.Error;
        }

        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var nodes = state.Value.Nodes().ToDictionary(node => node.Path, StringComparer.Ordinal);
        foreach (var (node, port) in NodeTrial.Origins(definition, path))
        {
            if (nodes.TryGetValue(node, out var from) && from.Outputs.TryGetValue(port, out var value)
                && (await runs.LoadAsync(past.Workspace, past.Id, new Dictionary<string, FlowValue> { [port] = value }, cancellationToken))[port] is { IsAtHand: true } loaded)
            {
                values[$"{node}.{port}"] = loaded.Json;
            }
        }

        return values;
    }
}
