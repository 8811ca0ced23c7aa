using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Connections;

/// <summary>What stays on this machine: a whole workspace, or a knowledge base of it. Changes are audited.</summary>
public interface IDataClasses
{
    /// <summary>True where nothing of the workspace may be sent to a connection.</summary>
    Task<bool> StaysAsync(WorkspaceId workspace, CancellationToken cancellationToken);

    /// <summary>Why words of these bases may not be sent to a connection; null where they may.</summary>
    Task<Error?> FindRefusalAsync(WorkspaceId workspace, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken);

    /// <summary>The same for the bases that these documents are in.</summary>
    Task<Error?> FindRefusalOfDocumentsAsync(WorkspaceId workspace, IReadOnlyCollection<DocumentId> documents, CancellationToken cancellationToken);

    /// <summary>Keeps a workspace here, or lets it go.</summary>
    Task SetAsync(WorkspaceId workspace, bool stays, UserId by, CancellationToken cancellationToken);

    /// <summary>Keeps a knowledge base here, or lets it go; false where there is none.</summary>
    Task<bool> SetAsync(WorkspaceId workspace, KnowledgeBaseId id, bool stays, UserId by, CancellationToken cancellationToken);
}
