using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MistralStudio.Core;
using MistralStudio.Core.Work;

namespace MistralStudio.Cluster;

/// <summary>
/// After every start, and once pages are served, starts the work again that was begun and not ended. Where several processes serve the
/// database, the same whenever one of them has ended, and from time to time: work may be given to one that is about to end.
/// </summary>
internal sealed class WorkResumption(
    WorkExecutors executors,
    IWorkOwner owner,
    SiloStart silo,
    WorkLimits limits,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<WorkResumption> log,
    Members? members = null) : BackgroundService, IReadiness
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1);

    private volatile Error? _missing = WorkErrors.Starting();

    /// <inheritdoc/>
    public string Part => "work";

    /// <inheritdoc/>
    public async ValueTask<Error?> CheckAsync(CancellationToken cancellationToken) =>
        silo.Outcome.IsCompleted && (await silo.Outcome).Error is { } error ? error : _missing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            if (!(await silo.Outcome.WaitAsync(stoppingToken)).IsSuccess)
            {
                return;
            }

            await ServedAsync(stoppingToken);
            var gone = new HashSet<SiloAddress>();
            members?.Note(gone);
            await ResumeAllAsync(isNews: true, stoppingToken);
            while (members is not null)
            {
                await ResumeAllAsync(await WaitAsync(members, gone, stoppingToken), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops, or its start failed elsewhere; the next start finds the same work.
        }
    }

    // True where somebody is gone; false where it is only time to look again.
    private async Task<bool> WaitAsync(Members members, HashSet<SiloAddress> gone, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var death = members.WaitForDeathAsync(gone, over.Token);
        var first = await Task.WhenAny(death, Task.Delay(s_interval, time, over.Token));
        await over.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        if (first != death)
        {
            return false;
        }

        Log.MembersGone(log, await death);
        return true;
    }

    private async Task ResumeAllAsync(bool isNews, CancellationToken cancellationToken)
    {
        foreach (var executor in executors.All)
        {
            await ResumeAsync(executor, isNews, cancellationToken);
        }

        _missing = null;
    }

    private async Task ServedAsync(CancellationToken cancellationToken)
    {
        var served = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(served.SetResult);
        await served.Task.WaitAsync(cancellationToken);
    }

    private async Task ResumeAsync(IWorkExecutor executor, bool isNews, CancellationToken cancellationToken)
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

                if (isNews && unfinished.Count > 0)
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
