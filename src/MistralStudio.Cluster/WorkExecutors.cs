using MistralStudio.Core.Work;

namespace MistralStudio.Cluster;

/// <summary>The executors of this process by kind, each with its places.</summary>
internal sealed class WorkExecutors(IEnumerable<IWorkExecutor> executors, WorkLimits limits) : IDisposable
{
    private readonly Dictionary<string, (IWorkExecutor Executor, SemaphoreSlim Places)> _byKind = executors.ToDictionary(
        executor => executor.Kind,
        executor => (executor, new SemaphoreSlim(executor.Places ?? limits.ConcurrencyPerKind)),
        StringComparer.Ordinal);

    public IEnumerable<IWorkExecutor> All => _byKind.Values.Select(entry => entry.Executor);

    public bool Has(string kind) => _byKind.ContainsKey(kind);

    /// <summary>Runs work once a place is free.</summary>
    public async Task ExecuteAsync(WorkKey work, IWorkSignals signals, CancellationToken cancellationToken)
    {
        var (executor, places) = _byKind[work.Kind];
        await places.WaitAsync(cancellationToken);
        try
        {
            await executor.ExecuteAsync(work, signals, cancellationToken);
        }
        finally
        {
            places.Release();
        }
    }

    public void Dispose()
    {
        foreach (var (_, places) in _byKind.Values)
        {
            places.Dispose();
        }
    }
}
