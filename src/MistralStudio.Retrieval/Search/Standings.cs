using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Index;

namespace MistralStudio.Retrieval.Search;

/// <summary>The steps of a search as lists of what was left after each, to tell where a passage went.</summary>
/// <param name="Dense">What the dense leg found, before its threshold.</param>
/// <param name="Lexical">What the lexical leg found, before its threshold.</param>
/// <param name="Fused">After thresholds of legs and fusion.</param>
/// <param name="Reranked">After reranking and the threshold of scores.</param>
/// <param name="Chosen">At the end.</param>
internal sealed record SearchTrace(
    IReadOnlyList<Scored> Dense, IReadOnlyList<Scored> Lexical, IReadOnlyList<Fused> Fused, IReadOnlyList<Fused> Reranked, IReadOnlyList<Fused> Chosen)
{
    /// <summary>What was left out for one above it that says the same, with that one.</summary>
    public IReadOnlyDictionary<PassageId, PassageId> Repeats { get; init; } = new Dictionary<PassageId, PassageId>();

    /// <summary>What people took out of searches.</summary>
    public IReadOnlySet<PassageId> Disabled { get; init; } = new HashSet<PassageId>();
}

/// <summary>Says where a passage stands in a search, and why it is not among the hits.</summary>
internal static class Standings
{
    /// <param name="scores">The passage's own scores; null where no searched base holds it.</param>
    public static PassageStanding Of(PassageId passage, LegScores? scores, SearchSettings settings, SearchTrace trace)
    {
        var ranked = Find(trace.Reranked) ?? Find(trace.Fused);
        return new(passage, Reason(), ranked?.Dense ?? scores?.Dense, ranked?.Lexical ?? scores?.Lexical, ranked?.Ranks ?? HitRanks.None);

        Fused? Find(IReadOnlyList<Fused> list) => list.FirstOrDefault(item => item.Passage == passage);

        AbsenceReason Reason()
        {
            if (scores is null)
            {
                return trace.Disabled.Contains(passage) ? AbsenceReason.Disabled : AbsenceReason.NotSearched;
            }

            if (!scores.IsAllowed)
            {
                return AbsenceReason.Filtered;
            }

            if (Find(trace.Chosen) is not null)
            {
                return AbsenceReason.Found;
            }

            if (trace.Repeats.TryGetValue(passage, out var twin))
            {
                return trace.Chosen.Any(item => item.Passage == twin) ? AbsenceReason.Repeated : AbsenceReason.Outranked;
            }

            if (Find(trace.Fused) is not { } fused)
            {
                return Has(trace.Dense) || Has(trace.Lexical) ? AbsenceReason.BelowLegThreshold : AbsenceReason.TooDeep;
            }

            if (Find(trace.Reranked) is not { } left)
            {
                // What the reranker did not read was outranked before it; the rest went by its score.
                return fused.Ranks.Fused > settings.RerankDepth && settings.Rerank != RerankMethod.None ? AbsenceReason.Outranked : AbsenceReason.BelowScore;
            }

            if (settings.Rerank != RerankMethod.None && left.Ranks.Reranked is not null && fused.Ranks.Fused <= settings.Limit)
            {
                return AbsenceReason.Reranked;
            }

            var place = trace.Reranked.Count(item => item.Score > left.Score);
            return settings.Diversity > 0 && place < settings.Limit ? AbsenceReason.TooAlike : AbsenceReason.Outranked;
        }

        bool Has(IReadOnlyList<Scored> leg) => leg.Any(item => item.Passage == passage);
    }
}
