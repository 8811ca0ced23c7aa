using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>Sources of one knowledge base; driven by the page, or by a test without a browser.</summary>
public sealed class SourcesState(IKnowledgeSources sources, Caller caller, KnowledgeBaseId parent, TimeProvider time)
{
    private static readonly TimeSpan s_whileSyncing = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_whileIdle = TimeSpan.FromSeconds(10);

    /// <summary>Raised when a read found something else than the one before; from any thread.</summary>
    public event Action? Changed;

    /// <summary>Oldest first; empty before the first read.</summary>
    public IReadOnlyList<KnowledgeSource> Items { get; private set; } = [];

    /// <summary>What went wrong last with a command; null where nothing did.</summary>
    public Error? Error { get; private set; }

    /// <summary>Folders below which a folder may be a source.</summary>
    public IReadOnlyList<string> AllowedRoots => sources.AllowedRoots;

    /// <summary>True where the caller may add, read and remove sources.</summary>
    public bool MayWrite => caller.May(Permissions.KnowledgeWrite);

    /// <summary>Reads them.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var read = await sources.ListAsync(caller.Workspace, parent, cancellationToken);
        if (!read.SequenceEqual(Items))
        {
            Items = read;
            Changed?.Invoke();
        }
    }

    /// <summary>Reads them again and again, often while one is being read.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await RefreshAsync(cancellationToken);
            await Task.Delay(Items.Any(source => source.IsSyncing) ? s_whileSyncing : s_whileIdle, time, cancellationToken);
        }
    }

    /// <summary>Adds one and begins to read it; true where that went well.</summary>
    public Task<bool> AddAsync(SourceSettings settings, CancellationToken cancellationToken) =>
        DoAsync(async () => (await sources.AddAsync(caller.Workspace, parent, settings, caller.User, cancellationToken)).Error, cancellationToken);

    /// <summary>Reads one now.</summary>
    public Task<bool> SyncAsync(SourceId source, CancellationToken cancellationToken) =>
        DoAsync(async () => (await sources.SyncAsync(caller.Workspace, parent, source, cancellationToken)).Error, cancellationToken);

    /// <summary>Removes one; its documents stay unless they are to go.</summary>
    public Task<bool> RemoveAsync(SourceId source, bool withDocuments, CancellationToken cancellationToken) =>
        DoAsync(async () => (await sources.RemoveAsync(caller.Workspace, parent, source, withDocuments, caller.User, cancellationToken)).Error, cancellationToken);

    /// <summary>Forgets what went wrong.</summary>
    public void Forget() => Error = null;

    private async Task<bool> DoAsync(Func<Task<Error?>> command, CancellationToken cancellationToken)
    {
        // The page offers nothing to those who only read; a circuit whose rights shrank may still ask.
        Error = KnowledgePageErrors.Refuse(caller) ?? await command();
        await RefreshAsync(cancellationToken);
        Changed?.Invoke();
        return Error is null;
    }
}
