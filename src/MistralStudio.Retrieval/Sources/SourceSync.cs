using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Work;
using MistralStudio.Retrieval.Ingestion;

namespace MistralStudio.Retrieval.Sources;

/// <summary>
/// Reads a source and lets its documents follow: new ones are added, changed ones are read again under their id, vanished ones go. After kill -9 it
/// begins again, and what was done already is found unchanged.
/// </summary>
internal sealed class SourceSync(
    ISourceStore store,
    IBlobStore blobs,
    Lazy<DocumentIntake> door,
    WebReading web,
    IOptions<KnowledgeOptions> options,
    ILogger<SourceSync> log) : IWorkExecutor
{
    /// <summary>The kind of this work.</summary>
    public const string WorkKind = "source";

    // The door starts work, and the owner of work knows its executors: whoever is both comes to the door late.
    private DocumentIntake Intake => door.Value;

    /// <inheritdoc/>
    public string Kind => WorkKind;

    /// <summary>The work of a source.</summary>
    public static WorkKey Work(SourceId source) => new(WorkKind, source.ToString());

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListUnfinishedAsync(CancellationToken cancellationToken) =>
        [.. (await store.ListSyncingAsync(cancellationToken)).Select(source => source.ToString())];

    /// <inheritdoc/>
    public async Task ExecuteAsync(WorkKey work, IWorkSignals signals, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(SourceId.Parse(work.Id), cancellationToken) is not { IsSyncing: true } source)
        {
            return;
        }

        var report = new SyncReport(0, 0, 0, 0, 0);
        Error? error;
        try
        {
            (report, error) = await FollowAsync(source, cancellationToken);
        }
        catch (SourceException refused)
        {
            error = refused.Error;
        }

        Log.SourceRead(log, source.Id, report.Added, report.Changed, report.Removed, error?.Code);
        await store.EndSyncAsync(source.Id, report, error, cancellationToken);
    }

    private async Task<(SyncReport Report, Error? Error)> FollowAsync(KnowledgeSource source, CancellationToken cancellationToken)
    {
        var known = (await store.ListItemsAsync(source.Id, cancellationToken)).GroupBy(item => item.Key).ToDictionary(group => group.Key, group => group.First());
        var seen = new HashSet<string>(StringComparer.Ordinal);
        int added = 0, changed = 0, unchanged = 0, removed = 0, failed = 0;
        Error? error = null;
        await foreach (var item in ItemsAsync(source, cancellationToken))
        {
            if (seen.Count == source.Settings.MaxItems)
            {
                error = SourceErrors.Truncated(source.Settings.MaxItems);
                break;
            }

            seen.Add(item.Key);
            var before = known.GetValueOrDefault(item.Key);
            if (before is not null && item.Stamp is not null && before.Stamp == item.Stamp)
            {
                unchanged++;
                continue;
            }

            try
            {
                switch (item.Open is null ? null : before is null ? await AddAsync(source, item, cancellationToken) : await ReplaceAsync(source, item, before, cancellationToken))
                {
                    case Outcome.Added:
                        added++;
                        break;
                    case Outcome.Changed:
                        changed++;
                        break;
                    case Outcome.Unchanged:
                        unchanged++;
                        break;
                    default:
                        failed++;
                        break;
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                failed++;
            }
        }

        // Only a whole reading says what is gone.
        foreach (var vanished in error is null ? known.Values.Where(item => !seen.Contains(item.Key)) : [])
        {
            await Intake.DeleteAsync(source.Workspace, source.Base, vanished.Document, null, cancellationToken);
            removed++;
        }

        return (new(added, changed, unchanged, removed, failed), error);
    }

    private async IAsyncEnumerable<FoundItem> ItemsAsync(KnowledgeSource source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (source.Settings.Kind == SourceKind.Web)
        {
            await foreach (var page in web.ReadAsync(source.Workspace, source.Settings, cancellationToken))
            {
                yield return page;
            }

            yield break;
        }

        // The operator may have taken the root back since.
        if (FolderListing.Refuse(source.Settings.Location, options.Value.SourceRoots) is { } refused)
        {
            throw new SourceException(refused);
        }

        foreach (var file in FolderListing.List(source.Settings))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return file;
        }
    }

    private async Task<Outcome?> AddAsync(KnowledgeSource source, FoundItem item, CancellationToken cancellationToken)
    {
        await using var content = item.Open!();
        var added = await Intake.AddAsync(
            source.Workspace, source.Base, item.Name, item.ContentType, content, null, new SourceTie(source.Id, item.Key, item.Stamp), cancellationToken);
        return added.IsSuccess ? Outcome.Added : null;
    }

    private async Task<Outcome?> ReplaceAsync(KnowledgeSource source, FoundItem item, SourceItem before, CancellationToken cancellationToken)
    {
        string sha256;
        await using (var content = item.Open!())
        {
            sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));
        }

        if (sha256 == before.Sha256)
        {
            await store.TieAsync(before.Document, source.Id, item.Key, item.Stamp, cancellationToken);
            return Outcome.Unchanged;
        }

        var owner = IngestionExecutor.BlobOwner(before.Document);
        await using var again = item.Open();
        var stored = await blobs.PutAsync(source.Workspace, owner, again, options.Value.MaxDocumentBytes, cancellationToken);
        if (!stored.IsSuccess)
        {
            return null;
        }

        // What is being made of the old bytes must not be committed over the new ones.
        await Intake.CancelAsync(source.Workspace, source.Base, before.Document, cancellationToken);
        if (await store.ReplaceContentAsync(
            before.Document, item.ContentType ?? "application/octet-stream", stored.Value.Bytes, stored.Value.Sha256, cancellationToken))
        {
            await store.TieAsync(before.Document, source.Id, item.Key, item.Stamp, cancellationToken);
            await blobs.ReleaseAsync(source.Workspace, before.Sha256, owner, cancellationToken);
            await Intake.StartAsync(before.Document);
            return Outcome.Changed;
        }

        await blobs.ReleaseAsync(source.Workspace, stored.Value.Sha256, owner, cancellationToken);
        return null;
    }

    private enum Outcome
    {
        Added,
        Changed,
        Unchanged,
    }
}
