namespace MistralStudio.Retrieval.Search;

/// <summary>A row that a leg found.</summary>
internal readonly record struct Scored(long Row, double Score);

/// <summary>A row with the scores of both legs; null where a leg did not find it.</summary>
internal sealed record Fused(long Row, double Score, double? Dense, double? Lexical);

/// <summary>Makes one ranking of two.</summary>
internal static class Fusion
{
    /// <summary>Results of each leg that count.</summary>
    public const int Depth = 100;

    private const double RankOffset = 60;

    /// <summary>Fuses by the chosen method.</summary>
    public static IReadOnlyList<Fused> Fuse(
        FusionMethod method, IReadOnlyList<Scored> dense, IReadOnlyList<Scored> lexical, double denseWeight) =>
        method == FusionMethod.ReciprocalRank ? ReciprocalRank(dense, lexical, denseWeight) : MinMax(dense, lexical, denseWeight);

    /// <summary>
    /// Scales the first <see cref="Depth"/> scores of each leg to 0..1 and averages them; what a leg did not find scores 0 there. Best first.
    /// </summary>
    /// <param name="denseWeight">Weight of the dense leg, 0 to 1.</param>
    public static IReadOnlyList<Fused> MinMax(IReadOnlyList<Scored> dense, IReadOnlyList<Scored> lexical, double denseWeight) =>
        Add(Scale(dense), Scale(lexical), denseWeight);

    /// <summary>
    /// Adds up 1 / (60 + rank) over the first <see cref="Depth"/> of each leg, weighted, and scales so that the first of both is 1: reciprocal
    /// rank fusion (Cormack, Clarke and Büttcher, 2009), which needs no comparable scores. Best first.
    /// </summary>
    /// <param name="denseWeight">Weight of the dense leg, 0 to 1.</param>
    public static IReadOnlyList<Fused> ReciprocalRank(IReadOnlyList<Scored> dense, IReadOnlyList<Scored> lexical, double denseWeight) =>
        Add(dense.Select((item, rank) => (item, Reciprocal(rank))), lexical.Select((item, rank) => (item, Reciprocal(rank))), denseWeight);

    private static IReadOnlyList<Fused> Add(
        IEnumerable<(Scored Item, double Scaled)> dense, IEnumerable<(Scored Item, double Scaled)> lexical, double denseWeight)
    {
        var rows = new Dictionary<long, Fused>();
        foreach (var (item, scaled) in dense.Take(Depth))
        {
            rows[item.Row] = new(item.Row, denseWeight * scaled, item.Score, null);
        }

        foreach (var (item, scaled) in lexical.Take(Depth))
        {
            var other = rows.GetValueOrDefault(item.Row);
            rows[item.Row] = new(item.Row, (other?.Score ?? 0) + ((1 - denseWeight) * scaled), other?.Dense, item.Score);
        }

        return [.. rows.Values.OrderByDescending(row => row.Score).ThenBy(row => row.Row)];
    }

    private static double Reciprocal(int rank) => (RankOffset + 1) / (RankOffset + rank + 1);

    private static IEnumerable<(Scored Item, double Scaled)> Scale(IReadOnlyList<Scored> leg)
    {
        var count = Math.Min(leg.Count, Depth);
        if (count == 0)
        {
            yield break;
        }

        var (best, worst) = (leg[0].Score, leg[count - 1].Score);
        for (var i = 0; i < count; i++)
        {
            yield return (leg[i], best > worst ? (leg[i].Score - worst) / (best - worst) : 1);
        }
    }
}
