using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>One knowledge base: its documents a page at a time, and what is on its way. Driven by the page, or by a test without a browser.</summary>
public sealed class KnowledgeBaseState(IKnowledgeStore store, IDocumentIntake intake, Caller caller, TimeProvider time)
{
    /// <summary>Documents on one page of the list.</summary>
    public const int PageSize = 50;

    // The newest documents are the ones on their way; more than these are counted when their turn comes.
    private const int Watched = 200;

    private static readonly TimeSpan s_whileWorking = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_whileIdle = TimeSpan.FromSeconds(4);

    private readonly Stack<string?> _before = [];
    private KnowledgeBaseId _id;
    private string? _at;
    private string? _after;

    /// <summary>Raised when a read found something else than the one before; from any thread.</summary>
    public event Action? Changed;

    /// <summary>The base; null before <see cref="LoadAsync"/> found it, and after it was deleted.</summary>
    public KnowledgeBase? Base { get; private set; }

    /// <summary>The present page; null before the first read.</summary>
    public IReadOnlyList<KnowledgeDocument>? Documents { get; private set; }

    /// <summary>Part of the names looked for; empty for all.</summary>
    public string Search { get; private set; } = "";

    /// <summary>Number of the first document on this page, from 1.</summary>
    public int First => (_before.Count * PageSize) + 1;

    /// <summary>True where a page follows.</summary>
    public bool HasNext => _after is not null;

    /// <summary>True where a page precedes.</summary>
    public bool HasPrevious => _before.Count > 0;

    /// <summary>What is on its way.</summary>
    public IngestionProgress Progress { get; } = new(time);

    /// <summary>What went wrong last with a command; null where nothing did.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where the caller may add, stop and remove documents.</summary>
    public bool MayWrite => caller.May(Permissions.KnowledgeWrite);

    /// <summary>Reads the base and its first page; false where there is no such base in the workspace.</summary>
    public async Task<bool> LoadAsync(KnowledgeBaseId id, CancellationToken cancellationToken)
    {
        _id = id;
        await RefreshAsync(cancellationToken);
        return Base is not null;
    }

    /// <summary>Reads the base, the present page and what is on its way again.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (await ReadAsync(cancellationToken))
        {
            Changed?.Invoke();
        }
    }

    /// <summary>Reads again and again, often while something is on its way.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        while (Base is not null)
        {
            await Task.Delay(Progress.Working > 0 ? s_whileWorking : s_whileIdle, time, cancellationToken);
            await RefreshAsync(cancellationToken);
        }
    }

    // True where anything differs from before.
    private async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        var found = await store.FindBaseAsync(caller.Workspace, _id, cancellationToken);
        if (found is null)
        {
            var was = Base;
            Base = null;
            return was is not null;
        }

        var newest = await store.ListDocumentsAsync(caller.Workspace, _id, null, null, Watched, cancellationToken);
        var page = await store.ListDocumentsAsync(caller.Workspace, _id, Search.Length == 0 ? null : Search, _at, PageSize, cancellationToken);
        var working = Progress.Working;
        Progress.Observe(newest.Items);
        var changed = found != Base || Documents is null || !page.Items.SequenceEqual(Documents) || _after != page.After || working != Progress.Working;
        (Base, Documents, _after) = (found, page.Items, page.After);
        return changed || Progress.Working > 0;
    }

    /// <summary>Looks for documents by name, from the first page.</summary>
    public Task FindAsync(string text, CancellationToken cancellationToken)
    {
        Search = text.Trim();
        _before.Clear();
        _at = null;
        return RefreshAsync(cancellationToken);
    }

    /// <summary>Turns to the next page, where there is one.</summary>
    public async Task NextAsync(CancellationToken cancellationToken)
    {
        if (_after is not null)
        {
            _before.Push(_at);
            _at = _after;
            await RefreshAsync(cancellationToken);
        }
    }

    /// <summary>Turns back, where there is a page before.</summary>
    public async Task PreviousAsync(CancellationToken cancellationToken)
    {
        if (_before.TryPop(out var at))
        {
            _at = at;
            await RefreshAsync(cancellationToken);
        }
    }

    /// <summary>Stops the ingestion of a document.</summary>
    public Task CancelAsync(DocumentId document, CancellationToken cancellationToken) =>
        DoAsync(() => intake.CancelAsync(caller.Workspace, _id, document, cancellationToken), cancellationToken);

    /// <summary>Stops every ingestion that is on its way.</summary>
    public async Task CancelAllAsync(CancellationToken cancellationToken)
    {
        var newest = await store.ListDocumentsAsync(caller.Workspace, _id, null, null, Watched, cancellationToken);
        foreach (var document in newest.Items.Where(found => found.State != DocumentState.Deleting && IngestionProgress.IsWorking(found.State)))
        {
            await CancelAsync(document.Id, cancellationToken);
        }
    }

    /// <summary>Starts a failed or cancelled ingestion again.</summary>
    public Task RetryAsync(DocumentId document, CancellationToken cancellationToken) =>
        DoAsync(() => intake.RetryAsync(caller.Workspace, _id, document, cancellationToken), cancellationToken);

    /// <summary>Removes a document with all that was made of it.</summary>
    public Task DeleteAsync(DocumentId document, CancellationToken cancellationToken) =>
        DoAsync(() => intake.DeleteAsync(caller.Workspace, _id, document, caller.User, cancellationToken), cancellationToken);

    /// <summary>Removes the base with all its documents; true where it is gone.</summary>
    public async Task<bool> DeleteBaseAsync(CancellationToken cancellationToken)
    {
        await DoAsync(() => intake.DeleteBaseAsync(caller.Workspace, _id, caller.User, cancellationToken), cancellationToken);
        return Base is null;
    }

    /// <summary>Takes back why the last command had no effect: the person went on.</summary>
    public void ForgetError() => Error = null;

    /// <summary>Gives the base another name; false where it may not, or somebody else gave it one since <paramref name="was"/> was read.</summary>
    /// <param name="was">The name that the person saw who changes it.</param>
    public async Task<bool> RenameAsync(string name, string was, CancellationToken cancellationToken)
    {
        Error = KnowledgePageErrors.Refuse(caller) ?? KnowledgePageErrors.CheckName(name);
        var isRefused = Error is null && !await store.RenameBaseAsync(caller.Workspace, _id, name.Trim(), was, cancellationToken);
        await RefreshAsync(cancellationToken);
        if (isRefused)
        {
            Error = Base is null ? KnowledgeErrors.BaseNotFound() : KnowledgeErrors.Conflict();
        }

        return Error is null;
    }

    private async Task DoAsync<T>(Func<Task<Result<T>>> command, CancellationToken cancellationToken)
    {
        Error = KnowledgePageErrors.Refuse(caller) ?? (await command()).Error;
        await RefreshAsync(cancellationToken);
    }
}
