using MistralStudio.Core.Ids;

namespace MistralStudio.Retrieval.Index;

/// <summary>Makes the results of several stores, or of several questions to one, those of one.</summary>
internal static class LegMerge
{
    /// <summary>Scores decide; times add up.</summary>
    public static LegResults Of(IReadOnlyList<LegResults> results, int depth)
    {
        if (results is [var only])
        {
            return only;
        }

        var explained = new Dictionary<PassageId, LegScores>();
        foreach (var (passage, scores) in results.SelectMany(result => result.Explained))
        {
            explained[passage] = explained.TryGetValue(passage, out var other)
                ? new(scores.IsAllowed, scores.Dense ?? other.Dense, scores.Lexical ?? other.Lexical)
                : scores;
        }

        return new(
            Best(results.SelectMany(result => result.Dense)),
            Best(results.SelectMany(result => result.Lexical)),
            results.Sum(result => result.DenseMs),
            results.Sum(result => result.LexicalMs),
            results.Any(result => result.Allowed is not null) ? results.Sum(result => result.Allowed ?? 0) : null,
            results.SelectMany(result => result.Languages).ToHashSet(),
            explained)
        {
            OtherVectors = [.. results.SelectMany(result => result.OtherVectors).Distinct()],
        };

        List<Scored> Best(IEnumerable<Scored> leg) => [.. leg.OrderByDescending(item => item.Score).Take(depth)];
    }
}
