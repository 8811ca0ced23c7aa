using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>How good rankings are, over judged questions.</summary>
/// <param name="Questions">Questions measured.</param>
/// <param name="Recall">Share of the passages that answer a question among its first <paramref name="Depth"/>, on average; 0 to 1.</param>
/// <param name="Ndcg">Normalised discounted cumulative gain of the first <paramref name="Depth"/>, on average; 0 to 1 (Järvelin, Kekäläinen 2002, with the gain 2^grade - 1).</param>
/// <param name="ReciprocalRank">1 over the rank of the first passage that answers, 0 where none of the first <paramref name="Depth"/> does, on average.</param>
/// <param name="Depth">How many passages of a ranking count.</param>
public sealed record RankingQuality(int Questions, double Recall, double Ndcg, double ReciprocalRank, int Depth)
{
    /// <summary>Measures one ranking, best first. Passages that nobody judged count as not answering.</summary>
    public static RankingQuality Of(JudgedQuestion question, IReadOnlyList<PassageId> ranking, int depth)
    {
        var grades = question.Judgments.ToDictionary(judgment => judgment.Passage, judgment => judgment.Relevance);
        var wanted = grades.Count(grade => grade.Value != Relevance.No);
        if (wanted == 0)
        {
            return new RankingQuality(0, 0, 0, 0, depth);
        }

        var (gain, found, first) = (0.0, 0, 0);
        for (var i = 0; i < Math.Min(depth, ranking.Count); i++)
        {
            var grade = grades.GetValueOrDefault(ranking[i], Relevance.No);
            gain += Gain(grade, i);
            found += grade == Relevance.No ? 0 : 1;
            first = first == 0 && grade != Relevance.No ? i + 1 : first;
        }

        var ideal = grades.Values.OrderDescending().Take(depth).Index().Sum(best => Gain(best.Item, best.Index));
        return new RankingQuality(1, (double)found / Math.Min(wanted, depth), gain / ideal, first == 0 ? 0 : 1.0 / first, depth);
    }

    /// <summary>The average over questions; nothing measured is 0.</summary>
    public static RankingQuality Mean(IReadOnlyCollection<RankingQuality> questions, int depth)
    {
        var measured = questions.Where(question => question.Questions > 0).ToList();
        return measured.Count == 0
            ? new RankingQuality(0, 0, 0, 0, depth)
            : new RankingQuality(
                measured.Count, measured.Average(one => one.Recall), measured.Average(one => one.Ndcg), measured.Average(one => one.ReciprocalRank), depth);
    }

    private static double Gain(Relevance grade, int place) => (Math.Pow(2, (int)grade) - 1) / Math.Log2(place + 2);
}
