using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Embeddings;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Reranking;

namespace MistralStudio.Inference.Hosting;

/// <summary>An installed model and what of it is in memory. Changed under <see cref="Gate"/> alone; read from anywhere.</summary>
internal sealed class InstalledModelEntry(ModelFolder folder, InstalledModel described) : IDisposable
{
    private volatile InstalledModel _info = described;
    private int _uses;

    public ModelFolder Folder { get; } = folder;

    /// <summary>One load or unload at a time.</summary>
    public SemaphoreSlim Gate { get; } = new(1);

    public ChatModel? Chat { get; private set; }

    public EmbeddingModel? Embedder { get; private set; }

    public CrossEncoder? Reranker { get; private set; }

    public int Uses => Volatile.Read(ref _uses);

    public InstalledModel Info => _info with { ActiveRequests = Chat?.Engine.ActiveRequests ?? Embedder?.ActiveRequests ?? Reranker?.ActiveRequests ?? 0 };

    public void BeginUse() => Interlocked.Increment(ref _uses);

    public void EndUse() => Interlocked.Decrement(ref _uses);

    public void NoteLoading() => _info = _info with { State = ModelState.Loading, Error = null };

    public void NoteFailed(Error error) => _info = _info with { State = ModelState.Failed, Error = error };

    public void NoteReady(ChatModel chat)
    {
        Chat = chat;
        _info = _info with { State = ModelState.Ready, Error = null, MemoryBytes = chat.MemoryBytes };
    }

    public void NoteReady(EmbeddingModel embedder)
    {
        Embedder = embedder;
        _info = _info with { State = ModelState.Ready, Error = null, MemoryBytes = embedder.MemoryBytes };
    }

    public void NoteReady(CrossEncoder reranker)
    {
        Reranker = reranker;
        _info = _info with { State = ModelState.Ready, Error = null, MemoryBytes = reranker.MemoryBytes };
    }

    public void NoteSpeed(GenerationEvent.Finished finished)
    {
        // Shorter answers say more of the clock than of the model.
        if (finished.OutputTokens > 8 && finished.Timings.DecodeMs > 0)
        {
            _info = _info with { TokensPerSecond = (finished.OutputTokens - 1) * 1000 / finished.Timings.DecodeMs };
        }
    }

    public async ValueTask UnloadAsync()
    {
        var (chat, embedder, reranker) = (Chat, Embedder, Reranker);
        (Chat, Embedder, Reranker) = (null, null, null);
        _info = _info with { State = ModelState.OnDisk, Error = null, MemoryBytes = 0 };
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
    }

    public void Dispose() => Gate.Dispose();
}
