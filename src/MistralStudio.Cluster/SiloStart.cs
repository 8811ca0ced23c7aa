using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MistralStudio.Core;

namespace MistralStudio.Cluster;

/// <summary>
/// Starts the silo beside the pages instead of before them: the first page needs no grain, and whoever gives work waits here for the short time.
/// </summary>
/// <param name="createSilo">Makes Orleans' own hosted service; that alone is a good part of its start.</param>
public sealed class SiloStart(Func<IHostedService> createSilo, ILogger<SiloStart> log) : IHostedService
{
    private readonly TaskCompletionSource<Result<Unit>> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private IHostedService? _silo;
    private bool _hasBegun;

    /// <summary>Completes once the silo takes work, or with why it does not.</summary>
    public Task<Result<Unit>> Outcome => _outcome.Task;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Volatile.Write(ref _hasBegun, true);
        _ = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();

        // A start that failed before its turn came never began it: there is no outcome to wait for.
        if (Volatile.Read(ref _hasBegun) && (await Outcome.WaitAsync(cancellationToken)).IsSuccess && _silo is not null)
        {
            await _silo.StopAsync(cancellationToken);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            var began = Stopwatch.GetTimestamp();
            _silo = createSilo();
            await _silo.StartAsync(_stopping.Token);
            Log.SiloStarted(log, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            _outcome.SetResult(default(Unit));
        }
        catch (Exception exception)
        {
            if (!_stopping.IsCancellationRequested)
            {
                Log.SiloFailed(log, exception);
            }

            _outcome.SetResult(WorkErrors.NotStarted(exception.GetBaseException().Message.TrimEnd('.')));
        }
    }
}

/// <summary>Expected failures of the room.</summary>
public static class WorkErrors
{
    public static Error NotStarted(string reason) => new(
        "work.not_started", $"The part that owns background work did not start: {reason}.", "Start the studio again; the log has the cause.");

    public static Error Starting() => new("work.starting", "Background work is being taken up again.", "Ask again in a second.");

    public static Error NotJoined() => new(
        "cluster.not_member", "This process is not a member of the cluster, so it owns no work.", "It joins by itself; if it stays out, the log has the cause.");

    public static Error NotTaken() => new(
        "work.not_taken", "No process took this piece of work in time.", "It is begun by itself once the cluster has settled; look at it in a minute.");

    public static Error NotResumed(string kind) => new(
        "work.not_resumed", $"Unfinished work of kind \"{kind}\" could not be listed yet.", "It is tried again by itself; the log has the cause.");
}
