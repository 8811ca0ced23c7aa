using MistralStudio.Core.Work;

namespace MistralStudio.Cluster;

/// <summary>Finds the grain that owns a piece of work.</summary>
internal sealed class GrainWorkOwner(IGrainFactory grains, WorkExecutors executors) : IWorkOwner
{
    public Task StartAsync(WorkKey work, CancellationToken cancellationToken) =>
        Grain(work).StartAsync().WaitAsync(cancellationToken);

    public Task<bool> SignalAsync(WorkKey work, string signal, CancellationToken cancellationToken) =>
        Grain(work).SignalAsync(signal).WaitAsync(cancellationToken);

    private IWorkGrain Grain(WorkKey work) => executors.Has(work.Kind)
        ? grains.GetGrain<IWorkGrain>(work.ToString())
        : throw new ArgumentException($"No executor is registered for work of kind \"{work.Kind}\".", nameof(work));
}
