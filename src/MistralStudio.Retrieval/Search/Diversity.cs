using System.Numerics.Tensors;
using MistralStudio.Core.Ids;

namespace MistralStudio.Retrieval.Search;

/// <summary>Puts passages that say the same further apart: maximal marginal relevance (Carbonell and Goldstein, 1998).</summary>
internal static class Diversity
{
    /// <summary>
    /// Chooses passages one by one: each time the one whose score, scaled to 0..1, less its likeness to the nearest that was chosen, is highest.
    /// Scores stay as they were.
    /// </summary>
    /// <param name="ranked">Best first.</param>
    /// <param name="vectors">Vectors of passages; one without is like no other.</param>
    /// <param name="diversity">Weight of likeness against the score, 0 to 1.</param>
    public static List<Fused> Choose(
        IReadOnlyList<Fused> ranked, IReadOnlyDictionary<PassageId, ReadOnlyMemory<float>> vectors, double diversity, int count)
    {
        var left = ranked.ToList();
        var likeness = new Dictionary<PassageId, double>();
        var (best, worst) = ranked.Count == 0 ? (0, 0) : (ranked.Max(item => item.Score), ranked.Min(item => item.Score));
        var chosen = new List<Fused>(count);
        while (chosen.Count < count && left.Count > 0)
        {
            var next = left.MaxBy(Value)!;
            chosen.Add(next);
            left.Remove(next);
            foreach (var item in left)
            {
                likeness[item.Passage] = Math.Max(likeness.GetValueOrDefault(item.Passage), Likeness(next, item));
            }
        }

        return chosen;

        double Value(Fused item) =>
            ((1 - diversity) * (best > worst ? (item.Score - worst) / (best - worst) : 1)) - (diversity * likeness.GetValueOrDefault(item.Passage));

        double Likeness(Fused a, Fused b) =>
            vectors.TryGetValue(a.Passage, out var one) && vectors.TryGetValue(b.Passage, out var other) && one.Length == other.Length && one.Length > 0
                ? Math.Max(0, TensorPrimitives.CosineSimilarity(one.Span, other.Span))
                : 0;
    }
}
