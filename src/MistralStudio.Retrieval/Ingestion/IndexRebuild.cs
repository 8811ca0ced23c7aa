using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Index;

namespace MistralStudio.Retrieval.Ingestion;

/// <summary>
/// After a start, brings the index to what the store says: puts in the documents that it lacks (all of them where the file was lost), takes
/// out the ones that are gone.
/// </summary>
internal sealed class IndexRebuild(
    IPassageStore store, IKnowledgeStore knowledge, PassageEmbedding embedding, PassageIndex index, ILogger<IndexRebuild> log) : BackgroundService
{
    /// <summary>Compares and repairs once.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var indexed = await store.ListIndexedAsync(cancellationToken);
        var present = index.Documents();
        foreach (var (document, parent) in present)
        {
            if (await store.FindAsync(document, cancellationToken) is null)
            {
                await index.RemoveAsync(parent, document, cancellationToken);
            }
        }

        var missing = indexed.Where(document => !present.ContainsKey(document)).ToList();
        if (missing.Count > 0)
        {
            Log.IndexRebuilding(log, missing.Count);
        }

        foreach (var document in missing)
        {
            try
            {
                await RestoreAsync(document, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                Log.IndexRebuildFailed(log, document, exception);
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The host starts without waiting for this.
        await Task.Yield();
        try
        {
            await RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is missing still is found by the next start.
        }
        catch (Exception exception)
        {
            Log.IndexCheckFailed(log, exception);
        }
    }

    private async Task RestoreAsync(DocumentId id, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { State: DocumentState.Indexed } document
            || await knowledge.FindBaseAsync(KnowledgeAccess.Studio(document.Workspace), document.Base, cancellationToken) is not { Placement.Store: IndexStore.Embedded } parent)
        {
            // Gone, or in a store that keeps itself.
            return;
        }

        var passages = await store.ReadPassagesAsync(id, cancellationToken);
        var embedded = await embedding.EmbedAsync(document, parent.EmbeddingModel, passages, _ => Task.CompletedTask, cancellationToken);
        if (!embedded.IsSuccess)
        {
            throw new InvalidOperationException(embedded.Error.ToString());
        }

        await index.PublishAsync(document, passages, cancellationToken);
    }
}
