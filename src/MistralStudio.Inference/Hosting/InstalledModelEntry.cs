using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Embeddings;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Reranking;

namespace MistralStudio.Inference.Hosting;

/// <summary>An installed model and what of it is in memory. Loaded and unloaded under <see cref="Gate"/> alone; read from anywhere.</summary>
internal sealed class InstalledModelEntry(ModelFolder folder, InstalledModel described) : IDisposable
{
    private InstalledModel _info = described;
    private int _uses;
    private long _answered;
    private long _lastUsed;
    private long _reservedBytes;
    private FileStream? _held;

    public ModelFolder Folder { get; } = folder;

    /// <summary>One load or unload at a time.</summary>
    public SemaphoreSlim Gate { get; } = new(1);

    public ChatModel? Chat { get; private set; }

    public EmbeddingModel? Embedder { get; private set; }

    public CrossEncoder? Reranker { get; private set; }

    public int Uses => Volatile.Read(ref _uses);

    /// <summary>True while something runs on it, or waits for it to be loaded.</summary>
    public bool IsBusy => Uses > 0 || Gate.CurrentCount == 0;

    /// <summary>Timestamp of its last use.</summary>
    public long LastUsed => Volatile.Read(ref _lastUsed);

    /// <summary>Memory that is set aside for it, bytes; 0 where it is neither loaded nor being loaded.</summary>
    public long ReservedBytes
    {
        get => Volatile.Read(ref _reservedBytes);
        set => Volatile.Write(ref _reservedBytes, value);
    }

    public InstalledModel Info => Volatile.Read(ref _info) with
    {
        AnsweredRequests = Volatile.Read(ref _answered),
        ActiveRequests = Chat?.Engine.ActiveRequests ?? Embedder?.ActiveRequests ?? Reranker?.ActiveRequests ?? 0,
        WaitingRequests = Chat?.Engine.WaitingRequests ?? 0,
        MemoryBytes = Chat?.Engine.TouchedBytes ?? Embedder?.MemoryBytes ?? Reranker?.MemoryBytes ?? 0,
    };

    public void BeginUse() => Interlocked.Increment(ref _uses);

    /// <summary>True where nothing runs on it any more.</summary>
    public bool EndUse(long now)
    {
        Volatile.Write(ref _lastUsed, now);
        Interlocked.Increment(ref _answered);
        return Interlocked.Decrement(ref _uses) == 0;
    }

    public void NoteLoading() => Change(info => info with { State = ModelState.Loading, Error = null });

    /// <summary>Holds the weights' file while they are in memory, so that another process sees that they are.</summary>
    public void Hold() => _held ??= new FileStream(Folder.File, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);

    /// <summary>It could not be loaded; it is tried again when it is asked for again.</summary>
    public void NoteFailed(Error error)
    {
        ReservedBytes = 0;
        Change(info => info with { State = ModelState.Failed, Error = error });
    }

    public void NoteReady(ChatModel chat)
    {
        Chat = chat;
        ReservedBytes = chat.MemoryBytes;
        Change(info => info with
        {
            State = ModelState.Ready,
            Error = null,
            Device = chat.Device,
            DeviceReason = chat.DeviceReason,
            Precision = chat.Precision,
            PrecisionReason = chat.PrecisionReason,
            ContextLength = chat.ContextLength,
        });
    }

    public void NoteReady(EmbeddingModel embedder)
    {
        Embedder = embedder;
        ReservedBytes = embedder.MemoryBytes;
        Change(info => info with { State = ModelState.Ready, Error = null });
    }

    public void NoteReady(CrossEncoder reranker)
    {
        Reranker = reranker;
        ReservedBytes = reranker.MemoryBytes;
        Change(info => info with { State = ModelState.Ready, Error = null });
    }

    public void NoteSpeed(GenerationEvent.Finished finished)
    {
        // Shorter answers say more of the clock than of the model.
        if (finished.OutputTokens > 8 && finished.Timings.DecodeMs > 0)
        {
            Change(info => info with { TokensPerSecond = (finished.OutputTokens - 1) * 1000 / finished.Timings.DecodeMs });
        }
    }

    /// <summary>Unloads it where it is idle; false where it is not.</summary>
    public async ValueTask<bool> TryUnloadAsync()
    {
        if (!await Gate.WaitAsync(TimeSpan.Zero))
        {
            return false;
        }

        try
        {
            return await UnloadIdleAsync();
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>Under <see cref="Gate"/>: unloads it where it is idle; false where it is not.</summary>
    public async ValueTask<bool> UnloadIdleAsync()
    {
        // Who begins a use looks at the state after that, who unloads looks at the uses after this: one of the two sees the other.
        var before = Change(info => info with { State = ModelState.OnDisk, Error = null });
        if (Uses > 0)
        {
            Change(info => info with { State = before.State, Error = before.Error });
            return false;
        }

        await UnloadAsync();
        return true;
    }

    /// <summary>Unloads it, whatever runs on it.</summary>
    public async ValueTask UnloadAsync()
    {
        _held?.Dispose();
        _held = null;
        var (chat, embedder, reranker) = (Chat, Embedder, Reranker);
        (Chat, Embedder, Reranker) = (null, null, null);
        Change(info => info with { State = ModelState.OnDisk, Error = null });
        if (chat is not null)
        {
            await chat.DisposeAsync();
        }

        if (embedder is not null)
        {
            embedder.Dispose();
            await embedder.Closed;
        }

        if (reranker is not null)
        {
            reranker.Dispose();
            await reranker.Closed;
        }

        ReservedBytes = 0;
    }

    public void Dispose() => Gate.Dispose();

    // Speeds are noted from any thread: none of the changes may be lost. Returns what was before.
    private InstalledModel Change(Func<InstalledModel, InstalledModel> change)
    {
        while (true)
        {
            var known = Volatile.Read(ref _info);
            if (Interlocked.CompareExchange(ref _info, change(known), known) == known)
            {
                return known;
            }
        }
    }
}
