using MistralStudio.Core.Work;

namespace MistralStudio.Cluster;

/// <summary>Finds the grain that owns a piece of work.</summary>
internal sealed class GrainWorkOwner(IGrainFactory grains, SiloStart silo, WorkExecutors executors, TimeProvider time) : IWorkOwner
{
    // Until the others have taken a process for dead, calls to what it owned fail.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    public async Task StartAsync(WorkKey work, CancellationToken cancellationToken)
    {
        var grain = await GrainAsync(work, cancellationToken);
        for (var began = time.GetTimestamp(); ;)
        {
            try
            {
                await grain.StartAsync().WaitAsync(cancellationToken);
                return;
            }
            catch (Exception exception) when (IsOwnerGone(exception))
            {
                // Starting twice changes nothing.
                if (time.GetElapsedTime(began) > s_patience)
                {
                    throw new TimeoutException(WorkErrors.NotTaken().ToString(), exception);
                }

                await Task.Delay(s_pause, time, cancellationToken);
            }
        }
    }

    public async Task<bool> SignalAsync(WorkKey work, string signal, CancellationToken cancellationToken)
    {
        try
        {
            return await (await GrainAsync(work, cancellationToken)).SignalAsync(signal).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (IsOwnerGone(exception))
        {
            // What ran has ended with its process.
            return false;
        }
    }

    public async Task<string> AskAsync(WorkKey work, string message, CancellationToken cancellationToken)
    {
        try
        {
            return await (await GrainAsync(work, cancellationToken)).AskAsync(message).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (IsOwnerGone(exception))
        {
            throw new TimeoutException(WorkErrors.NotTaken().ToString(), exception);
        }
    }

    private static bool IsOwnerGone(Exception exception) => exception is OrleansException or TimeoutException;

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
