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
/// <param name="Values">By where they came from (<c>search.passages</c>); those that the run has no longer are left out.</param>
/// <param name="Rounds">The rounds of the containers around the node that they are of, outer ones first; none where the run did not come to one.</param>
public sealed record NodeCapture(IReadOnlyDictionary<string, JsonElement> Values, IReadOnlyList<CapturedRound> Rounds)
{
    /// <summary>Looks what arrived. Inside of containers in the rounds that are asked for, otherwise in the first that failed, otherwise in the first.</summary>
    /// <param name="path">Path of the node, without iterations: <c>each/draft</c>.</param>
    /// <param name="rounds">Numbers of rounds, from 0, of the containers around it, outer ones first; fewer than there are: the rest as it comes.</param>
    public static async Task<Result<NodeCapture>> OfAsync(
        FlowRuns runs, RunSummary past, FlowDefinition definition, string path, IReadOnlyList<int> rounds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentNullException.ThrowIfNull(past);
        ArgumentNullException.ThrowIfNull(rounds);
        var state = await runs.StateAsync(past.Id, cancellationToken, keepsRounds: true);
        if (!state.IsSuccess)
        {
            return state.Error;
        }

        var (scope, id) = Scopes.Split(path);
        var around = Around(state.Value, scope, rounds);
        if (around.Count < rounds.Count || around.Zip(rounds).Any(one => one.First.Round != one.Second))
        {
            return CaptureErrors.NoSuchRound(path);
        }

        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var isThere = around.Count == scope.Split('/', StringSplitOptions.RemoveEmptyEntries).Length;
        var beside = (isThere ? state.Value.Nodes(around is [.., var last] ? $"{last.Container}[{last.Round}]" : "") : []).ToDictionary(node => Scopes.Split(node.Path).Id, StringComparer.Ordinal);
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

        return new NodeCapture(values, around);
    }

    private static List<CapturedRound> Around(RunState state, string scope, IReadOnlyList<int> rounds)
    {
        var around = new List<CapturedRound>();
        var nodes = state.Nodes();
        foreach (var container in scope.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (nodes.FirstOrDefault(node => Scopes.Split(node.Path).Id == container) is not { Rounds: { Begun: > 0 } begun } node)
            {
                break;
            }

            int? failed = begun.Failed is [var first, ..] ? first : null;
            var round = around.Count < rounds.Count ? Math.Min(rounds[around.Count], begun.Begun - 1) : failed ?? 0;
            around.Add(new CapturedRound(node.Path, node.Title ?? container, round, begun.Begun, failed));
            nodes = state.Nodes($"{node.Path}[{round}]");
        }

        return around;
    }
}

/// <summary>A round of a container that values were captured in.</summary>
/// <param name="Container">Path of the container's instance.</param>
/// <param name="Round">Its number, from 0.</param>
/// <param name="Begun">Rounds that began.</param>
/// <param name="Failed">Number of the first that failed; null where none did.</param>
public sealed record CapturedRound(string Container, string Title, int Round, int Begun, int? Failed);

/// <summary>Expected failures of captured values.</summary>
internal static class CaptureErrors
{
    public static Error NoSuchRound(string node) => new(
        "trial.no_such_round", $"The run has no such round of the containers around \"{node}\".", "Read the run's nodes; \"path\" of an instance names its rounds.");
}
