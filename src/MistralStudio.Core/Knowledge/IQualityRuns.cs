using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>What the judged questions of a base made of it at a time.</summary>
/// <param name="At">When it was measured.</param>
/// <param name="Settings">How it was searched and cut, told apart from other settings by its hash.</param>
public sealed record QualityRun(DateTimeOffset At, RankingQuality Mean, string Settings);

/// <summary>The measured quality of bases over time.</summary>
public interface IQualityRuns
{
    /// <summary>Most runs of one base; the oldest go first.</summary>
    const int Most = 500;

    /// <summary>
    /// Keeps a run, but not one that finds on the same day what the last found. Nothing is kept where there is no such base, or nothing was
    /// measured.
    /// </summary>
    Task AddAsync(WorkspaceId workspace, KnowledgeBaseId id, RankingQuality mean, string settings, CancellationToken cancellationToken);

    /// <summary>The runs of a base, oldest first.</summary>
    Task<IReadOnlyList<QualityRun>> ListAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken);
}
