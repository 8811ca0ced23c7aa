using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>What people made of a passage. It lies over what was cut from the document, which stays beneath it.</summary>
/// <param name="Text">What is matched and read instead of the document's own text; null where that is.</param>
/// <param name="TextHash">SHA-256 of <paramref name="Text"/> and the passage's section, lower-case hex; null without a text.</param>
/// <param name="IsDisabled">Whether no search finds it.</param>
/// <param name="Keywords">Words that a search by words finds it by, beside its own.</param>
/// <param name="Version">Counts its changes, from 1: what the next change is made on.</param>
/// <param name="By">Who changed it last; null for a program.</param>
/// <param name="ByName">That person's name; null where nobody of that name is here any more.</param>
/// <param name="At">When.</param>
public sealed record PassageRevision(
    string? Text, string? TextHash, bool IsDisabled, IReadOnlyList<string> Keywords, int Version, UserId? By, string? ByName, DateTimeOffset At);

/// <summary>What a person wants a passage to be; all of it, so that what is left out is taken back.</summary>
/// <param name="Text">What is matched and read instead of the document's own text; null for that.</param>
public sealed record PassageChange(string? Text, bool IsDisabled, IReadOnlyList<string> Keywords);

/// <summary>That a text is not the document's own: who wrote it, and when.</summary>
/// <param name="By">A name; null where it was a program, or nobody of that name is here any more.</param>
public sealed record PassageEdit(string? By, DateTimeOffset At);

/// <summary>A passage of the base that says the same as another one.</summary>
public sealed record PassageTwin(PassageId PassageId, DocumentId DocumentId, string Document);

/// <summary>Which passages of a document a list shows. On the wire: the lower-case name.</summary>
public enum PassageMark
{
    /// <summary>Those with a text of a person's.</summary>
    Edited,

    /// <summary>Those that no search finds.</summary>
    Disabled,

    /// <summary>Those with keywords.</summary>
    Keywords,

    /// <summary>Those that another passage of the base says too.</summary>
    Repeated,
}

/// <summary>What a list of passages is narrowed to.</summary>
/// <param name="Search">Part of their texts or keywords; null for all.</param>
public sealed record PassageFilter(string? Search = null, PassageMark? Mark = null)
{
    /// <summary>Lets everything through.</summary>
    public static PassageFilter None { get; } = new();
}

/// <summary>The door for changes of passages.</summary>
public interface IPassageEditor
{
    /// <summary>Longest text of a passage, most keywords, and longest keyword, characters.</summary>
    public const int LongestText = 8_000, MostKeywords = 30, LongestKeyword = 80;

    /// <summary>
    /// Changes what a passage says, by which words and whether it is found, and lets the index follow: only this passage is embedded again. Fails
    /// where there is no such passage, a value is out of bounds, or somebody changed it since <paramref name="wasVersion"/> was read (0 for a
    /// passage that nobody changed yet).
    /// </summary>
    /// <param name="by">Who does it, for readers and the audit log.</param>
    Task<Result<Passage>> ChangeAsync(
        WorkspaceId workspace, KnowledgeBaseId id, PassageId passage, PassageChange change, int wasVersion, UserId? by, CancellationToken cancellationToken);
}

/// <summary>
/// Changes of passages as they are stored, by the passage's id: a passage that is cut again as it was comes back with them, one that is not leaves
/// them waiting for it until its document goes.
/// </summary>
public interface IPassageRevisions
{
    /// <summary>
    /// Commits a change; a document that was searchable enters <see cref="DocumentState.Embedding"/> with it, so that its ingestion brings the
    /// change to the index. False where the base has no such passage, or its version is no longer one less than that of <paramref name="revision"/>.
    /// </summary>
    Task<bool> ReviseAsync(WorkspaceId workspace, KnowledgeBaseId id, PassageId passage, PassageRevision revision, CancellationToken cancellationToken);
}
