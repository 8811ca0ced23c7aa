using Microsoft.Extensions.Hosting;

namespace MistralStudio.Inference.Hosting;

/// <summary>
/// When the process is told to stop: no new answers, and those that run have <see cref="Patience"/> to end. What is left then ends with a
/// sentence, while whoever reads it can still commit what there is.
/// </summary>
internal sealed class ModelDrain(ModelHost host, TimeProvider time) : IHostedLifecycleService
{
    /// <summary>Time that running answers have.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    // A reader that does not read is not waited for.
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (!await EndsWithinAsync(host.DrainAsync(), Patience))
        {
            await host.EndChatsAsync();
            await EndsWithinAsync(host.DrainAsync(), s_farewell);
        }
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<bool> EndsWithinAsync(Task ending, TimeSpan patience)
    {
        try
        {
            await ending.WaitAsync(patience, time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
