using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Index;

/// <summary>The index as ingestion and search see it: each base in its store.</summary>
internal sealed class PassageIndex(EmbeddedIndex embedded)
{
    /// <summary>The hashes among these whose vector the base has already.</summary>
    public Task<IReadOnlySet<string>> KnownHashesAsync(KnowledgeBaseId parent, IReadOnlyList<Passage> passages, CancellationToken cancellationToken) =>
        embedded.KnownHashesAsync(parent, passages, cancellationToken);

    /// <summary>Commits the vectors of a batch, out of sight of searches.</summary>
    public Task StageAsync(KnowledgeBaseId parent, IReadOnlyList<(Passage Passage, ReadOnlyMemory<float> Vector)> batch, CancellationToken cancellationToken) =>
        embedded.StageAsync(parent, batch, cancellationToken);

    /// <inheritdoc cref="IIndexStore.PublishAsync"/>
    public Task<bool> PublishAsync(KnowledgeDocument document, IReadOnlyList<Passage> passages, CancellationToken cancellationToken) =>
        embedded.PublishAsync(document, passages, cancellationToken);

    /// <inheritdoc cref="IIndexStore.RemoveAsync"/>
    public Task RemoveAsync(KnowledgeBaseId parent, DocumentId document, CancellationToken cancellationToken) =>
        embedded.RemoveAsync(parent, document, cancellationToken);

    /// <summary>The documents that the file of this machine holds, with their bases.</summary>
    public Dictionary<DocumentId, KnowledgeBaseId> Documents() => embedded.Documents();

    /// <inheritdoc cref="IIndexStore.FindAsync"/>
    public Task<Result<LegResults>> FindAsync(LegQuery query, CancellationToken cancellationToken) => embedded.FindAsync(query, cancellationToken);

    /// <inheritdoc cref="IIndexStore.VectorsAsync"/>
    public Task<IReadOnlyDictionary<PassageId, ReadOnlyMemory<float>>> VectorsAsync(
        IReadOnlyList<KnowledgeBaseId> bases, IReadOnlyList<PassageId> passages, CancellationToken cancellationToken) =>
        embedded.VectorsAsync(bases, passages, cancellationToken);
}
