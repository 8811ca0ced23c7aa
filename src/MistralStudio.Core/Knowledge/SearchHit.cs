using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>A passage that was found.</summary>
/// <param name="Score">What it is ranked by, higher is better; 0 to 1 for hybrid.</param>
/// <param name="Dense">Cosine, -1 to 1; null where this leg did not find it.</param>
/// <param name="Lexical">BM25, above 0; null where this leg did not find it.</param>
public sealed record SearchHit(
    PassageId PassageId,
    DocumentId DocumentId,
    KnowledgeBaseId Base,
    string Document,
    string? Section,
    int? Page,
    int Start,
    int End,
    string Text,
    double Score,
    double? Dense,
    double? Lexical)
{
    /// <summary>Who wrote <see cref="Text"/>, where that is not the document's; null where it is.</summary>
    public PassageEdit? Edit { get; init; }

    /// <summary>Passages that say the same and were found too; one of them is shown for all.</summary>
    public IReadOnlyList<PassageTwin> Twins { get; init; } = [];

    /// <summary>How it came to its place.</summary>
    public HitRanks Ranks { get; init; } = HitRanks.None;

    /// <summary>Where <see cref="Text"/> says words of the question, in order, in any of their forms.</summary>
    public IReadOnlyList<TextSpan> Matches { get; init; } = [];

    /// <summary>The passages of the document before and after it, where they were asked for, in order, without itself.</summary>
    public IReadOnlyList<NeighbourPassage> Neighbours { get; init; } = [];

    /// <summary>The header row of the table that it is a later piece of: a reader needs it, <see cref="Text"/> does not say it. Null elsewhere.</summary>
    public string? Header { get; init; }

    /// <summary>
    /// What a model reads in the place of <see cref="Text"/>; hits with equal ones of one document are read together. Null where the passage is
    /// read by itself, and where no parents were asked for.
    /// </summary>
    public ParentPassage? Parent { get; init; }

    /// <summary>What a model reads.</summary>
    public string ReadText => Parent?.Text ?? Text;

    /// <summary>Equal for hits that are one text to their reader.</summary>
    public (DocumentId Document, PassageId? Passage, int Start, int End) Reading => Parent is { } parent
        ? (DocumentId, null, parent.Start, parent.End)
        : (DocumentId, PassageId, Start, End);
}

/// <summary>A piece of a text, in UTF-16 units.</summary>
public readonly record struct TextSpan(int Start, int Length);

/// <summary>The ranks of a passage in each step of a search, from 1; null where a step did not have it.</summary>
/// <param name="Dense">By meaning.</param>
/// <param name="Lexical">By words.</param>
/// <param name="Fused">After both were made one, before reranking and diversity.</param>
/// <param name="DenseScaled">What the dense leg gave to the fused score, 0 to 1, before its weight.</param>
/// <param name="LexicalScaled">What the lexical leg gave to it.</param>
/// <param name="FusedScore">The fused score.</param>
/// <param name="Reranked">The score of the reranker, 0 to 1; null where it did not read the passage.</param>
public sealed record HitRanks(
    int? Dense, int? Lexical, int? Fused, double? DenseScaled, double? LexicalScaled, double? FusedScore, double? Reranked)
{
    /// <summary>Nothing is known.</summary>
    public static HitRanks None { get; } = new(null, null, null, null, null, null, null);
}

/// <summary>A passage beside a hit.</summary>
public sealed record NeighbourPassage(PassageId Id, int Ordinal, int? Page, int Start, int End, string Text);

/// <summary>Why a passage is not among the hits. On the wire: in camel case.</summary>
public enum AbsenceReason
{
    /// <summary>It is among them.</summary>
    Found,

    /// <summary>No searched base holds it, or it is not searchable yet.</summary>
    NotSearched,

    /// <summary>A person took it out of searches.</summary>
    Disabled,

    /// <summary>The filter leaves it out.</summary>
    Filtered,

    /// <summary>Neither leg found it among its best: <see cref="SearchSettings.Depth"/>.</summary>
    TooDeep,

    /// <summary>A leg's threshold leaves it out.</summary>
    BelowLegThreshold,

    /// <summary>Its score is below <see cref="SearchSettings.MinScore"/>.</summary>
    BelowScore,

    /// <summary>Others have higher scores, and there are as many as asked for.</summary>
    Outranked,

    /// <summary>One that says the same is among them.</summary>
    Repeated,

    /// <summary>It would be among them without <see cref="SearchSettings.Diversity"/>.</summary>
    TooAlike,

    /// <summary>It would be among them without the reranker.</summary>
    Reranked,
}

/// <summary>Where a passage that was asked about stands.</summary>
/// <param name="Dense">Its cosine, wherever it ranks; null where it has none.</param>
/// <param name="Lexical">Its BM25 score; null where it has no word of the question.</param>
public sealed record PassageStanding(PassageId PassageId, AbsenceReason Reason, double? Dense, double? Lexical, HitRanks Ranks);
