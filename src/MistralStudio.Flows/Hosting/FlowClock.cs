using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Work;

namespace MistralStudio.Flows.Hosting;

/// <summary>
/// Wakes what waits for a time: suspended runs with a timer or a decision that expires, and schedules. What came due while the studio was
/// stopped is woken at its start.
/// </summary>
public sealed class FlowClock(IRunStore runs, IFlowTriggers triggers, Lazy<IWorkOwner> owner, TimeProvider time, ILogger<FlowClock> log) : BackgroundService
{
    private const int MostTogether = 200;

    // A clock that jumps, and what another machine suspended, is seen by then.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private TaskCompletionSource _sooner = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _next = DateTimeOffset.MaxValue;

    /// <summary>Something is due then.</summary>
    public void Note(DateTimeOffset at)
    {
        lock (_lock)
        {
            if (at < _next)
            {
                _next = at;
                _sooner.TrySetResult();
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await WakeAsync(stoppingToken);
                await SleepAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                Log.ClockFault(log, fault);
                await Task.Delay(s_longest, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task WakeAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _next = DateTimeOffset.MaxValue;
        }

        foreach (var (run, _) in await runs.ListDueAsync(time.GetUtcNow(), MostTogether, cancellationToken))
        {
            await owner.Value.StartAsync(RunExecutor.Work(run), cancellationToken);
        }

        foreach (var flow in (await triggers.ListDueAsync(time.GetUtcNow(), MostTogether, cancellationToken)).Select(due => due.Flow).Distinct())
        {
            await owner.Value.StartAsync(ScheduleExecutor.Work(flow), cancellationToken);
        }

        if (await runs.ListDueAsync(DateTimeOffset.MaxValue, 1, cancellationToken) is [var (_, at)])
        {
            Note(at);
        }

        if (await triggers.ListDueAsync(DateTimeOffset.MaxValue, 1, cancellationToken) is [{ NextAt: { } next }])
        {
            Note(next);
        }
    }

    private async Task SleepAsync(CancellationToken cancellationToken)
    {
        // Those that were just woken are still listed until their owner has gone on with them.
        await Task.Delay(s_shortest, time, cancellationToken);
        while (true)
        {
            Task sooner;
            TimeSpan wait;
            lock (_lock)
            {
                _sooner = new(TaskCreationOptions.RunContinuationsAsynchronously);
                (sooner, wait) = (_sooner.Task, _next - time.GetUtcNow());
            }

            if (wait <= TimeSpan.Zero)
            {
                return;
            }

            using var woken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var sleep = Task.Delay(wait < s_longest ? wait : s_longest, time, woken.Token);
            if (await Task.WhenAny(sooner, sleep) == sleep)
            {
                await sleep;
                return;
            }

            await woken.CancelAsync();
        }
    }
}
