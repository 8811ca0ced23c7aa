using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>Knowledge bases and documents as people and scripts see them; every id is looked up through its workspace and its parent.</summary>
public interface IKnowledgeStore
{
    Task<KnowledgeBase> CreateBaseAsync(WorkspaceId workspace, string name, string embeddingModel, UserId? createdBy, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    Task<Listing<KnowledgeBase>> ListBasesAsync(WorkspaceId workspace, string? search, string? after, int limit, CancellationToken cancellationToken);

    Task<KnowledgeBase?> FindBaseAsync(KnowledgeAccess access, KnowledgeBaseId id, CancellationToken cancellationToken);

    /// <summary>False where there is no such base in the workspace, or it is no longer called <paramref name="was"/> (null: whatever it is called).</summary>
    Task<bool> RenameBaseAsync(WorkspaceId workspace, KnowledgeBaseId id, string name, string? was, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces a base's settings. False where there is no such base in the workspace, or somebody changed them since
    /// <paramref name="wasVersion"/> was read.
    /// </summary>
    Task<bool> ChangeSettingsAsync(
        WorkspaceId workspace, KnowledgeBaseId id, KnowledgeSettings settings, int wasVersion, CancellationToken cancellationToken);

    /// <summary>Removes a base whose documents are gone already; false where there is none, or it still has documents.</summary>
    /// <param name="by">Who does it, for the audit log.</param>
    Task<bool> DeleteEmptyBaseAsync(KnowledgeAccess access, KnowledgeBaseId id, UserId? by, CancellationToken cancellationToken);

    /// <summary>Adds a document in state <see cref="DocumentState.Stored"/>; null where there is no such base.</summary>
    Task<KnowledgeDocument?> AddDocumentAsync(KnowledgeAccess access, KnowledgeBaseId id, NewDocument document, CancellationToken cancellationToken);

    /// <summary>
    /// Enters <see cref="DocumentState.Deleting"/>, from which nothing leads back; false where the base has no such document, or it is being
    /// deleted already.
    /// </summary>
    /// <param name="by">Who does it, for the audit log.</param>
    Task<bool> BeginDeletionAsync(KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, UserId? by, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    Task<Listing<KnowledgeDocument>> ListDocumentsAsync(
        KnowledgeAccess access, KnowledgeBaseId id, string? search, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>The bases of a workspace that have a document between its upload and its end, or one that waits.</summary>
    Task<IReadOnlyList<KnowledgeBase>> ListBusyBasesAsync(WorkspaceId workspace, CancellationToken cancellationToken);

    Task<KnowledgeDocument?> FindDocumentAsync(KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces a document's metadata; null where there is no such document, or somebody changed it since <paramref name="wasVersion"/> was read.
    /// </summary>
    Task<KnowledgeDocument?> DescribeDocumentAsync(
        WorkspaceId workspace, KnowledgeBaseId id, DocumentId document, IReadOnlyDictionary<string, MetadataValue> metadata, int wasVersion,
        CancellationToken cancellationToken);

    /// <summary>The extracted text; null before parsing ended.</summary>
    Task<ExtractedText?> ReadTextAsync(KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, CancellationToken cancellationToken);

    /// <summary>Passages of one document in order, with their twins.</summary>
    Task<Listing<Passage>> ListPassagesAsync(
        KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, PassageFilter filter, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>One passage, with its twins.</summary>
    Task<Passage?> FindPassageAsync(KnowledgeAccess access, KnowledgeBaseId id, PassageId passage, CancellationToken cancellationToken);
}
