using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Core.Conversations;

/// <summary>What a person thought of an answer.</summary>
public enum FeedbackKind
{
    /// <summary>It helped.</summary>
    Good,

    /// <summary>It did not.</summary>
    Bad,
}

/// <summary>A person's word on an answer; shared with the people who keep the documents that it was about.</summary>
/// <param name="Note">What was wrong or right with it; null where nothing was said.</param>
public sealed record AnswerFeedback(FeedbackKind Kind, string? Note = null)
{
    /// <summary>Most characters of <see cref="Note"/>.</summary>
    public const int NoteLength = 1_000;
}

/// <summary>A passage that a model was given for an answer, as it was then.</summary>
/// <param name="Score">What it was ranked by, higher is better.</param>
/// <param name="ReadStart">First UTF-16 unit of the piece of the document that it read in the passage's place; null where it read the passage.</param>
/// <param name="ReadEnd">One past its last.</param>
public sealed record GivenPassage(
    PassageId PassageId,
    DocumentId DocumentId,
    KnowledgeBaseId Base,
    string Document,
    string? Section,
    int? Page,
    double Score,
    int? ReadStart = null,
    int? ReadEnd = null)
{
    /// <summary>What a turn gave for a hit.</summary>
    public static GivenPassage Of(SearchHit hit) =>
        new(hit.PassageId, hit.DocumentId, hit.Base, hit.Document, hit.Section, hit.Page, hit.Score, hit.Parent?.Start, hit.Parent?.End);
}

/// <summary>An answer with what a person thought of it.</summary>
/// <param name="Message">The answer's.</param>
/// <param name="Given">Its passages of the knowledge base that was asked for, best first.</param>
/// <param name="Cited">Those of them that its sentences rest on.</param>
public sealed record RatedAnswer(
    MessageId Message,
    string Question,
    string Answer,
    AnswerFeedback Feedback,
    IReadOnlyList<GivenPassage> Given,
    IReadOnlyList<PassageId> Cited,
    DateTimeOffset At);
