using System.Collections.Concurrent;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Qdrant;

namespace MistralStudio.Retrieval.Index;

/// <summary>
/// The index as ingestion and search see it: each base in its store, and in both while it is moved. What is written to one base goes one after
/// the other, so that a document is in the copy before the copy takes over.
/// </summary>
internal sealed class PassageIndex(EmbeddedIndex embedded, QdrantIndex qdrant, QdrantClient client, IIndexPlacements placements)
{
    private readonly ConcurrentDictionary<KnowledgeBaseId, SemaphoreSlim> _gates = new();

    /// <summary>A store.</summary>
    /// <exception cref="IndexUnavailableException">It is Qdrant, and none is set up.</exception>
    public IIndexStore Store(IndexStore store) =>
        store == IndexStore.Embedded ? embedded : client.IsSet ? qdrant : throw new IndexUnavailableException(QdrantErrors.NotSet());

    /// <inheritdoc cref="IIndexStore.KnownHashesAsync"/>
    public async Task<IReadOnlySet<string>> KnownHashesAsync(KnowledgeBaseId parent, IReadOnlyList<Passage> passages, CancellationToken cancellationToken) =>
        await Store((await PlacementAsync(parent, cancellationToken)).Store).KnownHashesAsync(parent, passages, cancellationToken);

    /// <summary>Commits the vectors of a batch, out of sight of searches.</summary>
    public Task StageAsync(KnowledgeBaseId parent, IReadOnlyList<(Passage Passage, ReadOnlyMemory<float> Vector)> batch, CancellationToken cancellationToken) =>
        embedded.StageAsync(parent, batch, cancellationToken);

    /// <inheritdoc cref="IIndexStore.PublishAsync"/>
    public Task<bool> PublishAsync(KnowledgeDocument document, IReadOnlyList<Passage> passages, CancellationToken cancellationToken) =>
        AloneAsync(document.Base, async placement =>
        {
            // A passage that is disabled is in no store, so no leg can meet it.
            passages = [.. passages.Where(passage => !passage.IsDisabled)];
            // The file first: Qdrant drops the staged vectors that both take.
            foreach (var store in StoresOf(placement).Order())
            {
                if (!await Store(store).PublishAsync(document, passages, cancellationToken))
                {
                    return false;
                }
            }

            return true;
        }, cancellationToken);

    /// <inheritdoc cref="IIndexStore.RemoveAsync"/>
    public Task RemoveAsync(KnowledgeBaseId parent, DocumentId document, CancellationToken cancellationToken) =>
        AloneAsync(parent, async placement =>
        {
            foreach (var store in StoresOf(placement).Order())
            {
                await Store(store).RemoveAsync(parent, document, cancellationToken);
            }

            return true;
        }, cancellationToken);

    /// <summary>
    /// Takes a document out where its store answers; where it does not, its owner does so later, and until then the passage store hides it.
    /// </summary>
    public async Task HideAsync(KnowledgeBaseId parent, DocumentId document, CancellationToken cancellationToken)
    {
        try
        {
            await RemoveAsync(parent, document, cancellationToken);
        }
        catch (IndexUnavailableException)
        {
            // Its state says that it is being deleted.
        }
    }

    /// <summary>Whether there is any vector of a base, shown or staged.</summary>
    public async Task<bool> HasVectorsAsync(KnowledgeBaseId parent, CancellationToken cancellationToken) =>
        embedded.HasStaged(parent) || await Store((await PlacementAsync(parent, cancellationToken)).Store).CountAsync(parent, cancellationToken) > 0;

    /// <summary>Takes all of a base out of every store that it is in, with the vectors that wait for their documents; it may be put in again.</summary>
    public Task ForgetAsync(KnowledgeBaseId parent, CancellationToken cancellationToken) =>
        AloneAsync(parent, async placement =>
        {
            foreach (var store in StoresOf(placement).Append(IndexStore.Embedded).Distinct())
            {
                await Store(store).ForgetAsync(parent, cancellationToken);
            }

            return true;
        }, cancellationToken);

    /// <summary>The documents that the file of this machine holds, with their bases.</summary>
    public Dictionary<DocumentId, KnowledgeBaseId> Documents() => embedded.Documents();

    /// <inheritdoc cref="IIndexStore.FindAsync"/>
    public async Task<Result<LegResults>> FindAsync(IndexStore store, LegQuery query, CancellationToken cancellationToken) =>
        store == IndexStore.Embedded ? await embedded.FindAsync(query, cancellationToken)
        : client.IsSet ? await qdrant.FindAsync(query, cancellationToken)
        : QdrantErrors.NotSet();

    /// <inheritdoc cref="IIndexStore.VectorsAsync"/>
    public async Task<IReadOnlyDictionary<PassageId, ReadOnlyMemory<float>>> VectorsAsync(
        IReadOnlyList<KnowledgeBase> bases, IReadOnlyList<PassageId> passages, CancellationToken cancellationToken)
    {
        var vectors = new Dictionary<PassageId, ReadOnlyMemory<float>>();
        foreach (var group in bases.GroupBy(found => found.Placement.Store, found => found.Id))
        {
            foreach (var (passage, vector) in await Store(group.Key).VectorsAsync([.. group], passages, cancellationToken))
            {
                vectors[passage] = vector;
            }
        }

        return vectors;
    }

    /// <summary>
    /// Lets the copy answer from now on, where it holds as many passages as the original; nothing is written to the base meanwhile. Returns both
    /// counts.
    /// </summary>
    public async Task<(bool Switched, long Here, long There)> SwitchAsync(KnowledgeBaseId parent, IndexPlacement was, IndexStore to, CancellationToken cancellationToken)
    {
        var (here, there) = (0L, 0L);
        var switched = await AloneAsync(parent, async placement =>
        {
            (here, there) = (await Store(was.Store).CountAsync(parent, cancellationToken), await Store(to).CountAsync(parent, cancellationToken));
            return here == there && placement.Store == was.Store && placement.MovingTo == to
                && await placements.TryWriteAsync(parent, placement, new(to, to, 1), cancellationToken);
        }, cancellationToken);
        return (switched, here, there);
    }

    // While the way back is cleaned up, the other store is no longer written to.
    private static HashSet<IndexStore> StoresOf(IndexPlacement placement) => [placement.Store, placement.MovingTo ?? placement.Store];

    private async Task<IndexPlacement> PlacementAsync(KnowledgeBaseId parent, CancellationToken cancellationToken) =>
        await placements.FindAsync(parent, cancellationToken) ?? IndexPlacement.Embedded;

    private async Task<T> AloneAsync<T>(KnowledgeBaseId parent, Func<IndexPlacement, Task<T>> work, CancellationToken cancellationToken)
    {
        var gate = _gates.GetOrAdd(parent, _ => new(1, 1));
        await gate.WaitAsync(cancellationToken);
        try
        {
            return await work(await PlacementAsync(parent, cancellationToken));
        }
        finally
        {
            gate.Release();
        }
    }
}
