using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Sources;

/// <summary>
/// Begins to read a folder when something in it changed, on top of its schedule. The system's word for a change says only that there is one: what it
/// is, the reading finds out, so that a word too many or one that was lost does no harm.
/// </summary>
internal sealed class FolderWatch(
    ISourceStore store, KnowledgeSources sources, IOptions<KnowledgeOptions> options, TimeProvider time, ILogger<FolderWatch> log) : BackgroundService
{
    private static readonly TimeSpan s_lookForSources = TimeSpan.FromSeconds(30);

    private readonly Channel<SourceId?> _changes = Channel.CreateUnbounded<SourceId?>(new() { SingleReader = true });
    private readonly Dictionary<SourceId, (SourceSettings Settings, FileSystemWatcher? Watcher)> _watched = [];
    private readonly Dictionary<SourceId, Debounce> _waiting = [];
    private volatile int _folders;

    /// <summary>Folders that are watched now.</summary>
    public int Folders => _folders;

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var (_, watcher) in _watched.Values)
        {
            watcher?.Dispose();
        }

        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        sources.Changed += LookAgain;
        try
        {
            var lookAt = time.GetUtcNow();
            while (!stoppingToken.IsCancellationRequested)
            {
                try
                {
                    if (time.GetUtcNow() >= lookAt)
                    {
                        await FollowAsync(stoppingToken);
                        lookAt = time.GetUtcNow() + s_lookForSources;
                    }

                    if (await WaitAsync(lookAt, stoppingToken))
                    {
                        lookAt = time.GetUtcNow();
                    }

                    await BeginDueAsync(stoppingToken);
                }
                catch (Exception failed) when (!stoppingToken.IsCancellationRequested)
                {
                    Log.ScheduleFailed(log, failed);
                    await Task.Delay(s_lookForSources, time, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // the process stops
        }
        finally
        {
            sources.Changed -= LookAgain;
        }
    }

    private void LookAgain() => _changes.Writer.TryWrite(null);

    /// <summary>Watches the folders that are sources now, and no others.</summary>
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var folders = (await store.ListFoldersAsync(cancellationToken)).Where(source => FolderListing.Refuse(source.Settings.Location, options.Value.SourceRoots) is null)
            .ToDictionary(source => source.Id, source => source.Settings);
        foreach (var gone in _watched.Where(item => !folders.TryGetValue(item.Key, out var now)
            || (now.Location, now.Depth) != (item.Value.Settings.Location, item.Value.Settings.Depth)).ToList())
        {
            gone.Value.Watcher?.Dispose();
            _watched.Remove(gone.Key);
        }

        foreach (var (id, settings) in folders.Where(folder => !_watched.ContainsKey(folder.Key)))
        {
            _watched[id] = (settings, Watch(id, settings));
        }

        _folders = _watched.Values.Count(item => item.Watcher is not null);
    }

    private FileSystemWatcher? Watch(SourceId id, SourceSettings settings)
    {
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(settings.Location)
            {
                IncludeSubdirectories = settings.Depth > 0,
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            watcher.Created += Note;
            watcher.Changed += Note;
            watcher.Deleted += Note;
            watcher.Renamed += Note;

            // Too many changes at once, or a folder that went: the reading sees what is there.
            watcher.Error += (_, _) => _changes.Writer.TryWrite(id);
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception failed) when (failed is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // The system watches only so many folders; the schedule still reads this one.
            Log.FolderNotWatched(log, id, failed.Message);
            watcher?.Dispose();
            return null;
        }

        void Note(object sender, FileSystemEventArgs change) => _changes.Writer.TryWrite(id);
    }

    /// <summary>Waits for a change, or until something is due; true where sources came or went.</summary>
    private async Task<bool> WaitAsync(DateTimeOffset lookAt, CancellationToken cancellationToken)
    {
        var until = _waiting.Values.Select(waiting => waiting.DueAt).Append(lookAt).Min() - time.GetUtcNow();
        using var wake = new CancellationTokenSource(until > TimeSpan.Zero ? until : TimeSpan.FromMilliseconds(1), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(wake.Token, cancellationToken);
        await ((Task)_changes.Reader.WaitToReadAsync(either.Token).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var others = false;
        while (_changes.Reader.TryRead(out var changed))
        {
            others |= changed is null;
            if (changed is { } id)
            {
                _waiting[id] = Debounce.After(_waiting.TryGetValue(id, out var before) ? before : null, time.GetUtcNow());
            }
        }

        return others;
    }

    private async Task BeginDueAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        foreach (var id in _waiting.Where(item => item.Value.DueAt <= now).Select(item => item.Key).ToList())
        {
            _waiting.Remove(id);
            if (await store.FindAsync(id, cancellationToken) is not { } source)
            {
                continue;
            }

            if (source.IsSyncing)
            {
                // What changed may lie behind the reading that runs.
                _waiting[id] = new(now, now);
                continue;
            }

            await sources.BeginAsync(source, cancellationToken);
        }
    }
}
