using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>Where documents come from by themselves.</summary>
public enum SourceKind
{
    /// <summary>A folder of the server, below a root that its operator named.</summary>
    Folder,

    /// <summary>A web page, or the pages that can be reached from it.</summary>
    Web,
}

/// <summary>What a source is and when it is read again.</summary>
/// <param name="Location">Absolute path of the folder, or address of the first page.</param>
/// <param name="Depth">How many links or folders deep; 0: the page or the folder alone.</param>
/// <param name="MaxItems">Most pages or files that are read.</param>
/// <param name="Schedule">Cron expression with five fields, UTC; null: on demand, and a folder when something in it changes.</param>
public sealed record SourceSettings(SourceKind Kind, string Location, int Depth, int MaxItems, string? Schedule)
{
    /// <summary>Largest <see cref="Depth"/>.</summary>
    public const int DeepestFolder = 32, DeepestWeb = 5;

    /// <summary>Largest <see cref="MaxItems"/>.</summary>
    public const int MostFiles = 100_000, MostPages = 5_000;
}

/// <summary>A source of a knowledge base: its documents follow what is there.</summary>
/// <param name="IsSyncing">True while it is being read.</param>
/// <param name="LastSyncAt">When it was last read to its end; null before the first time.</param>
/// <param name="NextSyncAt">When its schedule reads it again; null without one.</param>
/// <param name="Error">Why the last reading ended early; null where it did not.</param>
/// <param name="LastReport">What the last reading found; null before the first.</param>
public sealed record KnowledgeSource(
    SourceId Id,
    KnowledgeBaseId Base,
    WorkspaceId Workspace,
    SourceSettings Settings,
    bool IsSyncing,
    DateTimeOffset? LastSyncAt,
    DateTimeOffset? NextSyncAt,
    Error? Error,
    SyncReport? LastReport,
    int Documents,
    DateTimeOffset CreatedAt);

/// <summary>What one reading of a source found.</summary>
/// <param name="Failed">Items that could not be fetched; their documents stay as they are.</param>
public sealed record SyncReport(int Added, int Changed, int Unchanged, int Removed, int Failed);

/// <summary>A document of a source, as the last reading left it.</summary>
/// <param name="Key">Its path below the folder, or its address.</param>
/// <param name="Stamp">What tells a change without its content: size and time, or the server's tag; null where there is none.</param>
public sealed record SourceItem(DocumentId Document, string Key, string? Stamp, string Sha256);

/// <summary>Sources as people and scripts see them.</summary>
public interface IKnowledgeSources
{
    /// <summary>Adds a source and begins to read it. Fails where the base is unknown, the folder is not allowed, the address or the schedule is none.</summary>
    Task<Result<KnowledgeSource>> AddAsync(
        WorkspaceId workspace, KnowledgeBaseId id, SourceSettings settings, UserId? addedBy, CancellationToken cancellationToken);

    /// <summary>In the order in which they were added.</summary>
    Task<IReadOnlyList<KnowledgeSource>> ListAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken);

    Task<KnowledgeSource?> FindAsync(WorkspaceId workspace, KnowledgeBaseId id, SourceId source, CancellationToken cancellationToken);

    /// <summary>Changes depth, limit and schedule; kind and location stay.</summary>
    Task<Result<KnowledgeSource>> ChangeAsync(
        WorkspaceId workspace, KnowledgeBaseId id, SourceId source, SourceSettings settings, CancellationToken cancellationToken);

    /// <summary>Begins to read it now, where it is not being read.</summary>
    Task<Result<KnowledgeSource>> SyncAsync(WorkspaceId workspace, KnowledgeBaseId id, SourceId source, CancellationToken cancellationToken);

    /// <summary>Removes the source, with its documents or without.</summary>
    Task<Result<Unit>> RemoveAsync(
        WorkspaceId workspace, KnowledgeBaseId id, SourceId source, bool withDocuments, UserId? removedBy, CancellationToken cancellationToken);

    /// <summary>The folders below which a folder may be a source; empty: none may.</summary>
    IReadOnlyList<string> AllowedRoots { get; }
}

/// <summary>What is true of sources; each method is one transaction.</summary>
public interface ISourceStore
{
    /// <summary>Null where there is no such base.</summary>
    Task<KnowledgeSource?> AddAsync(
        WorkspaceId workspace, KnowledgeBaseId id, SourceSettings settings, DateTimeOffset? nextSyncAt, UserId? addedBy, CancellationToken cancellationToken);

    Task<IReadOnlyList<KnowledgeSource>> ListAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken);

    Task<KnowledgeSource?> FindAsync(SourceId source, CancellationToken cancellationToken);

    Task<bool> ChangeAsync(SourceId source, SourceSettings settings, DateTimeOffset? nextSyncAt, CancellationToken cancellationToken);

    /// <summary>Removes it; its documents stay, and are no source's any more.</summary>
    Task RemoveAsync(SourceId source, CancellationToken cancellationToken);

    /// <summary>Marks it as being read, and when the next time is.</summary>
    Task BeginSyncAsync(SourceId source, DateTimeOffset? nextSyncAt, CancellationToken cancellationToken);

    /// <summary>Marks it as read; with an error where that ended early.</summary>
    Task EndSyncAsync(SourceId source, SyncReport report, Error? error, CancellationToken cancellationToken);

    /// <summary>Sources that were being read when the process ended.</summary>
    Task<IReadOnlyList<SourceId>> ListSyncingAsync(CancellationToken cancellationToken);

    /// <summary>Sources whose time has come and that are not being read.</summary>
    Task<IReadOnlyList<SourceId>> ListDueAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Sources of every workspace that are folders of the server.</summary>
    Task<IReadOnlyList<KnowledgeSource>> ListFoldersAsync(CancellationToken cancellationToken);

    /// <summary>Its documents that are not being deleted.</summary>
    Task<IReadOnlyList<SourceItem>> ListItemsAsync(SourceId source, CancellationToken cancellationToken);

    /// <summary>Says that a document is of a source, or what its stamp is now.</summary>
    Task TieAsync(DocumentId document, SourceId source, string key, string? stamp, CancellationToken cancellationToken);

    /// <summary>
    /// Gives a document other bytes and lets it be read again, from <see cref="DocumentState.Stored"/>; its id stays, and with it what was said
    /// about its passages. False where it is gone or being deleted.
    /// </summary>
    Task<bool> ReplaceContentAsync(DocumentId document, string contentType, long bytes, string sha256, CancellationToken cancellationToken);

    /// <summary>Lets every document of a base that has its text be cut again; returns which.</summary>
    Task<IReadOnlyList<DocumentId>> SplitAgainAsync(KnowledgeBaseId id, CancellationToken cancellationToken);
}
