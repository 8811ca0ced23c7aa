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

    /// <summary>
    /// Scales the first <see cref="Depth"/> scores of each leg to 0..1 and averages them; what a leg did not find scores 0 there. Best first.
    /// </summary>
    /// <param name="denseWeight">Weight of the dense leg, 0 to 1.</param>
    public static IReadOnlyList<Fused> MinMax(IReadOnlyList<Scored> dense, IReadOnlyList<Scored> lexical, double denseWeight)
    {
        var rows = new Dictionary<long, Fused>();
        foreach (var (item, scaled) in Scale(dense))
        {
            rows[item.Row] = new(item.Row, denseWeight * scaled, item.Score, null);
        }

        foreach (var (item, scaled) in Scale(lexical))
        {
            var other = rows.GetValueOrDefault(item.Row);
            rows[item.Row] = new(item.Row, (other?.Score ?? 0) + ((1 - denseWeight) * scaled), other?.Dense, item.Score);
        }

        return [.. rows.Values.OrderByDescending(row => row.Score).ThenBy(row => row.Row)];
    }

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
