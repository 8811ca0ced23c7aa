using System.Security.Cryptography;
using System.Text;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Search;

/// <inheritdoc cref="IQualityMeter"/>
internal sealed class QualityMeter(IKnowledgeSearch search, IKnowledgeStore knowledge, IJudgmentStore judgments, IQualityRuns runs) : IQualityMeter
{
    public async Task<Result<QualityReport>> MeasureAsync(WorkspaceId workspace, KnowledgeBaseId id, SearchSettings? settings, CancellationToken cancellationToken)
    {
        List<MeasuredQuestion> measured = [];
        foreach (var judged in (await judgments.ListAsync(workspace, id, cancellationToken)).Where(judged => judged.IsMeasurable))
        {
            var found = await search.SearchAsync(new KnowledgeQuery(workspace, [id], judged.Question, IQualityMeter.Depth) { Settings = settings }, cancellationToken);
            if (!found.IsSuccess)
            {
                return found.Error;
            }

            // A passage that is shown for others that say the same stands for the one of them that was judged.
            var asked = judged.Judgments.Select(judgment => judgment.Passage).ToHashSet();
            List<PassageId> ranking = [.. found.Value.Hits.Select(hit =>
                asked.Contains(hit.PassageId) ? hit.PassageId : hit.Twins.Select(twin => twin.PassageId).FirstOrDefault(asked.Contains, hit.PassageId))];
            var answers = judged.Judgments.Where(judgment => judgment.Relevance != Relevance.No).Select(judgment => judgment.Passage).ToHashSet();
            var first = ranking.FindIndex(answers.Contains);
            measured.Add(new MeasuredQuestion(judged, RankingQuality.Of(judged, ranking, IQualityMeter.Depth), first < 0 ? null : first + 1));
        }

        var mean = RankingQuality.Mean([.. measured.Select(one => one.Quality)], IQualityMeter.Depth);
        // What is only tried is not how the base was.
        if (settings is null && await knowledge.FindBaseAsync(workspace, id, cancellationToken) is { } parent)
        {
            await runs.AddAsync(workspace, id, mean, SettingsOf(parent), cancellationToken);
        }

        return new QualityReport(mean, [.. measured.OrderBy(one => one.Quality.Ndcg).ThenBy(one => one.Quality.ReciprocalRank)]);
    }

    // Records write all that is in them: equal settings, equal text.
    private static string SettingsOf(KnowledgeBase found) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{found.Settings} {found.EmbeddingModel} {found.VectorsMadeBy}")))[..16];
}
