using System.Numerics.Tensors;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Work;
using MistralStudio.Retrieval.Qdrant;

namespace MistralStudio.Retrieval.Index;

/// <summary>
/// Moves a base from one store to another: document by document, while searches are answered from where it is and new documents go to both; the
/// copy is compared with the original and then answers; the original goes last. A stop at any instant loses nothing: what was copied is copied
/// again, which changes nothing.
/// </summary>
internal sealed class IndexMove(
    IIndexPlacements placements, IKnowledgeStore knowledge, IPassageStore store, PassageIndex index, QdrantCollections collections, QdrantClient client,
    IOptions<QdrantOptions> options, Lazy<IWorkOwner> work, TimeProvider time, ILogger<IndexMove> log) : IWorkExecutor, IIndexMoves
{
    /// <summary>The kind of this work.</summary>
    public const string WorkKind = "index-move";

    // A copy that still differs after so many looks is not being made by this process alone.
    private const int MostRounds = 3;
    private const int Compared = 20;
    private const double LeastLikeness = .999;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public string Kind => WorkKind;

    /// <inheritdoc/>
    public Uri? Qdrant => client.IsSet ? client.Root : null;

    /// <summary>The work of a base.</summary>
    public static WorkKey Work(KnowledgeBaseId id) => new(WorkKind, id.ToString());

    /// <inheritdoc/>
    public async Task<Result<IndexPlacement>> StartAsync(WorkspaceId workspace, KnowledgeBaseId id, IndexStore to, UserId? by, CancellationToken cancellationToken)
    {
        if (await knowledge.FindBaseAsync(workspace, id, cancellationToken) is not { Placement: var placement } found)
        {
            return KnowledgeErrors.BaseNotFound();
        }

        if ((placement.MovingTo ?? placement.Store) == to)
        {
            return placement;
        }

        if (!client.IsSet)
        {
            return QdrantErrors.NotSet();
        }

        if (to == IndexStore.Embedded && options.Value.IsOnlyStore)
        {
            return QdrantErrors.OnlyStore();
        }

        if (Leaves(to) && await placements.StaysAsync(id, cancellationToken))
        {
            return QdrantErrors.Stays(found.Name, client.Root);
        }

        try
        {
            await collections.CheckVersionAsync(cancellationToken);
        }
        catch (QdrantException exception)
        {
            return exception.Error;
        }

        // Back before the copy took over is a removal of the copy: the state of a move that is at its end.
        var next = new IndexPlacement(placement.Store, to);
        if (!await placements.StartMoveAsync(workspace, id, placement, next, Leaves(to), by, cancellationToken))
        {
            return QdrantErrors.MovedMeanwhile();
        }

        await work.Value.StartAsync(Work(id), CancellationToken.None);
        return next;
    }

    /// <inheritdoc/>
    public async Task<Error?> FindElsewhereAsync(WorkspaceId workspace, KnowledgeBaseId? id, CancellationToken cancellationToken)
    {
        var names = Leaves(IndexStore.Qdrant) ? await placements.ListInAsync(workspace, id, IndexStore.Qdrant, cancellationToken) : [];
        return names.Count == 0 ? null : QdrantErrors.Elsewhere(names, client.Root);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListUnfinishedAsync(CancellationToken cancellationToken) =>
        [.. (await placements.ListMovingAsync(cancellationToken)).Select(id => id.ToString())];

    /// <inheritdoc/>
    public async Task ExecuteAsync(WorkKey work, IWorkSignals signals, CancellationToken cancellationToken)
    {
        var id = KnowledgeBaseId.Parse(work.Id);
        var rounds = 0;
        while (await placements.FindAsync(id, cancellationToken) is { MovingTo: { } to } placement)
        {
            try
            {
                if (to == placement.Store)
                {
                    await index.Store(to == IndexStore.Embedded ? IndexStore.Qdrant : IndexStore.Embedded).ForgetAsync(id, cancellationToken);
                    if (await placements.TryWriteAsync(id, placement, placement with { MovingTo = null, Progress = 0 }, cancellationToken))
                    {
                        Log.BaseMoved(log, id, to);
                    }

                    // Where somebody moved it on while the copy was being removed, this goes on with that.
                    continue;
                }

                if (await TurnsBackAsync(id, placement, to, cancellationToken))
                {
                    continue;
                }

                if (!await CopyAsync(id, placement, to, cancellationToken))
                {
                    continue;
                }

                var (switched, here, there) = await index.SwitchAsync(id, placement, to, cancellationToken);
                if (!switched && ++rounds == MostRounds)
                {
                    await index.Store(to).ForgetAsync(id, cancellationToken);
                    await placements.TryWriteAsync(id, placement, new(placement.Store, null, 0, QdrantErrors.Differs(here, there)), cancellationToken);
                    return;
                }
            }
            catch (IndexUnavailableException exception)
            {
                await placements.TryWriteAsync(id, placement, placement with { Waiting = exception.Error }, cancellationToken);
                await Task.Delay(s_pause, time, cancellationToken);
            }
        }
    }

    private bool Leaves(IndexStore to) => to == IndexStore.Qdrant && !options.Value.CountsAsThisMachine;

    /// <summary>A base that was marked to stay while it was on its way is not taken further, and what was copied of it is removed.</summary>
    private async Task<bool> TurnsBackAsync(KnowledgeBaseId id, IndexPlacement placement, IndexStore to, CancellationToken cancellationToken)
    {
        if (!Leaves(to) || !await placements.StaysAsync(id, cancellationToken))
        {
            return false;
        }

        await placements.TryWriteAsync(
            id, placement, new(placement.Store, placement.Store, 0, QdrantErrors.StaysNow(client.Root)), cancellationToken);
        return true;
    }

    /// <returns>False where somebody chose otherwise meanwhile.</returns>
    private async Task<bool> CopyAsync(KnowledgeBaseId id, IndexPlacement placement, IndexStore to, CancellationToken cancellationToken)
    {
        var documents = await placements.ListDocumentsAsync(id, cancellationToken);
        foreach (var (i, document) in documents.Index())
        {
            if (await TurnsBackAsync(id, placement, to, cancellationToken))
            {
                return false;
            }

            await CopyAsync(id, document, index.Store(placement.Store), index.Store(to), cancellationToken);
            if (!await placements.TryWriteAsync(id, placement, placement with { Progress = (i + 1.0) / documents.Count, Waiting = null }, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    private async Task CopyAsync(KnowledgeBaseId id, DocumentId documentId, IIndexStore from, IIndexStore to, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(documentId, cancellationToken) is not { State: DocumentState.Indexed } document)
        {
            return;
        }

        var passages = (await store.ReadPassagesAsync(documentId, cancellationToken)).Where(passage => !passage.IsDisabled).ToList();
        var vectors = await from.VectorsAsync([id], [.. passages.Select(passage => passage.Id)], cancellationToken);
        await index.StageAsync(
            id, [.. passages.Where(passage => vectors.ContainsKey(passage.Id)).Select(passage => (passage, vectors[passage.Id]))], cancellationToken);
        await to.PublishAsync(document, passages, cancellationToken);

        var compared = passages.Take(Compared).Select(passage => passage.Id).ToList();
        var copies = await to.VectorsAsync([id], compared, cancellationToken);
        foreach (var passage in compared.Where(vectors.ContainsKey))
        {
            if (!copies.TryGetValue(passage, out var copy) || TensorPrimitives.CosineSimilarity(copy.Span, vectors[passage].Span) < LeastLikeness)
            {
                throw new InvalidOperationException($"The copy of document {documentId} differs from the original.");
            }
        }
    }
}
