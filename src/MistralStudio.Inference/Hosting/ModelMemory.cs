using MistralStudio.Core;

namespace MistralStudio.Inference.Hosting;

/// <summary>
/// The memory that all models share. A model reserves what it takes at most before it is loaded; where that is not there, idle ones are unloaded,
/// the one that was used longest ago first, or it waits until one is idle.
/// </summary>
/// <param name="budget">Bytes.</param>
/// <param name="kept">Ids of models that stay.</param>
/// <param name="entries">All models.</param>
internal sealed class ModelMemory(long budget, IEnumerable<string> kept, Func<IEnumerable<InstalledModelEntry>> entries, TimeProvider time)
{
    private readonly HashSet<string> _kept = new(kept, StringComparer.Ordinal);
    private readonly SemaphoreSlim _deciding = new(1);
    private TaskCompletionSource _changed = NewChange();

    /// <summary>Reserves memory; null where it is there, otherwise why it is not.</summary>
    /// <param name="patience">How long it waits for running answers of others.</param>
    public async Task<Error?> ReserveAsync(InstalledModelEntry entry, long needed, TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience, time);
        while (true)
        {
            // Before deciding: what changes after it is not missed.
            var changed = Volatile.Read(ref _changed).Task;
            var plan = await TryReserveAsync(entry, needed);
            switch (plan)
            {
                case null:
                    return null;
                case MemoryPlan.Never never:
                    return HostErrors.DoesNotFit(entry.Folder.Id, needed, budget, never.KeptBytes);
            }

            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                return HostErrors.MemoryInUse(entry.Folder.Id, needed, budget, ((MemoryPlan.Wait)plan).Busy);
            }
        }
    }

    /// <summary>A model has become idle or left memory: who waits for memory looks again.</summary>
    public void NoteChange() => Interlocked.Exchange(ref _changed, NewChange()).TrySetResult();

    private async Task<MemoryPlan?> TryReserveAsync(InstalledModelEntry entry, long needed)
    {
        await _deciding.WaitAsync();
        try
        {
            while (true)
            {
                var others = entries().Where(other => other != entry && other.ReservedBytes > 0).ToDictionary(other => other.Folder.Id, StringComparer.Ordinal);
                var plan = MemoryPlan.Decide(budget, needed, [.. others.Values.Select(Describe)]);
                if (plan is not MemoryPlan.Unload unload)
                {
                    return plan;
                }

                // One that is asked for at this very moment stays, and counts as busy when this is decided again.
                if (await AllAsync(unload.Ids.Select(id => others[id])))
                {
                    entry.ReservedBytes = needed;
                    return null;
                }
            }
        }
        finally
        {
            _deciding.Release();
        }
    }

    private static async Task<bool> AllAsync(IEnumerable<InstalledModelEntry> victims)
    {
        foreach (var victim in victims)
        {
            if (!await victim.TryUnloadAsync())
            {
                return false;
            }
        }

        return true;
    }

    // One that is just being loaded is busy: somebody waits for it.
    private LoadedModel Describe(InstalledModelEntry entry) =>
        new(entry.Folder.Id, entry.ReservedBytes, entry.IsBusy, _kept.Contains(entry.Folder.Id), entry.LastUsed);

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
