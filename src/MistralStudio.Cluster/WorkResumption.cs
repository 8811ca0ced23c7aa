using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MistralStudio.Core;
using MistralStudio.Core.Work;

namespace MistralStudio.Cluster;

/// <summary>After every start, and once pages are served, starts the work again that was begun and not ended.</summary>
internal sealed class WorkResumption(
    WorkExecutors executors,
    IWorkOwner owner,
    SiloStart silo,
    WorkLimits limits,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<WorkResumption> log) : BackgroundService, IReadiness
{
    private volatile Error? _missing = WorkErrors.Starting();

    /// <inheritdoc/>
    public string Part => "work";

    /// <inheritdoc/>
    public ValueTask<Error?> CheckAsync(CancellationToken cancellationToken) => ValueTask.FromResult(_missing);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            if ((await silo.Outcome.WaitAsync(stoppingToken)).Error is { } error)
            {
                _missing = error;
                return;
            }

            await ServedAsync(stoppingToken);
            foreach (var executor in executors.All)
            {
                await ResumeAsync(executor, stoppingToken);
            }

            _missing = null;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops, or its start failed elsewhere; the next start finds the same work.
        }
    }

    private async Task ServedAsync(CancellationToken cancellationToken)
    {
        var served = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(served.SetResult);
        await served.Task.WaitAsync(cancellationToken);
    }

    private async Task ResumeAsync(IWorkExecutor executor, CancellationToken cancellationToken)
    {
        for (var faults = 1; ; faults++)
        {
            try
            {
                var unfinished = await executor.ListUnfinishedAsync(cancellationToken);
                foreach (var id in unfinished)
                {
                    await owner.StartAsync(new WorkKey(executor.Kind, id), cancellationToken);
                }

                if (unfinished.Count > 0)
                {
                    Log.WorkResumed(log, executor.Kind, unfinished.Count);
                }

                return;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                _missing = WorkErrors.NotResumed(executor.Kind);
                var wait = limits.RetryAfter(faults);
                Log.ResumptionFailed(log, executor.Kind, wait, exception);
                await Task.Delay(wait, time, cancellationToken);
            }
        }
    }
}
