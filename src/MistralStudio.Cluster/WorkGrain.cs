using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using MistralStudio.Core.Work;
using Orleans.Concurrency;
using Orleans.Placement;

namespace MistralStudio.Cluster;

/// <summary>Owns one piece of work; its key is <c>kind/id</c>. It has no state that the store does not have.</summary>
internal interface IWorkGrain : IGrainWithStringKey
{
    [AlwaysInterleave]
    Task StartAsync();

    [AlwaysInterleave]
    Task<bool> SignalAsync(string signal);

    [AlwaysInterleave]
    Task<string> AskAsync(string message);
}

/// <inheritdoc cref="IWorkGrain"/>
/// <remarks>Work is owned where it was given: whoever gave it usually watches it as well.</remarks>
[PreferLocalPlacement]
internal sealed class WorkGrain(WorkExecutors executors, WorkLimits limits, TimeProvider time, ILogger<WorkGrain> log) : Grain, IWorkGrain
{
    // An idle grain is collected after minutes without a call; work that runs keeps its owner.
    private static readonly GrainTimerCreationOptions s_keepAlive =
        new() { DueTime = TimeSpan.FromMinutes(1), Period = TimeSpan.FromMinutes(1), KeepAlive = true };

    private readonly CancellationTokenSource _stopping = new();
    private readonly Channel<WorkMessage> _messages = Channel.CreateUnbounded<WorkMessage>();
    private WorkSignals? _signals;
    private Task _run = Task.CompletedTask;
    private bool _startedAgain;

    private WorkKey Work
    {
        get
        {
            var key = this.GetPrimaryKeyString();
            var slash = key.IndexOf('/', StringComparison.Ordinal);
            return new WorkKey(key[..slash], key[(slash + 1)..]);
        }
    }

    public Task StartAsync()
    {
        if (_signals is null)
        {
            _run = RunAsync();
        }
        else
        {
            // The run may be on its last step and not have seen what this start is about; another look at the store costs little.
            _startedAgain = true;
        }

        return Task.CompletedTask;
    }

    public Task<bool> SignalAsync(string signal)
    {
        _signals?.Send(signal);
        return Task.FromResult(_signals is not null);
    }

    public Task<string> AskAsync(string message)
    {
        var asked = new WorkMessage(message);
        _messages.Writer.TryWrite(asked);
        if (_signals is null)
        {
            _run = RunAsync();
        }

        return asked.Answered;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // Work that was given to an activation that was about to go is given to the next.
        var isLeftOver = _signals is not null && reason.ReasonCode == DeactivationReasonCode.ApplicationRequested;
        await _stopping.CancelAsync();
        await _run.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (_run.IsCompleted)
        {
            _stopping.Dispose();
        }

        if (isLeftOver)
        {
            GrainFactory.GetGrain<IWorkGrain>(this.GetPrimaryKeyString()).StartAsync().Ignore();
        }
    }

    private async Task RunAsync()
    {
        using var keepAlive = this.RegisterGrainTimer(static _ => Task.CompletedTask, s_keepAlive);
        do
        {
            _startedAgain = false;
            using var signals = _signals = new WorkSignals(_messages.Reader);
            await RunToItsEndAsync(signals);
            _signals = null;
        }
        while ((_startedAgain || _messages.Reader.Count > 0) && !_stopping.IsCancellationRequested);

        // What waits costs no memory.
        DeactivateOnIdle();
    }

    private async Task RunToItsEndAsync(WorkSignals signals)
    {
        for (var faults = 1; ; faults++)
        {
            try
            {
                // Off the grain's scheduler, so that signals are heard while it computes.
                await Task.Run(() => executors.ExecuteAsync(Work, signals, _stopping.Token), _stopping.Token);
                return;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                var wait = limits.RetryAfter(faults);
                Log.WorkFaulted(log, Work, faults, wait, exception);
                try
                {
                    await Task.Delay(wait, time, _stopping.Token);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }
}
