using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Sources;

/// <summary>Begins to read the sources whose time has come, looking every half minute.</summary>
internal sealed class SourceScheduler(ISourceStore store, KnowledgeSources sources, TimeProvider time, ILogger<SourceScheduler> log) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(30);

    /// <summary>Begins those that are due now.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var due in await store.ListDueAsync(time.GetUtcNow(), cancellationToken))
        {
            if (await store.FindAsync(due, cancellationToken) is { } source)
            {
                await sources.BeginAsync(source, cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await RunAsync(stoppingToken);
                }
                catch (Exception failed) when (!stoppingToken.IsCancellationRequested)
                {
                    Log.ScheduleFailed(log, failed);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // the process stops
        }
    }
}
