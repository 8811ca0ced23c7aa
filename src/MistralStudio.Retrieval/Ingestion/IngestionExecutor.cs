using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Work;
using MistralStudio.Retrieval.Documents;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Splitting;

namespace MistralStudio.Retrieval.Ingestion;

/// <summary>
/// Takes one document from its bytes to the index, or out of it again. Each stage reads what the one before committed and ends with a commit
/// of its own, so a start at any instant goes on with the stage that the document's state names.
/// </summary>
internal sealed class IngestionExecutor(
    IPassageStore store,
    IKnowledgeStore knowledge,
    IBlobStore blobs,
    DocumentReader reader,
    PassageEmbedding embedding,
    PassageIndex index,
    IOptions<KnowledgeOptions> options,
    TimeProvider time,
    ILogger<IngestionExecutor> log) : IWorkExecutor
{
    /// <summary>The kind of this work.</summary>
    public const string WorkKind = "ingestion";

    /// <summary>The signal that stops it.</summary>
    public const string CancelSignal = "cancel";

    private static readonly TimeSpan s_modelRetry = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public string Kind => WorkKind;

    /// <summary>The work of a document.</summary>
    public static WorkKey Work(DocumentId document) => new(WorkKind, document.ToString());

    /// <summary>Who holds a document's blob.</summary>
    public static string BlobOwner(DocumentId document) => $"document/{document}";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListUnfinishedAsync(CancellationToken cancellationToken) =>
        [.. (await store.ListUnfinishedAsync(cancellationToken)).Select(document => document.ToString())];

    /// <inheritdoc/>
    public async Task ExecuteAsync(WorkKey work, IWorkSignals signals, CancellationToken cancellationToken)
    {
        var id = DocumentId.Parse(work.Id);
        var cancel = signals.Token(CancelSignal);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, cancellationToken);
        var started = Stopwatch.GetTimestamp();
        var embedded = 0;
        try
        {
            while (await store.FindAsync(id, cancellationToken) is { } document)
            {
                switch (document.State)
                {
                    case DocumentState.Deleting:
                        if (await TryDeleteAsync(document, cancellationToken))
                        {
                            return;
                        }

                        await Task.Delay(s_modelRetry, time, cancellationToken);
                        break;
                    case DocumentState.Stored or DocumentState.Parsing:
                        await ParseAsync(document, stop.Token);
                        break;
                    case DocumentState.Splitting:
                        await SplitAsync(document, stop.Token);
                        break;
                    case DocumentState.Embedding or DocumentState.Indexing:
                        embedded += await EmbedOrWaitAsync(document, stop.Token);
                        break;
                    case DocumentState.Waiting:
                        await Task.Delay(s_modelRetry, time, stop.Token);
                        await store.EnterAsync(id, await ResumePointAsync(id, stop.Token), stop.Token);
                        break;
                    case DocumentState.Indexed:
                        Log.DocumentIndexed(log, id, document.Passages, embedded, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                        return;
                    default:
                        return;
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // A document is stopped by a person, or because it is being deleted; the state says which.
            if (!await store.EnterAsync(id, DocumentState.Cancelled, cancellationToken)
                && await store.FindAsync(id, cancellationToken) is { State: DocumentState.Deleting } document)
            {
                while (!await TryDeleteAsync(document, cancellationToken))
                {
                    await Task.Delay(s_modelRetry, time, cancellationToken);
                }
            }
        }
    }

    private async Task ParseAsync(KnowledgeDocument document, CancellationToken cancellationToken)
    {
        if (!await store.EnterAsync(document.Id, DocumentState.Parsing, cancellationToken))
        {
            return;
        }

        if (await blobs.OpenAsync(document.Workspace, document.Sha256, cancellationToken) is not { } stream)
        {
            await FailAsync(document, DocumentErrors.BytesGone(), cancellationToken);
            return;
        }

        byte[] content;
        await using (stream)
        {
            content = GC.AllocateUninitializedArray<byte>(checked((int)stream.Length));
            await stream.ReadExactlyAsync(content, cancellationToken);
        }

        var reached = 0.0;
        var reading = reader.ReadAsync(content, document.Name, progress => Volatile.Write(ref reached, progress), cancellationToken);
        var report = new ProgressReport(store, document.Id, time);
        while (await Task.WhenAny(reading, Task.Delay(ProgressReport.Interval, time, cancellationToken)) != reading)
        {
            await report.ShowAsync(Volatile.Read(ref reached), cancellationToken);
        }

        var text = await reading;
        if (text.IsSuccess)
        {
            await store.SaveTextAsync(document.Id, text.Value, cancellationToken);
        }
        else
        {
            await FailAsync(document, text.Error, cancellationToken);
        }
    }

    private async Task SplitAsync(KnowledgeDocument document, CancellationToken cancellationToken)
    {
        if (await store.ReadTextAsync(document.Id, cancellationToken) is not { } text)
        {
            await store.EnterAsync(document.Id, DocumentState.Parsing, cancellationToken);
            return;
        }

        if (await knowledge.FindBaseAsync(KnowledgeAccess.Studio(document.Workspace), document.Base, cancellationToken) is not { } parent)
        {
            await FailAsync(document, KnowledgeErrors.BaseNotFound(), cancellationToken);
            return;
        }

        var passages = PassageSplitter.Split(document.Id, text, parent.Settings.Splitting, options.Value.PassageCharacters);
        await store.ReplacePassagesAsync(document.Id, passages, cancellationToken);
    }

    /// <summary>Embeds what has no vector, then shows the document; both stages, because the index may have been lost between them.</summary>
    private async Task<int> EmbedAsync(KnowledgeDocument document, CancellationToken cancellationToken)
    {
        if (await knowledge.FindBaseAsync(KnowledgeAccess.Studio(document.Workspace), document.Base, cancellationToken) is not { } parent)
        {
            await FailAsync(document, KnowledgeErrors.BaseNotFound(), cancellationToken);
            return 0;
        }

        var passages = await store.ReadPassagesAsync(document.Id, cancellationToken);
        var report = new ProgressReport(store, document.Id, time);
        var embedded = await embedding.EmbedAsync(
            document, parent.EmbeddingModel, passages, progress => report.ShowAsync(progress, cancellationToken), cancellationToken);
        if (!embedded.IsSuccess)
        {
            await WaitOrFailAsync(document, embedded.Error, cancellationToken);
            return 0;
        }

        if (await store.EnterAsync(document.Id, DocumentState.Indexing, cancellationToken)
            && await index.PublishAsync(document, passages, cancellationToken))
        {
            // Where somebody changed a passage meanwhile, it goes on from here.
            await store.FinishAsync(document.Id, document.Revisions, cancellationToken);
        }

        return embedded.Value;
    }

    /// <summary>A store that is away comes back; until then the document waits, and nothing of it is lost.</summary>
    private async Task<int> EmbedOrWaitAsync(KnowledgeDocument document, CancellationToken cancellationToken)
    {
        try
        {
            return await EmbedAsync(document, cancellationToken);
        }
        catch (IndexUnavailableException exception)
        {
            Log.DocumentWaitsForIndex(log, document.Id, exception.Error.Code);
            await store.EnterAsync(document.Id, DocumentState.Waiting, cancellationToken);
            return 0;
        }
    }

    /// <returns>False where the index does not answer now.</returns>
    private async Task<bool> TryDeleteAsync(KnowledgeDocument document, CancellationToken cancellationToken)
    {
        try
        {
            await DeleteAsync(document, cancellationToken);
            return true;
        }
        catch (IndexUnavailableException exception)
        {
            Log.DocumentWaitsForIndex(log, document.Id, exception.Error.Code);
            return false;
        }
    }

    private async Task DeleteAsync(KnowledgeDocument document, CancellationToken cancellationToken)
    {
        await index.RemoveAsync(document.Base, document.Id, cancellationToken);
        await blobs.ReleaseAsync(document.Workspace, document.Sha256, BlobOwner(document.Id), cancellationToken);
        await store.RemoveAsync(document.Id, cancellationToken);
    }

    private async Task WaitOrFailAsync(KnowledgeDocument document, Error error, CancellationToken cancellationToken)
    {
        // A busy or restarting engine comes back; a missing or damaged model needs a person.
        if (error.Code is "model.queue_full" or "model.engine_failed")
        {
            Log.DocumentWaits(log, document.Id, error.Code);
            await store.EnterAsync(document.Id, DocumentState.Waiting, cancellationToken);
        }
        else
        {
            await FailAsync(document, error, cancellationToken);
        }
    }

    private async Task FailAsync(KnowledgeDocument document, Error error, CancellationToken cancellationToken)
    {
        Log.DocumentFailed(log, document.Id, error.Code);
        await store.FailAsync(document.Id, error, cancellationToken);
    }

    private async Task<DocumentState> ResumePointAsync(DocumentId document, CancellationToken cancellationToken) =>
        (await store.ReadPassagesAsync(document, cancellationToken)).Count > 0 ? DocumentState.Embedding
        : await store.ReadTextAsync(document, cancellationToken) is not null ? DocumentState.Splitting
        : DocumentState.Parsing;
}
