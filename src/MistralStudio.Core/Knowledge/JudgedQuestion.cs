using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>How well a passage answers a question.</summary>
public enum Relevance
{
    /// <summary>It does not.</summary>
    No,

    /// <summary>A part of the answer, or a hint of it.</summary>
    Partly,

    /// <summary>It answers it.</summary>
    Yes,
}

/// <summary>A person's judgment of one passage for one question.</summary>
public sealed record Judgment(PassageId Passage, Relevance Relevance);

/// <summary>A question with the passages that answer it: what a search is measured by.</summary>
public sealed record JudgedQuestion(string Question, IReadOnlyList<Judgment> Judgments, DateTimeOffset UpdatedAt)
{
    /// <summary>Most characters of a question.</summary>
    public const int QuestionLength = 1_000;

    /// <summary>True where at least one passage answers it, so that a ranking can be measured by it.</summary>
    public bool IsMeasurable => Judgments.Any(judgment => judgment.Relevance != Relevance.No);
}

/// <summary>Judged questions of knowledge bases; passages keep their ids while their text stays, so a re-sync keeps its judgments.</summary>
public interface IJudgmentStore
{
    /// <summary>Keeps a judgment, in place of an earlier one of the same passage; null takes it back. False where the base or the passage does not exist here.</summary>
    Task<bool> JudgeAsync(
        WorkspaceId workspace, KnowledgeBaseId id, string question, PassageId passage, Relevance? relevance, UserId? by, CancellationToken cancellationToken);

    /// <summary>Judged questions, the latest changed first; at most 2,000.</summary>
    Task<IReadOnlyList<JudgedQuestion>> ListAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken);

    /// <summary>Removes a question with its judgments; false where there is none.</summary>
    Task<bool> RemoveAsync(WorkspaceId workspace, KnowledgeBaseId id, string question, CancellationToken cancellationToken);
}
