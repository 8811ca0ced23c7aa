using Microsoft.Extensions.Hosting;

namespace MistralStudio.Inference.Import;

/// <summary>Goes on with imports after a start, and lets them write down where they are before the end.</summary>
internal sealed class ImportResumption(ModelLibrary library) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        library.Resume();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => library.StopAsync();
}
