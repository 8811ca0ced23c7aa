namespace MistralStudio.Inference.Sampling;

/// <summary>
/// Locally typical sampling (Meister, Pimentel, Wiher, Cotterell 2022): people neither say the most predictable nor the most surprising; kept
/// are the tokens whose information, -log p, is closest to the distribution's entropy.
/// </summary>
internal static class TypicalSampling
{
    /// <summary>The smallest set of the most typical candidates with a probability together, in the order in which they came.</summary>
    /// <param name="candidates">Weights of a softmax, the likeliest first. The front part holds the result.</param>
    /// <param name="probability">Above 0, below 1.</param>
    /// <param name="sum">Of the weights: before all, after those that are kept.</param>
    public static Span<Candidate> Keep(Span<Candidate> candidates, float probability, scoped ref float sum)
    {
        var entropy = 0.0;
        foreach (var candidate in candidates)
        {
            entropy -= candidate.Weight > 0 ? candidate.Weight / sum * Math.Log(candidate.Weight / sum) : 0;
        }

        var order = new int[candidates.Length];
        var distances = new double[candidates.Length];
        for (var i = 0; i < candidates.Length; i++)
        {
            order[i] = i;
            distances[i] = Math.Abs(-Math.Log(candidates[i].Weight / sum) - entropy);
        }

        // Keys that are equal keep no order in a sort that is not stable; the place decides, so that a seed gives the same text.
        order.AsSpan().Sort((a, b) => distances[a] != distances[b] ? distances[a].CompareTo(distances[b]) : a.CompareTo(b));
        var kept = 0;
        var mass = 0f;
        while (kept < order.Length && (kept == 0 || mass < probability * sum))
        {
            mass += candidates[order[kept++]].Weight;
        }

        order.AsSpan(0, kept).Sort();
        for (var i = 0; i < kept; i++)
        {
            candidates[i] = candidates[order[i]];
        }

        sum = mass;
        return candidates[..kept];
    }
}
