using System.Globalization;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>Puts what happened in a run on the cards and wires of the flow that it is a run of.</summary>
public static class RunCards
{
    private const int MostSaid = 180;
    private const double Stream = 88;

    /// <summary>Cards with the state of each node. What is inside a container shows how the container stands: it ran many times.</summary>
    /// <param name="saidBy">What a node streamed so far.</param>
    /// <param name="tokens">Words for tokens in and out.</param>
    public static IReadOnlyList<CardModel> Of(IReadOnlyList<CardModel> cards, IReadOnlyList<NodeView> nodes, Func<string, string> saidBy, Func<long, long, string> tokens)
    {
        ArgumentNullException.ThrowIfNull(cards);
        ArgumentNullException.ThrowIfNull(saidBy);
        ArgumentNullException.ThrowIfNull(tokens);
        var views = nodes.ToDictionary(node => node.Path, StringComparer.Ordinal);
        return
        [
            .. cards.Select(card =>
            {
                if (card.IsNote)
                {
                    return card;
                }

                if (!views.TryGetValue(card.Path, out var view))
                {
                    var top = card.Path.Split('/')[0];
                    return views.TryGetValue(top, out var around) && around.Status != NodeStatus.Running ? card with { Run = new CardRun(around.Status, null, null, "", "", []) } : card;
                }

                var said = view.Status.IsEnded() ? "" : saidBy(card.Path);
                var run = new CardRun(
                    view.Status, view is { StartedAt: { } from, EndedAt: { } to } ? to - from : null, view.EndedAt is null ? view.StartedAt : null, FactsOf(view, tokens),
                    said.Length <= MostSaid ? said : said[^MostSaid..], view.Status.IsEnded() ? [.. view.Outputs.Keys] : []);
                return card with { Run = run, Shape = said.Length > 0 ? card.Shape with { Height = card.Shape.Height + Stream } : card.Shape };
            }),
        ];
    }

    /// <summary>What an edge came to: <c>todo</c>, <c>off</c> where it was not taken, <c>on</c> while its target runs; null where a value passed.</summary>
    public static Func<string, FlowEdge, string?> EdgesOf(IReadOnlyList<NodeView> nodes)
    {
        var views = nodes.ToDictionary(node => node.Path, StringComparer.Ordinal);
        return (scope, edge) =>
        {
            if (scope.Length > 0)
            {
                return views.TryGetValue(scope.Split('/')[0], out var around) ? around.Status switch
                {
                    NodeStatus.Succeeded or NodeStatus.Reused => null,
                    NodeStatus.Running => "on",
                    NodeStatus.Skipped or NodeStatus.Cancelled => "off",
                    _ => "todo",
                } : null;
            }

            var (from, to) = (edge.From.Split('.', 2), edge.To.Split('.', 2));
            if (!views.TryGetValue(from[0], out var source) || from.Length < 2)
            {
                return "todo";
            }

            return source.Status switch
            {
                NodeStatus.Succeeded or NodeStatus.Reused or NodeStatus.Failed when source.Outputs.ContainsKey(from[1]) =>
                    views.GetValueOrDefault(to[0])?.Status is NodeStatus.Running or NodeStatus.Retrying ? "on" : null,
                _ when source.Status.IsEnded() => "off",
                _ => "todo",
            };
        };
    }

    private static string FactsOf(NodeView view, Func<long, long, string> tokens)
    {
        var facts = new List<string>();
        if (view is { StartedAt: { } from, EndedAt: { } to })
        {
            facts.Add(Components.Duration.Short((to - from).TotalMilliseconds));
        }

        if (view.Usage is { } usage && usage.InputTokens + usage.OutputTokens > 0)
        {
            facts.Add(tokens(usage.InputTokens, usage.OutputTokens));
        }

        if (view.Iterations is { } rounds)
        {
            facts.Add(rounds.Of is { } of ? string.Create(CultureInfo.CurrentCulture, $"{rounds.Done:N0} / {of:N0}") : rounds.Done.ToString("N0", CultureInfo.CurrentCulture));
        }

        if (view.Error is { } error)
        {
            facts.Add(error.Message);
        }

        return string.Join(" · ", facts);
    }
}
