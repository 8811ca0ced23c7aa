using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Work;
using MistralStudio.Retrieval.Index;

namespace MistralStudio.Retrieval.Ingestion;

/// <inheritdoc cref="IDocumentIntake"/>
internal sealed class DocumentIntake(
    IKnowledgeStore knowledge, IPassageStore store, IBlobStore blobs, IWorkOwner work, PassageIndex index, IOptions<KnowledgeOptions> options)
    : IDocumentIntake
{
    private const int PageOfDocuments = 200;
    private const int LongestName = 200;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public Task<Result<KnowledgeDocument>> AddAsync(
        KnowledgeAccess access, KnowledgeBaseId id, string fileName, string? contentType, Stream content, UserId? addedBy, CancellationToken cancellationToken) =>
        AddAsync(access, id, fileName, contentType, content, addedBy, null, cancellationToken);

    /// <summary>The same for a document of a source; document and tie are committed together.</summary>
    public async Task<Result<KnowledgeDocument>> AddAsync(
        KnowledgeAccess access, KnowledgeBaseId id, string fileName, string? contentType, Stream content, UserId? addedBy, SourceTie? source,
        CancellationToken cancellationToken)
    {
        if (await knowledge.FindBaseAsync(access, id, cancellationToken) is null)
        {
            return KnowledgeErrors.BaseNotFound();
        }

        var name = LabelOf(fileName);
        var limit = options.Value.MaxDocumentBytes;
        if (content.CanSeek && content.Length > limit)
        {
            return KnowledgeErrors.DocumentTooLarge(content.Length, limit);
        }

        // The blob needs an owner before the document has an id; it is handed over once the document is committed.
        var holder = $"upload/{Guid.CreateVersion7()}";
        var stored = await blobs.PutAsync(access.Workspace, holder, content, limit, cancellationToken);
        if (!stored.IsSuccess)
        {
            return stored.Error.Code == "blob.too_large" ? KnowledgeErrors.DocumentTooLarge(limit + 1, limit) : stored.Error;
        }

        var blob = stored.Value;
        try
        {
            if (blob.Bytes == 0)
            {
                return KnowledgeErrors.DocumentEmpty(name);
            }

            var added = await knowledge.AddDocumentAsync(
                access, id, new NewDocument(name, contentType ?? "application/octet-stream", blob.Bytes, blob.Sha256, addedBy, source), cancellationToken);
            if (added is null)
            {
                return KnowledgeErrors.BaseNotFound();
            }

            await HandOverAsync(added, cancellationToken);
            await work.StartAsync(IngestionExecutor.Work(added.Id), CancellationToken.None);
            return added;
        }
        finally
        {
            await blobs.ReleaseAsync(access.Workspace, blob.Sha256, holder, CancellationToken.None);
        }
    }

    /// <summary>Makes sure that a document's ingestion runs.</summary>
    public Task StartAsync(DocumentId document) => work.StartAsync(IngestionExecutor.Work(document), CancellationToken.None);

    /// <inheritdoc/>
    public async Task<Result<KnowledgeDocument>> CancelAsync(
        KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, CancellationToken cancellationToken)
    {
        if (await knowledge.FindDocumentAsync(access, id, document, cancellationToken) is not { } found)
        {
            return KnowledgeErrors.DocumentNotFound();
        }

        if (HasEnded(found.State))
        {
            return found;
        }

        if (await work.SignalAsync(IngestionExecutor.Work(document), IngestionExecutor.CancelSignal, cancellationToken))
        {
            // Its owner stops at the next step; a person expects to see it stopped.
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(s_patience);
            while (!HasEnded(found.State) && !patience.IsCancellationRequested)
            {
                await Task.Delay(50, patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                found = await knowledge.FindDocumentAsync(access, id, document, cancellationToken) ?? found with { State = DocumentState.Deleting };
            }

            return found;
        }

        await store.EnterAsync(document, DocumentState.Cancelled, cancellationToken);
        return await FindAsync(access, id, document, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Result<KnowledgeDocument>> RetryAsync(
        KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, CancellationToken cancellationToken)
    {
        if (await knowledge.FindDocumentAsync(access, id, document, cancellationToken) is not { } found)
        {
            return KnowledgeErrors.DocumentNotFound();
        }

        if (found.State is DocumentState.Failed or DocumentState.Cancelled)
        {
            await store.EnterAsync(document, DocumentState.Stored, cancellationToken);
            await work.StartAsync(IngestionExecutor.Work(document), CancellationToken.None);
        }

        return await FindAsync(access, id, document, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Result<Unit>> DeleteAsync(KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, UserId? by, CancellationToken cancellationToken)
    {
        if (await knowledge.FindDocumentAsync(access, id, document, cancellationToken) is null)
        {
            return KnowledgeErrors.DocumentNotFound();
        }

        await BeginDeletionAsync(access, id, document, by, cancellationToken);
        return default(Unit);
    }

    /// <inheritdoc/>
    public async Task<Result<Unit>> DeleteBaseAsync(KnowledgeAccess access, KnowledgeBaseId id, UserId? by, CancellationToken cancellationToken)
    {
        if (await knowledge.FindBaseAsync(access, id, cancellationToken) is null)
        {
            return KnowledgeErrors.BaseNotFound();
        }

        while (!await knowledge.DeleteEmptyBaseAsync(access, id, by, cancellationToken))
        {
            var documents = await knowledge.ListDocumentsAsync(access, id, null, null, PageOfDocuments, cancellationToken);
            if (documents.Items.Count == 0 && await knowledge.FindBaseAsync(access, id, cancellationToken) is null)
            {
                break;
            }

            foreach (var document in documents.Items.Where(document => document.State != DocumentState.Deleting))
            {
                await BeginDeletionAsync(access, id, document.Id, by, cancellationToken);
            }

            // Their owners remove them; the base goes with the last.
            await Task.Delay(50, cancellationToken);
        }

        return default(Unit);
    }

    private static bool HasEnded(DocumentState state) =>
        state is DocumentState.Indexed or DocumentState.Failed or DocumentState.Cancelled or DocumentState.Deleting;

    private static string LabelOf(string fileName)
    {
        var name = fileName[(fileName.LastIndexOfAny(['/', '\\']) + 1)..];
        name = string.Concat(name.Where(c => !char.IsControl(c))).Trim();
        return name.Length == 0 ? "document" : name.Length <= LongestName ? name : name[..(LongestName - 12)] + Path.GetExtension(name);
    }

    private async Task HandOverAsync(KnowledgeDocument document, CancellationToken cancellationToken)
    {
        if (await blobs.OpenAsync(document.Workspace, document.Sha256, cancellationToken) is not { } stream)
        {
            throw new InvalidOperationException("The blob that was just stored is gone.");
        }

        await using (stream)
        {
            await blobs.PutAsync(document.Workspace, IngestionExecutor.BlobOwner(document.Id), stream, long.MaxValue, cancellationToken);
        }
    }

    private async Task BeginDeletionAsync(
        KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, UserId? by, CancellationToken cancellationToken)
    {
        await knowledge.BeginDeletionAsync(access, id, document, by, cancellationToken);
        await index.HideAsync(id, document, cancellationToken);
        await work.SignalAsync(IngestionExecutor.Work(document), IngestionExecutor.CancelSignal, cancellationToken);
        await work.StartAsync(IngestionExecutor.Work(document), CancellationToken.None);
    }

    private async Task<Result<KnowledgeDocument>> FindAsync(
        KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, CancellationToken cancellationToken) =>
        await knowledge.FindDocumentAsync(access, id, document, cancellationToken) is { } found ? found : KnowledgeErrors.DocumentNotFound();
}
