using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Index;

namespace MistralStudio.Retrieval.Search;

/// <summary>A passage with what it is ranked by, and the scores of both legs; null where a leg did not find it.</summary>
internal sealed record Fused(PassageId Passage, double Score, double? Dense, double? Lexical, HitRanks Ranks);

/// <summary>Makes one ranking of two, the same for every store.</summary>
internal static class Fusion
{
    private const double RankOffset = 60;

    /// <summary>Ranks what the legs of a search found by its settings, best first.</summary>
    public static List<Fused> Rank(SearchSettings settings, IReadOnlyList<Scored> dense, IReadOnlyList<Scored> lexical) => settings.Mode switch
    {
        SearchMode.Dense => Single(dense, isDense: true),
        SearchMode.Lexical => Single(lexical, isDense: false),
        _ when settings.Fusion == FusionMethod.ReciprocalRank => ReciprocalRank(dense, lexical, settings.DenseWeight ?? .5),
        _ => MinMax(dense, lexical, settings.DenseWeight ?? .5),
    };

    /// <summary>
    /// Scales the scores of each leg to 0..1 and averages them; what a leg did not find scores 0 there. Best first.
    /// </summary>
    /// <param name="denseWeight">Weight of the dense leg, 0 to 1.</param>
    public static List<Fused> MinMax(IReadOnlyList<Scored> dense, IReadOnlyList<Scored> lexical, double denseWeight) =>
        Add(dense, Scale(dense), lexical, Scale(lexical), denseWeight);

    /// <summary>
    /// Adds up 1 / (60 + rank) over each leg, weighted, and scales so that the first of both is 1: reciprocal rank fusion (Cormack, Clarke and
    /// Büttcher, 2009), which needs no comparable scores. Best first.
    /// </summary>
    /// <param name="denseWeight">Weight of the dense leg, 0 to 1.</param>
    public static List<Fused> ReciprocalRank(IReadOnlyList<Scored> dense, IReadOnlyList<Scored> lexical, double denseWeight) =>
        Add(dense, Reciprocal(dense.Count), lexical, Reciprocal(lexical.Count), denseWeight);

    private static List<Fused> Add(
        IReadOnlyList<Scored> dense, IReadOnlyList<double> denseScaled, IReadOnlyList<Scored> lexical, IReadOnlyList<double> lexicalScaled, double denseWeight)
    {
        var places = new Dictionary<PassageId, (int Dense, int Lexical)>(dense.Count + lexical.Count);
        for (var i = 0; i < dense.Count; i++)
        {
            places[dense[i].Passage] = (i, -1);
        }

        for (var i = 0; i < lexical.Count; i++)
        {
            places[lexical[i].Passage] = (places.TryGetValue(lexical[i].Passage, out var other) ? other.Dense : -1, i);
        }

        var ranked = places.Select(item =>
        {
            var (d, l) = item.Value;
            double? byDense = d < 0 ? null : denseScaled[d], byLexical = l < 0 ? null : lexicalScaled[l];
            var score = (denseWeight * (byDense ?? 0)) + ((1 - denseWeight) * (byLexical ?? 0));
            return new Fused(
                item.Key, score, d < 0 ? null : dense[d].Score, l < 0 ? null : lexical[l].Score,
                new(d < 0 ? null : d + 1, l < 0 ? null : l + 1, null, byDense, byLexical, score, null));
        });

        // Ties as the legs have them.
        return Numbered(ranked.OrderByDescending(item => item.Score).ThenBy(item => item.Ranks.Dense ?? int.MaxValue).ThenBy(item => item.Ranks.Lexical));
    }

    private static List<Fused> Single(IReadOnlyList<Scored> leg, bool isDense) => Numbered(leg.Select((item, i) => new Fused(
        item.Passage, item.Score, isDense ? item.Score : null, isDense ? null : item.Score,
        new(isDense ? i + 1 : null, isDense ? null : i + 1, null, null, null, item.Score, null))));

    private static List<Fused> Numbered(IEnumerable<Fused> ranked) =>
        [.. ranked.Select((item, i) => item with { Ranks = item.Ranks with { Fused = i + 1 } })];

    private static double[] Reciprocal(int count) => [.. Enumerable.Range(0, count).Select(rank => (RankOffset + 1) / (RankOffset + rank + 1))];

    private static double[] Scale(IReadOnlyList<Scored> leg)
    {
        if (leg.Count == 0)
        {
            return [];
        }

        var (best, worst) = (leg[0].Score, leg[^1].Score);
        return [.. leg.Select(item => best > worst ? (item.Score - worst) / (best - worst) : 1)];
    }
}
