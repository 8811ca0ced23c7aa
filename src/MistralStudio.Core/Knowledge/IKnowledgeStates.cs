using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>What can be said of bases and documents without reading them.</summary>
public interface IKnowledgeStates
{
    /// <summary>The bases of a workspace that hold any of these documents; documents of nowhere are passed over.</summary>
    Task<IReadOnlyList<KnowledgeBaseId>> ListBasesOfAsync(
        WorkspaceId workspace, IReadOnlyCollection<DocumentId> documents, CancellationToken cancellationToken);

    /// <summary>The documents of the bases that a workspace's members share whose file has this content.</summary>
    /// <param name="sha256">Lower-case hex.</param>
    Task<IReadOnlyList<DocumentId>> ListDocumentsOfAsync(WorkspaceId workspace, string sha256, CancellationToken cancellationToken);

    /// <summary>
    /// Names everything that a search of these bases depends on, so that two searches with equal names find the same: it changes with each
    /// document that comes, goes, is read anew or described otherwise, each passage that a person changes, and the settings.
    /// </summary>
    Task<string> NameAsync(WorkspaceId workspace, IReadOnlyCollection<KnowledgeBaseId> bases, CancellationToken cancellationToken);
}
