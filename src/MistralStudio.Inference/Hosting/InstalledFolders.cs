using System.Diagnostics;

namespace MistralStudio.Inference.Hosting;

/// <summary>
/// The folders of installed models, looked at again now and then: the command line and people with a file manager add and remove models as well.
/// </summary>
internal sealed class InstalledFolders(InferenceOptions options, DataModels models)
{
    // A look costs some ten microseconds a model, and lists are asked for with every request.
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    private readonly Lock _reading = new();
    private Dictionary<string, Seen> _seen = new(StringComparer.Ordinal);
    private long _readAt;

    /// <summary>What is installed now: a person's own before the starter of the same name.</summary>
    public static IEnumerable<ModelFolder> Find(InferenceOptions options, DataModels models) =>
        ModelFolder.Scan(models.Path, areStarters: false)
            .Concat(ModelFolder.Scan(options.StarterModelsPath ?? DataModels.FindStarters(), areStarters: true))
            .DistinctBy(folder => folder.Id, StringComparer.Ordinal);

    /// <summary>Looks, and says what differs from the last look.</summary>
    /// <param name="atOnce">False where a look a moment ago is good enough.</param>
    /// <param name="changed">Called under a lock, not at all where nothing differs.</param>
    /// <param name="isInUse">True for a model in memory, which stays what it is until it leaves.</param>
    public void Read(bool atOnce, Action<FolderChanges> changed, Func<string, bool> isInUse)
    {
        if (!IsDue(atOnce))
        {
            return;
        }

        lock (_reading)
        {
            if (!IsDue(atOnce))
            {
                return;
            }

            var now = Find(options, models).Select(Seen.Of).ToDictionary(seen => seen.Folder.Id, StringComparer.Ordinal);
            foreach (var (id, seen) in _seen.Where(known => now.ContainsKey(known.Key) && isInUse(known.Key)))
            {
                now[id] = seen;
            }

            FolderChanges changes = new(
                [.. now.Values.Where(seen => _seen.GetValueOrDefault(seen.Folder.Id) != seen).Select(seen => seen.Folder)],
                [.. _seen.Keys.Where(id => !now.ContainsKey(id))]);
            _seen = now;
            if (changes.Added.Count + changes.Gone.Count > 0)
            {
                changed(changes);
            }

            _readAt = Stopwatch.GetTimestamp();
        }
    }

    private bool IsDue(bool atOnce)
    {
        var at = Volatile.Read(ref _readAt);
        return atOnce || at == 0 || Stopwatch.GetElapsedTime(at) > s_pause;
    }

    private sealed record Seen(ModelFolder Folder, long Bytes, DateTime ChangedAt)
    {
        // A file that is still being copied is looked at again when it has grown.
        public static Seen Of(ModelFolder folder) =>
            folder.Weights is { Exists: true } file ? new(folder, file.Length, file.LastWriteTimeUtc) : new(folder, 0, default);
    }
}

/// <summary>What differs between two looks.</summary>
/// <param name="Added">New models, and those whose files changed.</param>
/// <param name="Gone">Ids of those whose files are gone.</param>
internal sealed record FolderChanges(IReadOnlyList<ModelFolder> Added, IReadOnlyList<string> Gone);
