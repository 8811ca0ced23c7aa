using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>Changes what can be set for a knowledge base, and shows beforehand what a change would do.</summary>
public interface IKnowledgeSettings
{
    /// <summary>
    /// Replaces the settings. Where documents are to be cut in another way, that begins at once for all of them, and passages that stay the same
    /// keep their ids and vectors. Fails where the base is unknown, a value is out of bounds, or somebody changed them since
    /// <paramref name="wasVersion"/> was read.
    /// </summary>
    Task<Result<KnowledgeBase>> ChangeAsync(
        WorkspaceId workspace, KnowledgeBaseId id, KnowledgeSettings settings, int wasVersion, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the vectors of all documents of a base again, for a model that was replaced under its name; returns how many documents these are. A
    /// document is found again when its turn is over. Fails where the base is unknown, or its store does not answer.
    /// </summary>
    Task<Result<int>> EmbedAgainAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken);

    /// <summary>
    /// Says that the base's embedding model is another one than its vectors were made by, and what to do; null where it is the same, or not known.
    /// </summary>
    Task<Error?> FindOtherEmbedderAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken);

    /// <summary>The first passages that a document of the base would be cut into; nothing is kept.</summary>
    Task<Result<SplitPreview>> PreviewAsync(
        WorkspaceId workspace, KnowledgeBaseId id, DocumentId document, SplittingSettings settings, CancellationToken cancellationToken);
}

/// <summary>What settings make of a document.</summary>
/// <param name="Passages">The first of them.</param>
/// <param name="Total">How many there would be.</param>
/// <param name="Kept">How many of them it is cut into already: these are not embedded again.</param>
public sealed record SplitPreview(IReadOnlyList<Passage> Passages, int Total, int Kept);
