namespace MistralStudio.Inference.Hosting;

/// <summary>A model that is in memory.</summary>
/// <param name="Bytes">What it takes at most.</param>
/// <param name="IsBusy">True while something runs on it.</param>
/// <param name="IsKept">True where the operator wants it to stay.</param>
/// <param name="LastUsed">Timestamp of its last use.</param>
internal readonly record struct LoadedModel(string Id, long Bytes, bool IsBusy, bool IsKept, long LastUsed);

/// <summary>How a model finds place under the budget.</summary>
internal abstract record MemoryPlan
{
    private MemoryPlan()
    {
    }

    /// <summary>It can be loaded once these are unloaded, those first that were used longest ago.</summary>
    public sealed record Unload(IReadOnlyList<string> Ids) : MemoryPlan;

    /// <summary>It can be loaded once answers on others have ended.</summary>
    public sealed record Wait(IReadOnlyList<string> Busy) : MemoryPlan;

    /// <summary>It cannot be loaded, whatever is unloaded.</summary>
    /// <param name="KeptBytes">What models that stay take.</param>
    public sealed record Never(long KeptBytes) : MemoryPlan;

    /// <summary>Decides over plain data.</summary>
    /// <param name="budget">Bytes for all models.</param>
    /// <param name="needed">Bytes of the model that is asked for.</param>
    /// <param name="loaded">All others.</param>
    public static MemoryPlan Decide(long budget, long needed, IReadOnlyCollection<LoadedModel> loaded)
    {
        var kept = loaded.Where(model => model.IsKept).Sum(model => model.Bytes);
        if (needed + kept > budget)
        {
            return new Never(kept);
        }

        var free = budget - loaded.Sum(model => model.Bytes);
        var victims = new List<string>();
        foreach (var idle in loaded.Where(model => !model.IsBusy && !model.IsKept).OrderBy(model => model.LastUsed))
        {
            if (free >= needed)
            {
                break;
            }

            victims.Add(idle.Id);
            free += idle.Bytes;
        }

        return free >= needed ? new Unload(victims) : new Wait([.. loaded.Where(model => model.IsBusy && !model.IsKept).Select(model => model.Id)]);
    }
}
