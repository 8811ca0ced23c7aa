using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>
/// The truth that ingestion works on: states, texts and passages. Called by the one loop that owns a document, so ids come without a
/// workspace; each method is one transaction.
/// </summary>
public interface IPassageStore
{
    Task<KnowledgeDocument?> FindAsync(DocumentId document, CancellationToken cancellationToken);

    /// <summary>Documents that are neither indexed, failed nor cancelled, oldest first: what goes on after a start.</summary>
    Task<IReadOnlyList<DocumentId>> ListUnfinishedAsync(CancellationToken cancellationToken);

    /// <summary>Every indexed document, for rebuilding an index from the truth.</summary>
    Task<IReadOnlyList<DocumentId>> ListIndexedAsync(CancellationToken cancellationToken);

    /// <summary>Enters a state with progress 0 and no error. Returns false where the document is gone or being deleted.</summary>
    Task<bool> EnterAsync(DocumentId document, DocumentState state, CancellationToken cancellationToken);

    /// <summary>
    /// Enters <see cref="DocumentState.Indexed"/>. Returns false where the document is gone, is being deleted, or had a passage changed since
    /// <paramref name="revisions"/> was read.
    /// </summary>
    Task<bool> FinishAsync(DocumentId document, int revisions, CancellationToken cancellationToken);

    /// <summary>Shows how far the present state has come, 0 to 1.</summary>
    Task ReportProgressAsync(DocumentId document, double progress, CancellationToken cancellationToken);

    /// <summary>Enters <see cref="DocumentState.Failed"/> with the reason.</summary>
    Task FailAsync(DocumentId document, Error error, CancellationToken cancellationToken);

    /// <summary>Commits the text and enters <see cref="DocumentState.Splitting"/> together.</summary>
    Task SaveTextAsync(DocumentId document, ExtractedText text, CancellationToken cancellationToken);

    Task<ExtractedText?> ReadTextAsync(DocumentId document, CancellationToken cancellationToken);

    /// <summary>Replaces the passages and enters <see cref="DocumentState.Embedding"/> together.</summary>
    Task ReplacePassagesAsync(DocumentId document, IReadOnlyList<Passage> passages, CancellationToken cancellationToken);

    /// <summary>Passages of a document in order.</summary>
    Task<IReadOnlyList<Passage>> ReadPassagesAsync(DocumentId document, CancellationToken cancellationToken);

    /// <summary>Passages of a document whose ordinals are from one to another, both included, in order.</summary>
    Task<IReadOnlyList<Passage>> ReadRangeAsync(DocumentId document, int first, int last, CancellationToken cancellationToken);

    /// <summary>Passages of a document that people edited or took out of searches, in order.</summary>
    Task<IReadOnlyList<Passage>> ReadChangedAsync(DocumentId document, CancellationToken cancellationToken);

    /// <summary>The passages with these ids that belong to the workspace, with their document's base and name; unknown ids are left out.</summary>
    Task<IReadOnlyList<LocatedPassage>> GetAsync(KnowledgeAccess access, IReadOnlyCollection<PassageId> passages, CancellationToken cancellationToken);

    /// <summary>Removes the document with its text and passages; the last step of deletion.</summary>
    Task RemoveAsync(DocumentId document, CancellationToken cancellationToken);
}

/// <summary>A passage and where it lives.</summary>
public sealed record LocatedPassage(Passage Passage, KnowledgeBaseId Base, string DocumentName);
