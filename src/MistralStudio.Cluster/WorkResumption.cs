using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MistralStudio.Core.Work;

namespace MistralStudio.Cluster;

/// <summary>After every start, and once pages are served, starts the work again that was begun and not ended.</summary>
internal sealed class WorkResumption(
    WorkExecutors executors, IWorkOwner owner, IHostApplicationLifetime lifetime, ILogger<WorkResumption> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        foreach (var executor in executors.All)
        {
            try
            {
                var unfinished = await executor.ListUnfinishedAsync(stoppingToken);
                foreach (var id in unfinished)
                {
                    await owner.StartAsync(new WorkKey(executor.Kind, id), stoppingToken);
                }

                if (unfinished.Count > 0)
                {
                    Log.WorkResumed(log, executor.Kind, unfinished.Count);
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                Log.ResumptionFailed(log, executor.Kind, exception);
            }
        }
    }
}
