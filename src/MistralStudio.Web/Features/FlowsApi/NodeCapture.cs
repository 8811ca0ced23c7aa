using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Flows.Hosting;
using MistralStudio.Flows.Runs;
using MistralStudio.Flows.Trials;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>What arrived at a node in a past run.</summary>
internal static class NodeCapture
{
    /// <summary>
    /// Values by where they came from (<c>search.passages</c>); those that the run has no longer are left out. Inside of a container those of the
    /// first round that failed, otherwise of the first.
    /// </summary>
    /// <param name="path">Path of the node, without iterations: <c>each/draft</c>.</param>
    public static async Task<Result<Dictionary<string, JsonElement>>> OfAsync(
        FlowRuns runs, RunSummary past, FlowDefinition definition, string path, CancellationToken cancellationToken)
    {
        var state = await runs.StateAsync(past.Id, cancellationToken, keepsRounds: true);
        if (!state.IsSuccess)
        {
            return state.Error;
        }

        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var (scope, id) = Scopes.Split(path);
        var beside = Beside(state.Value, scope).ToDictionary(node => Scopes.Split(node.Path).Id, StringComparer.Ordinal);
        foreach (var edge in NodeTrial.Arriving(definition, path))
        {
            // What a container gives to its body is known by what arrived.
            var value = beside.GetValueOrDefault(FlowEdge.NodeOf(edge.From))?.Outputs.GetValueOrDefault(FlowEdge.PortOf(edge.From))
                ?? beside.GetValueOrDefault(id)?.Inputs.GetValueOrDefault(FlowEdge.PortOf(edge.To));
            if (value is not null
                && (await runs.LoadAsync(past.Workspace, past.Id, new Dictionary<string, FlowValue> { [edge.From] = value }, cancellationToken))[edge.From] is { IsAtHand: true } loaded)
            {
                values[edge.From] = loaded.Json;
            }
        }

        return values;
    }

    private static IReadOnlyList<NodeView> Beside(RunState state, string scope)
    {
        var nodes = state.Nodes();
        foreach (var container in scope.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            nodes = nodes.FirstOrDefault(node => Scopes.Split(node.Path).Id == container) is { } around
                ? state.Nodes($"{around.Path}[{(around.Rounds?.Failed is [var failed, ..] ? failed : 0)}]")
                : [];
        }

        return nodes;
    }
}
