using MistralStudio.Core.Work;

namespace MistralStudio.Cluster;

/// <summary>Finds the grain that owns a piece of work.</summary>
internal sealed class GrainWorkOwner(IGrainFactory grains, SiloStart silo, WorkExecutors executors) : IWorkOwner
{
    public async Task StartAsync(WorkKey work, CancellationToken cancellationToken) =>
        await (await GrainAsync(work, cancellationToken)).StartAsync().WaitAsync(cancellationToken);

    public async Task<bool> SignalAsync(WorkKey work, string signal, CancellationToken cancellationToken) =>
        await (await GrainAsync(work, cancellationToken)).SignalAsync(signal).WaitAsync(cancellationToken);

    public async Task<string> AskAsync(WorkKey work, string message, CancellationToken cancellationToken) =>
        await (await GrainAsync(work, cancellationToken)).AskAsync(message).WaitAsync(cancellationToken);

    private async Task<IWorkGrain> GrainAsync(WorkKey work, CancellationToken cancellationToken)
    {
        if (!executors.Has(work.Kind))
        {
            throw new ArgumentException($"No executor is registered for work of kind \"{work.Kind}\".", nameof(work));
        }

        var started = await silo.Outcome.WaitAsync(cancellationToken);
        return started.IsSuccess ? grains.GetGrain<IWorkGrain>(work.ToString()) : throw new InvalidOperationException(started.Error.ToString());
    }
}
