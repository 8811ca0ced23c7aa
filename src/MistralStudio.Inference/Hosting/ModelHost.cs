using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Embeddings;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Reranking;

namespace MistralStudio.Inference.Hosting;

/// <inheritdoc cref="IModelHost"/>
internal sealed class ModelHost : IModelHost, IAsyncDisposable
{
    /// <summary>How long a request waits for its model.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan s_loadRetry = TimeSpan.FromSeconds(10);

    private readonly InferenceOptions _options;
    private readonly GraphCache _compiled;
    private readonly ILogger<ModelHost> _log;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, InstalledModelEntry> _entries = new(StringComparer.Ordinal);
    private readonly InstalledFolders _folders;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _draining;
    private int _chats;

    public ModelHost(IOptions<InferenceOptions> options, DataModels models, TimeProvider time, ILogger<ModelHost> log)
    {
        _options = options.Value;
        _compiled = new GraphCache(models.Compiled);
        _time = time;
        _log = log;
        _folders = new(_options, models);
    }

    public IReadOnlyList<InstalledModel> List()
    {
        ReadFolders();
        return [.. _entries.Values.Select(entry => entry.Info).OrderBy(model => model.Task).ThenBy(model => model.Id, StringComparer.Ordinal)];
    }

    public InstalledModel? Find(string id) => FindEntry(id)?.Info;

    public Result<IChatClient> Chat(string id)
    {
        var entry = Entry(id, ModelTask.Chat);
        return entry.IsSuccess ? new ChatClient(entry.Value, this, _time) : entry.Error;
    }

    public Result<IEmbeddingGenerator<string, Embedding<float>>> Embedder(string id)
    {
        var entry = Entry(id, ModelTask.Embedding);
        return entry.IsSuccess ? new Embedder(entry.Value, this) : entry.Error;
    }

    public Result<IReranker> Reranker(string id)
    {
        var entry = Entry(id, ModelTask.Reranking);
        return entry.IsSuccess ? new Reranker(entry.Value, this) : entry.Error;
    }

    public async Task<Result<InstalledModel>> LoadAsync(string id, CancellationToken cancellationToken)
    {
        if (FindEntry(id) is not { } entry)
        {
            return NotFound(id);
        }

        return await EnsureLoadedAsync(entry, cancellationToken) is { } error ? error : entry.Info;
    }

    public async Task<Result<InstalledModel>> UnloadAsync(string id, CancellationToken cancellationToken)
    {
        if (FindEntry(id) is not { } entry)
        {
            return NotFound(id);
        }

        await entry.Gate.WaitAsync(cancellationToken);
        try
        {
            if (entry.Uses > 0)
            {
                return HostErrors.InUse(id, entry.Uses);
            }

            await entry.UnloadAsync();
            return entry.Info;
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>Takes a model out of memory and off the list; refused while it answers.</summary>
    /// <param name="remove">Removes its files, or says why they stay; then the model stays as well.</param>
    internal async Task<Result<InstalledModel>> WithdrawAsync(string id, Func<ModelFolder, Error?> remove, CancellationToken cancellationToken)
    {
        if (FindEntry(id) is not { } entry)
        {
            return NotFound(id);
        }

        await entry.Gate.WaitAsync(cancellationToken);
        try
        {
            if (entry.Uses > 0)
            {
                return HostErrors.InUse(id, entry.Uses);
            }

            await entry.UnloadAsync();
            if (remove(entry.Folder) is { } error)
            {
                return error;
            }

            _entries.TryRemove(new(id, entry));
            return entry.Info;
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>Cancelled when running chats have had their time and the process ends.</summary>
    internal CancellationToken Ending => _ending.Token;

    /// <summary>Takes no more chats; completes when those that run have ended.</summary>
    internal Task DrainAsync()
    {
        _draining = true;
        return Volatile.Read(ref _chats) == 0 ? Task.CompletedTask : _drained.Task;
    }

    /// <summary>Ends the chats that still run.</summary>
    internal Task EndChatsAsync() => _ending.CancelAsync();

    /// <summary>One chat more; refused once the process is about to end.</summary>
    internal void BeginChat()
    {
        Interlocked.Increment(ref _chats);
        if (_draining)
        {
            EndChat();
            throw new ModelException(HostErrors.Stopping(), TimeSpan.FromSeconds(10));
        }
    }

    internal void EndChat()
    {
        if (Interlocked.Decrement(ref _chats) == 0 && _draining)
        {
            _drained.TrySetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // More than once, since it is registered under two types; a source without a timer needs no disposing.
        await _ending.CancelAsync();
        foreach (var entry in _entries.Values)
        {
            await entry.UnloadAsync();
            entry.Dispose();
        }
    }

    /// <summary>Loads a model if need be and keeps it loaded until the use is disposed of.</summary>
    /// <exception cref="ModelException">It cannot be loaded.</exception>
    internal async ValueTask<ModelUse> UseAsync(InstalledModelEntry entry, CancellationToken cancellationToken)
    {
        entry.BeginUse();
        try
        {
            // The load goes on for those who ask again.
            return await EnsureLoadedAsync(entry, cancellationToken).WaitAsync(s_patience, _time, cancellationToken) is { } error
                ? throw new ModelException(error)
                : new ModelUse(entry);
        }
        catch (TimeoutException)
        {
            entry.EndUse();
            throw new ModelException(ModelErrors.Loading(entry.Folder.Id), s_loadRetry);
        }
        catch
        {
            entry.EndUse();
            throw;
        }
    }

    private async Task<Error?> EnsureLoadedAsync(InstalledModelEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Info.State == ModelState.Ready)
        {
            return null;
        }

        await entry.Gate.WaitAsync(cancellationToken);
        try
        {
            if (entry.Info.State == ModelState.Ready)
            {
                return null;
            }

            entry.NoteLoading();
            var began = Stopwatch.GetTimestamp();
            // Not cancelled with the first who asked: others wait for the same model.
            var (error, cause) = await Task.Run(() => LoadAsync(entry), CancellationToken.None);
            if (error is not null)
            {
                entry.NoteFailed(error);
                Log.ModelFailed(_log, entry.Folder.Id, error.Message, cause);
                return error;
            }

            Log.ModelLoaded(_log, entry.Folder.Id, (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds, entry.Info.MemoryBytes >> 20);
            return null;
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    private async Task<(Error? Error, Exception? Cause)> LoadAsync(InstalledModelEntry entry)
    {
        try
        {
            var hash = await entry.Folder.VerifyAsync(CancellationToken.None);
            if (!hash.IsSuccess)
            {
                return (hash.Error, null);
            }

            if (entry.Folder.Task == ModelTask.Chat)
            {
                var chat = ChatModel.Open(entry.Folder.Id, entry.Folder.File, hash.Value, _compiled, _options, _log);
                if (chat.IsSuccess)
                {
                    entry.NoteReady(chat.Value);
                }

                return (chat.Error, null);
            }

            if (entry.Folder.Task == ModelTask.Reranking)
            {
                var reranker = CrossEncoder.Open(entry.Folder.Id, entry.Folder.Path, hash.Value, _compiled, _log, _options.ThreadCount);
                if (reranker.IsSuccess)
                {
                    entry.NoteReady(reranker.Value);
                }

                return (reranker.Error, null);
            }

            var embedder = EmbeddingModel.Open(entry.Folder.Id, entry.Folder.Path, hash.Value, _compiled, _log, _options.ThreadCount);
            if (embedder.IsSuccess)
            {
                entry.NoteReady(embedder.Value);
            }

            return (embedder.Error, null);
        }
        catch (Exception exception)
        {
            return (ModelErrors.LoadFailed(entry.Folder.Id, exception.Message.TrimEnd('.')), exception);
        }
    }

    private Result<InstalledModelEntry> Entry(string id, ModelTask task)
    {
        if (FindEntry(id) is not { } entry)
        {
            return NotFound(id);
        }

        return entry.Folder.Task == task ? entry : ModelErrors.WrongTask(id, task);
    }

    // Read when somebody asks: a start does not wait for headers of models that nobody asks for.
    private InstalledModelEntry? FindEntry(string id)
    {
        ReadFolders();
        if (_entries.TryGetValue(id, out var known))
        {
            return known;
        }

        ReadFolders(atOnce: true);
        return _entries.GetValueOrDefault(id);
    }

    private void ReadFolders(bool atOnce = false)
    {
        _folders.Read(atOnce, found =>
        {
            foreach (var folder in found.Added)
            {
                _entries[folder.Id] = new InstalledModelEntry(folder, folder.Describe(_options.SlotTokens));
            }

            foreach (var id in found.Gone)
            {
                if (_entries.TryRemove(id, out var entry))
                {
                    _ = RetireAsync(entry);
                }
            }
        }, isInUse: id => _entries.TryGetValue(id, out var entry) && entry.Info.State is ModelState.Ready or ModelState.Loading);
    }

    // Its files are gone; those who ask it still get their answers from the mapped ones.
    private async Task RetireAsync(InstalledModelEntry entry)
    {
        try
        {
            while (entry.Uses > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), _time, _ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // the process ends
        }

        await entry.UnloadAsync();
        Log.ModelGone(_log, entry.Folder.Id);
    }

    private Error NotFound(string id) => ModelErrors.NotFound(id, _entries.Keys.Order(StringComparer.Ordinal));
}

/// <summary>Keeps a model loaded while something runs on it.</summary>
internal sealed class ModelUse(InstalledModelEntry entry) : IDisposable
{
    private bool _ended;

    public ChatModel Model => entry.Chat ?? throw new ModelException(ModelErrors.EngineFailed(entry.Folder.Id));

    public EmbeddingModel Embedder => entry.Embedder ?? throw new ModelException(ModelErrors.EngineFailed(entry.Folder.Id));

    public CrossEncoder Reranker => entry.Reranker ?? throw new ModelException(ModelErrors.EngineFailed(entry.Folder.Id));

    public void Dispose()
    {
        if (!_ended)
        {
            _ended = true;
            entry.EndUse();
        }
    }
}

/// <summary>Expected failures of the host.</summary>
internal static class HostErrors
{
    public static Error Stopping() => new(
        "model.stopping", "The studio is being stopped.", "Send the message again once it has started.");

    public static Error InUse(string id, int uses) => new(
        "model.in_use", $"\"{id}\" is answering {uses:N0} requests.", "Wait until they end, or stop them, then unload it.");
}
