using System.Globalization;
using Microsoft.Extensions.Localization;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>Puts what happened in a run on the cards and wires of the flow that it is a run of.</summary>
public static class RunCards
{
    private const int MostSaid = 180;
    private const double Stream = 88;

    /// <summary>Cards with the state of each node, at the moment of the run that is shown.</summary>
    public static IReadOnlyList<CardModel> Of(IReadOnlyList<CardModel> cards, RunViewState run, IStringLocalizer<FlowPageWords> words)
    {
        ArgumentNullException.ThrowIfNull(cards);
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(words);
        DateTimeOffset? then = run.IsBack ? run.Events.FirstOrDefault()?.At : null;
        var views = run.Cards.ToDictionary(node => node.Path, StringComparer.Ordinal);
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
                    // Inside of what had no round, or of a round that did not begin.
                    return card with { Run = new CardRun(NodeStatus.Pending, null, null, "", "", []) };
                }

                var said = view.Status.IsEnded() ? "" : run.StreamedOf(card.Path);
                var ran = new CardRun(
                    view.Status, (view.EndedAt ?? then) - view.StartedAt, view.EndedAt is null && then is null ? view.StartedAt : null, FactsOf(view, words),
                    said.Length <= MostSaid ? said : said[^MostSaid..], view.Status.IsEnded() ? [.. view.Outputs.Keys] : [])
                {
                    IsPinned = view.IsPinned,
                    Rounds = view.Rounds is { Begun: > 0 } rounds ? new CardRounds(run.ContainerOf(card.Path) is { } container ? run.ShownRound(container) : 0, rounds.Begun, rounds.Failed.Count, DoneOf(rounds)) : null,
                };
                return card with { Run = ran, Shape = said.Length > 0 ? card.Shape with { Height = card.Shape.Height + Stream } : card.Shape };
            }),
        ];
    }

    /// <summary>What an edge came to: <c>todo</c>, <c>off</c> where it was not taken, <c>on</c> while its target runs; null where a value passed.</summary>
    public static Func<string, FlowEdge, string?> EdgesOf(IReadOnlyList<NodeView> nodes)
    {
        var views = nodes.ToDictionary(node => node.Path, StringComparer.Ordinal);
        return (scope, edge) =>
        {
            var (from, to) = (edge.From.Split('.', 2), edge.To.Split('.', 2));
            var target = views.GetValueOrDefault(Scopes.Join(scope, to[0]));
            var isRead = target?.Status is NodeStatus.Running or NodeStatus.Retrying;
            if (from.Length > 1 && views.TryGetValue(Scopes.Join(scope, from[0]), out var source))
            {
                return source.Status switch
                {
                    NodeStatus.Succeeded or NodeStatus.Reused or NodeStatus.Failed when source.Outputs.ContainsKey(from[1]) => isRead ? "on" : null,
                    _ when source.Status.IsEnded() => "off",
                    _ => "todo",
                };
            }

            // What a container gives to its body.
            return target is null || to.Length < 2 ? "todo" : target.Inputs.ContainsKey(to[1]) ? isRead ? "on" : null : target.Status.IsEnded() ? "off" : "todo";
        };
    }

    private static string FactsOf(NodeView view, IStringLocalizer<FlowPageWords> words)
    {
        var facts = new List<string>();
        if (view is { StartedAt: { } from, EndedAt: { } to })
        {
            facts.Add(Components.Duration.Short((to - from).TotalMilliseconds));
        }

        if (view.Usage is { } usage && usage.InputTokens + usage.OutputTokens > 0)
        {
            facts.Add(words["Card.Tokens", usage.InputTokens, usage.OutputTokens]);
        }

        if (view.Rounds is { } rounds)
        {
            facts.Add(DoneOf(rounds));
        }

        if (view.Error is { } error)
        {
            facts.Add(error.Message);
        }

        return string.Join(" · ", facts);
    }

    private static string DoneOf(NodeRounds rounds) =>
        rounds.Of is { } of ? string.Create(CultureInfo.CurrentCulture, $"{rounds.Done:N0} / {of:N0}") : rounds.Done.ToString("N0", CultureInfo.CurrentCulture);
}
