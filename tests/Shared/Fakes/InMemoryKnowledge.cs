using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>Bases, documents, texts and passages in memory, behind their seams.</summary>
public sealed partial class InMemoryKnowledge : IKnowledgeStore, IPassageStore, IIndexPlacements, IVectorMakers
{
    private readonly Lock _gate = new();
    private readonly Dictionary<KnowledgeBaseId, KnowledgeBase> _bases = [];
    private readonly Dictionary<DocumentId, KnowledgeDocument> _documents = [];
    private readonly Dictionary<DocumentId, ExtractedText> _texts = [];
    private readonly Dictionary<DocumentId, IReadOnlyList<Passage>> _passages = [];

    /// <summary>Called with the name of each writing method before it commits; throw here to be a crash.</summary>
    public Action<string>? BeforeCommit { get; set; }

    /// <summary>Each state that a document entered, in order.</summary>
    public List<(DocumentId Document, DocumentState State)> Entered { get; } = [];

    /// <summary>Every progress that was reported.</summary>
    public List<double> Progress { get; } = [];

    public Task<KnowledgeBase> CreateBaseAsync(
        WorkspaceId workspace, string name, string embeddingModel, UserId? createdBy, CancellationToken cancellationToken) =>
        Locked(() =>
        {
            var created = new KnowledgeBase(KnowledgeBaseId.New(), workspace, name, embeddingModel, DateTimeOffset.UnixEpoch, 0, 0);
            return _bases[created.Id] = created;
        });

    public Task<Listing<KnowledgeBase>> ListBasesAsync(
        WorkspaceId workspace, string? search, string? after, int limit, CancellationToken cancellationToken) =>
        Locked(() => Page(_bases.Values.Where(b => Exists(workspace, b.Id)).OrderByDescending(b => b.Id.Value), after, limit));

    public Task<KnowledgeBase?> FindBaseAsync(KnowledgeAccess access, KnowledgeBaseId id, CancellationToken cancellationToken) =>
        Locked(() => Exists(access, id) ? _bases[id] : null);

    public Task<bool> RenameBaseAsync(WorkspaceId workspace, KnowledgeBaseId id, string name, string? was, CancellationToken cancellationToken) =>
        Locked(() =>
        {
            var found = _bases.TryGetValue(id, out var old) && old.Workspace == workspace && (was is null || old.Name == was);
            if (found)
            {
                _bases[id] = old! with { Name = name };
            }

            return found;
        });

    public Task<bool> ChangeSettingsAsync(
        WorkspaceId workspace, KnowledgeBaseId id, KnowledgeSettings settings, int wasVersion, CancellationToken cancellationToken) =>
        Locked(() =>
        {
            var found = _bases.TryGetValue(id, out var old) && old.Workspace == workspace && old.SettingsVersion == wasVersion;
            if (found)
            {
                _bases[id] = old! with { Settings = settings, SettingsVersion = wasVersion + 1 };
            }

            return found;
        });

    public Task<bool> DeleteEmptyBaseAsync(KnowledgeAccess access, KnowledgeBaseId id, UserId? by, CancellationToken cancellationToken) =>
        Locked(() => Exists(access, id)
            && _documents.Values.All(d => d.Base != id) && _bases.Remove(id));

    public Task<bool> BeginDeletionAsync(KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, UserId? by, CancellationToken cancellationToken) =>
        Commit(nameof(BeginDeletionAsync), () => Enter(document, DocumentState.Deleting, null));

    public Task<KnowledgeDocument?> AddDocumentAsync(
        KnowledgeAccess access, KnowledgeBaseId id, NewDocument document, CancellationToken cancellationToken) =>
        Locked(() =>
        {
            if (!Exists(access, id))
            {
                return null;
            }

            var added = new KnowledgeDocument(
                DocumentId.New(), id, access.Workspace, document.Name, document.ContentType, document.Bytes, document.Sha256,
                DocumentState.Stored, 0, 0, 0, null, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
            _documents[added.Id] = added;
            if (document.Source is { } tie)
            {
                _ties[added.Id] = tie;
            }

            return (KnowledgeDocument?)added;
        });

    public Task<Listing<KnowledgeDocument>> ListDocumentsAsync(
        KnowledgeAccess access, KnowledgeBaseId id, string? search, string? after, int limit, CancellationToken cancellationToken) =>
        Locked(() => Page(_documents.Values.Where(d => d.Base == id && Exists(access, id)).OrderByDescending(d => d.Id.Value), after, limit));

    public Task<IReadOnlyList<KnowledgeBase>> ListBusyBasesAsync(WorkspaceId workspace, CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<KnowledgeBase>)[.. _bases.Values.Where(found => Exists(workspace, found.Id) && _documents.Values.Any(document => document.Base == found.Id
            && document.State is not (DocumentState.Indexed or DocumentState.Failed or DocumentState.Cancelled or DocumentState.Deleting)))]);

    public Task<KnowledgeDocument?> FindDocumentAsync(
        KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, CancellationToken cancellationToken) =>
        Locked(() => Mine(access, id, document));

    public Task<KnowledgeDocument?> DescribeDocumentAsync(
        WorkspaceId workspace, KnowledgeBaseId id, DocumentId document, IReadOnlyDictionary<string, MetadataValue> metadata, int wasVersion,
        CancellationToken cancellationToken) =>
        Locked(() => Mine(workspace, id, document)?.MetadataVersion == wasVersion
            && Change(document, d => d with { Metadata = metadata, MetadataVersion = wasVersion + 1 }) ? Mine(workspace, id, document) : null);

    public Task<ExtractedText?> ReadTextAsync(KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, CancellationToken cancellationToken) =>
        Locked(() => Mine(access, id, document) is null ? null : _texts.GetValueOrDefault(document));

    public Task<Listing<Passage>> ListPassagesAsync(
        KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, PassageFilter filter, string? after, int limit, CancellationToken cancellationToken) =>
        Locked(() => Page(Mine(access, id, document) is null ? [] : Passages(document).Select(p => WithTwins(p, id)).Where(p => Fits(p, filter)), after, limit));

    public Task<Passage?> FindPassageAsync(KnowledgeAccess access, KnowledgeBaseId id, PassageId passage, CancellationToken cancellationToken) =>
        Locked(() => AllPassages().FirstOrDefault(p => p.Id == passage && Mine(access, id, p.Document) is not null) is { } found ? WithTwins(found, id) : null);

    public Task<KnowledgeDocument?> FindAsync(DocumentId document, CancellationToken cancellationToken) =>
        Locked(() => _documents.GetValueOrDefault(document));

    public Task<IReadOnlyList<DocumentId>> ListUnfinishedAsync(CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<DocumentId>)[.. _documents.Values
            .Where(d => d.State is not (DocumentState.Indexed or DocumentState.Failed or DocumentState.Cancelled)).Select(d => d.Id)]);

    public Task<IReadOnlyList<DocumentId>> ListIndexedAsync(CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<DocumentId>)[.. _documents.Values.Where(d => d.State == DocumentState.Indexed).Select(d => d.Id)]);

    public Task<bool> EnterAsync(DocumentId document, DocumentState state, CancellationToken cancellationToken) =>
        Commit(nameof(EnterAsync), () => Enter(document, state, null));

    public Task<bool> FinishAsync(DocumentId document, int revisions, CancellationToken cancellationToken) =>
        Commit(nameof(FinishAsync), () => _documents.TryGetValue(document, out var found) && found.Revisions == revisions && Enter(document, DocumentState.Indexed, null));

    public Task ReportProgressAsync(DocumentId document, double progress, CancellationToken cancellationToken) =>
        Commit(nameof(ReportProgressAsync), () =>
        {
            Progress.Add(progress);
            return Change(document, d => d with { Progress = progress });
        });

    public Task FailAsync(DocumentId document, Error error, CancellationToken cancellationToken) =>
        Commit(nameof(FailAsync), () => Enter(document, DocumentState.Failed, error));

    public Task SaveTextAsync(DocumentId document, ExtractedText text, CancellationToken cancellationToken) =>
        Commit(nameof(SaveTextAsync), () =>
        {
            var entered = Enter(document, DocumentState.Splitting, null);
            if (entered)
            {
                _texts[document] = text;
                Change(document, d => d with { Pages = text.Pages.Count, Notes = text.Notes.Count == 0 ? null : new(text.Notes) });
            }

            return entered;
        });

    public Task<ExtractedText?> ReadTextAsync(DocumentId document, CancellationToken cancellationToken) =>
        Locked(() => _texts.GetValueOrDefault(document));

    public Task ReplacePassagesAsync(DocumentId document, IReadOnlyList<Passage> passages, CancellationToken cancellationToken) =>
        Commit(nameof(ReplacePassagesAsync), () =>
        {
            var entered = Enter(document, DocumentState.Embedding, null);
            if (entered)
            {
                _passages[document] = passages;
                Change(document, d => d with { Passages = passages.Count });
            }

            return entered;
        });

    public Task<IReadOnlyList<Passage>> ReadPassagesAsync(DocumentId document, CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<Passage>)[.. Passages(document)]);

    public Task<IReadOnlyList<Passage>> ReadRangeAsync(DocumentId document, int first, int last, CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<Passage>)[.. Passages(document).Where(p => p.Ordinal >= first && p.Ordinal <= last)]);

    public Task<IReadOnlyList<Passage>> ReadChangedAsync(DocumentId document, CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<Passage>)[.. Passages(document).Where(p => p.IsDisabled || p.Edit is not null)]);

    public Task<IReadOnlyList<LocatedPassage>> GetAsync(
        KnowledgeAccess access, IReadOnlyCollection<PassageId> passages, CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<LocatedPassage>)[.. AllPassages()
            .Where(p => passages.Contains(p.Id) && _documents.TryGetValue(p.Document, out var d) && Exists(access, d.Base))
            .Select(p => new LocatedPassage(p, _documents[p.Document].Base, _documents[p.Document].Name))]);

    public Task RemoveAsync(DocumentId document, CancellationToken cancellationToken) =>
        Commit(nameof(RemoveAsync), () =>
        {
            _texts.Remove(document);
            _passages.Remove(document);
            return _documents.Remove(document);
        });

    Task<IndexPlacement?> IIndexPlacements.FindAsync(KnowledgeBaseId id, CancellationToken cancellationToken) =>
        Locked(() => _bases.GetValueOrDefault(id)?.Placement);

    Task<bool> IIndexPlacements.WriteAsync(KnowledgeBaseId id, IndexPlacement placement, CancellationToken cancellationToken) =>
        Locked(() => Place(id, null, placement));

    Task<bool> IIndexPlacements.TryWriteAsync(KnowledgeBaseId id, IndexPlacement was, IndexPlacement placement, CancellationToken cancellationToken) =>
        Commit("Place", () => Place(id, was, placement));

    Task<IReadOnlyList<KnowledgeBaseId>> IIndexPlacements.ListMovingAsync(CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<KnowledgeBaseId>)[.. _bases.Values.Where(b => b.Placement.MovingTo is not null).Select(b => b.Id)]);

    Task<IReadOnlyList<DocumentId>> IIndexPlacements.ListDocumentsAsync(KnowledgeBaseId id, CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<DocumentId>)[.. _documents.Values.Where(d => d.Base == id && d.State == DocumentState.Indexed).Select(d => d.Id)]);

    Task<bool> IIndexPlacements.StartMoveAsync(
        WorkspaceId workspace, KnowledgeBaseId id, IndexPlacement was, IndexPlacement placement, bool leaves, UserId? by, CancellationToken cancellationToken) =>
        Commit("Place", () => Exists(workspace, id) && !(leaves && _bases[id].StaysOnMachine) && Place(id, was, placement));

    Task<bool> IIndexPlacements.StaysAsync(KnowledgeBaseId id, CancellationToken cancellationToken) =>
        Locked(() => _bases.GetValueOrDefault(id)?.StaysOnMachine == true);

    Task<IReadOnlyList<string>> IIndexPlacements.ListInAsync(WorkspaceId workspace, KnowledgeBaseId? id, IndexStore store, CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<string>)[.. _bases.Values
            .Where(b => b.Workspace == workspace && (id is null || b.Id == id) && (b.Placement.Store == store || b.Placement.MovingTo == store)).Select(b => b.Name)]);

    Task<string?> IVectorMakers.FindAsync(KnowledgeBaseId id, CancellationToken cancellationToken) => Locked(() => _bases.GetValueOrDefault(id)?.VectorsMadeBy);

    Task<bool> IVectorMakers.TryWriteAsync(KnowledgeBaseId id, string? was, string maker, CancellationToken cancellationToken) => Locked(() =>
    {
        var found = _bases.TryGetValue(id, out var kept) && kept.VectorsMadeBy == was;
        if (found)
        {
            _bases[id] = kept! with { VectorsMadeBy = maker };
        }

        return found;
    });

    /// <summary>Keeps a base on this machine, or lets it go.</summary>
    public void Keep(KnowledgeBaseId id, bool stays) => Locked(() => _bases[id] = _bases[id] with { StaysOnMachine = stays });

    private bool Place(KnowledgeBaseId id, IndexPlacement? was, IndexPlacement placement)
    {
        if (!_bases.TryGetValue(id, out var found) || (was is not null && (found.Placement.Store, found.Placement.MovingTo) != (was.Store, was.MovingTo)))
        {
            return false;
        }

        _bases[id] = found with { Placement = placement };
        return true;
    }

    private static Listing<T> Page<T>(IEnumerable<T> all, string? after, int limit)
    {
        var skip = after is null ? 0 : int.Parse(after, System.Globalization.CultureInfo.InvariantCulture);
        T[] items = [.. all.Skip(skip).Take(limit + 1)];
        return new(items[..Math.Min(limit, items.Length)], items.Length > limit ? $"{skip + limit}" : null);
    }

    private KnowledgeDocument? Mine(KnowledgeAccess access, KnowledgeBaseId id, DocumentId document) =>
        _documents.TryGetValue(document, out var found) && found.Base == id && Exists(access, id) ? found : null;

    private bool Exists(KnowledgeAccess access, KnowledgeBaseId id) =>
        _bases.TryGetValue(id, out var found) && found.Workspace == access.Workspace && IsThere(access, id);

    private bool Enter(DocumentId document, DocumentState state, Error? error)
    {
        if (!_documents.TryGetValue(document, out var found) || (found.State == DocumentState.Deleting && state != DocumentState.Deleting))
        {
            return false;
        }

        Entered.Add((document, state));
        return Change(document, d => d with { State = state, Progress = 0, Error = error });
    }

    private bool Change(DocumentId document, Func<KnowledgeDocument, KnowledgeDocument> change)
    {
        var found = _documents.TryGetValue(document, out var old);
        if (found)
        {
            _documents[document] = change(old!);
        }

        return found;
    }

    private Task<T> Commit<T>(string name, Func<T> write)
    {
        BeforeCommit?.Invoke(name);
        return Locked(write);
    }

    private Task<T> Locked<T>(Func<T> read)
    {
        lock (_gate)
        {
            return Task.FromResult(read());
        }
    }
}
