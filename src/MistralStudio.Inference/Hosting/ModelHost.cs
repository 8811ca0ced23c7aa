using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Accelerators;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Hosting;

/// <inheritdoc cref="IModelHost"/>
internal sealed class ModelHost : IModelHost, IAsyncDisposable
{
    private readonly InferenceOptions _options;
    private readonly ILogger<ModelHost> _log;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, InstalledModelEntry> _entries = new(StringComparer.Ordinal);
    private readonly ModelFingerprints _fingerprints;
    private readonly InstalledFolders _folders;
    private readonly ModelMemory _memory;
    private readonly ModelLoader _loader;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _draining;
    private int _chats;

    public ModelHost(IOptions<InferenceOptions> options, DataModels models, TimeProvider time, ILogger<ModelHost> log)
    {
        _options = options.Value;
        _time = time;
        _fingerprints = new(time);
        _log = log;
        _folders = new(_options, models);
        _memory = new ModelMemory(_options.Budget, _options.KeepWarm, () => _entries.Values, time);
        _loader = new ModelLoader(_options, new GraphCache(models.Compiled), _memory, new(() => AcceleratorChoice.Make(_options)), time, log);
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

    public Task<string> FingerprintAsync(string id, CancellationToken cancellationToken) =>
        FindEntry(id) is { } entry ? _fingerprints.OfAsync(entry.Folder, cancellationToken) : Task.FromResult("");

    public async Task<Result<InstalledModel>> LoadAsync(string id, CancellationToken cancellationToken)
    {
        if (FindEntry(id) is not { } entry)
        {
            return NotFound(id);
        }

        return await _loader.LoadAsync(entry, cancellationToken) is { } error ? error : entry.Info;
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
            if (!await entry.UnloadIdleAsync())
            {
                return HostErrors.InUse(id, entry.Uses);
            }

            _memory.NoteChange();
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
            if (!await entry.UnloadIdleAsync())
            {
                return HostErrors.InUse(id, entry.Uses);
            }

            _memory.NoteChange();
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

    /// <inheritdoc cref="ModelLoader.UseAsync"/>
    internal ValueTask<ModelUse> UseAsync(InstalledModelEntry entry, CancellationToken cancellationToken) => _loader.UseAsync(entry, cancellationToken);

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
                _entries[folder.Id] = new InstalledModelEntry(folder, folder.Describe(_options));
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
        _memory.NoteChange();
        Log.ModelGone(_log, entry.Folder.Id);
    }

    private Error NotFound(string id) => ModelErrors.NotFound(id, _entries.Keys.Order(StringComparer.Ordinal));
}
