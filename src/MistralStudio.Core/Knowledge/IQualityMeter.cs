using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>What a search with certain settings makes of the judged questions of a base.</summary>
/// <param name="Mean">Over all of them.</param>
/// <param name="Questions">Each one, worst first.</param>
public sealed record QualityReport(RankingQuality Mean, IReadOnlyList<MeasuredQuestion> Questions);

/// <summary>A judged question and where its first answering passage ranks; null where it is not among those that count.</summary>
public sealed record MeasuredQuestion(JudgedQuestion Judged, RankingQuality Quality, int? FirstRank);

/// <summary>Measures a base by its judged questions.</summary>
public interface IQualityMeter
{
    /// <summary>Passages of a ranking that count.</summary>
    const int Depth = 10;

    /// <summary>Asks every judged question that has an answer; <paramref name="settings"/> null measures the base as it is set up.</summary>
    Task<Result<QualityReport>> MeasureAsync(WorkspaceId workspace, KnowledgeBaseId id, SearchSettings? settings, CancellationToken cancellationToken);
}
