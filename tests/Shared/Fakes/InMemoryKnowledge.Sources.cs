using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>Sources, beside the documents that follow them.</summary>
public sealed partial class InMemoryKnowledge : ISourceStore
{
    private readonly Dictionary<SourceId, KnowledgeSource> _sources = [];
    private readonly Dictionary<DocumentId, SourceTie> _ties = [];

    public Task<KnowledgeSource?> AddAsync(
        WorkspaceId workspace, KnowledgeBaseId id, SourceSettings settings, DateTimeOffset? nextSyncAt, UserId? addedBy, CancellationToken cancellationToken) =>
        Locked(() =>
        {
            if (!_bases.TryGetValue(id, out var parent) || parent.Workspace != workspace)
            {
                return null;
            }

            var added = new KnowledgeSource(
                SourceId.New(), id, workspace, settings, false, null, nextSyncAt, null, null, 0, DateTimeOffset.UnixEpoch);
            return (KnowledgeSource?)(_sources[added.Id] = added);
        });

    Task<IReadOnlyList<KnowledgeSource>> ISourceStore.ListAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<KnowledgeSource>)[.. _sources.Values.Where(s => s.Base == id && s.Workspace == workspace).Select(Counted)]);

    public Task<KnowledgeSource?> FindAsync(SourceId source, CancellationToken cancellationToken) =>
        Locked(() => _sources.TryGetValue(source, out var found) ? Counted(found) : null);

    public Task<bool> ChangeAsync(SourceId source, SourceSettings settings, DateTimeOffset? nextSyncAt, CancellationToken cancellationToken) =>
        Locked(() => Change(source, s => s with { Settings = settings, NextSyncAt = nextSyncAt }));

    public Task RemoveAsync(SourceId source, CancellationToken cancellationToken) => Locked(() =>
    {
        foreach (var (document, _) in _ties.Where(tie => tie.Value.Source == source).ToList())
        {
            _ties.Remove(document);
        }

        return _sources.Remove(source);
    });

    public Task BeginSyncAsync(SourceId source, DateTimeOffset? nextSyncAt, CancellationToken cancellationToken) =>
        Locked(() => Change(source, s => s with { IsSyncing = true, NextSyncAt = nextSyncAt }));

    public Task EndSyncAsync(SourceId source, SyncReport report, Error? error, CancellationToken cancellationToken) =>
        Locked(() => Change(source, s => s with
        {
            IsSyncing = false, LastReport = report, Error = error, LastSyncAt = error is null ? DateTimeOffset.UnixEpoch : s.LastSyncAt,
        }));

    public Task<IReadOnlyList<SourceId>> ListSyncingAsync(CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<SourceId>)[.. _sources.Values.Where(s => s.IsSyncing).Select(s => s.Id)]);

    public Task<IReadOnlyList<SourceId>> ListDueAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<SourceId>)[.. _sources.Values.Where(s => !s.IsSyncing && s.NextSyncAt <= now).Select(s => s.Id)]);

    public Task<IReadOnlyList<KnowledgeSource>> ListFoldersAsync(CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<KnowledgeSource>)[.. _sources.Values.Where(s => s.Settings.Kind == SourceKind.Folder)]);

    public Task<IReadOnlyList<SourceItem>> ListItemsAsync(SourceId source, CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<SourceItem>)[.. _ties
            .Where(tie => tie.Value.Source == source && _documents.TryGetValue(tie.Key, out var d) && d.State != DocumentState.Deleting)
            .Select(tie => new SourceItem(tie.Key, tie.Value.Key, tie.Value.Stamp, _documents[tie.Key].Sha256))]);

    public Task TieAsync(DocumentId document, SourceId source, string key, string? stamp, CancellationToken cancellationToken) =>
        Locked(() => _ties[document] = new(source, key, stamp));

    public Task<bool> ReplaceContentAsync(DocumentId document, string contentType, long bytes, string sha256, CancellationToken cancellationToken) =>
        Locked(() => _documents[document].State != DocumentState.Deleting && Change(document, d => d with
        {
            ContentType = contentType, Bytes = bytes, Sha256 = sha256, State = DocumentState.Stored, Progress = 0, Error = null,
        }));

    public Task<IReadOnlyList<DocumentId>> SplitAgainAsync(KnowledgeBaseId id, CancellationToken cancellationToken) => Locked(() =>
    {
        DocumentId[] again = [.. _documents.Values.Where(d => d.Base == id && d.State == DocumentState.Indexed).Select(d => d.Id)];
        Array.ForEach(again, document => Change(document, d => d with { State = DocumentState.Splitting, Progress = 0 }));
        return (IReadOnlyList<DocumentId>)again;
    });

    private KnowledgeSource Counted(KnowledgeSource source) => source with { Documents = _ties.Count(tie => tie.Value.Source == source.Id && _documents.ContainsKey(tie.Key)) };

    private bool Change(SourceId source, Func<KnowledgeSource, KnowledgeSource> change)
    {
        var found = _sources.TryGetValue(source, out var old);
        if (found)
        {
            _sources[source] = change(old!);
        }

        return found;
    }
}
