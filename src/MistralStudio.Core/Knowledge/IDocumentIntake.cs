using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>The door for documents: stores the bytes, commits the document, starts its ingestion; and ends it again.</summary>
public interface IDocumentIntake
{
    /// <summary>
    /// Streams a file to the blob store and starts its ingestion. Fails where the base is unknown, the file is empty or over
    /// <c>Knowledge:MaxDocumentBytes</c>, or the disk is full; nothing is kept then.
    /// </summary>
    Task<Result<KnowledgeDocument>> AddAsync(
        KnowledgeAccess access, KnowledgeBaseId id, string fileName, string? contentType, Stream content, UserId? addedBy, CancellationToken cancellationToken);

    /// <summary>Stops an ingestion; what it committed stays until deletion.</summary>
    Task<Result<KnowledgeDocument>> CancelAsync(KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, CancellationToken cancellationToken);

    /// <summary>Starts a failed or cancelled ingestion again.</summary>
    Task<Result<KnowledgeDocument>> RetryAsync(KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, CancellationToken cancellationToken);

    /// <summary>Removes a document, its passages, vectors and blob; it can no longer be found when this returns.</summary>
    /// <param name="by">Who does it, for the audit log.</param>
    Task<Result<Unit>> DeleteAsync(KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, UserId? by, CancellationToken cancellationToken);

    /// <summary>Removes a base with all its documents.</summary>
    /// <param name="by">Who does it, for the audit log.</param>
    Task<Result<Unit>> DeleteBaseAsync(KnowledgeAccess access, KnowledgeBaseId id, UserId? by, CancellationToken cancellationToken);
}
