using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Hosting;

/// <summary>Loads the models that the operator wants warm, after the start.</summary>
internal sealed class WarmModels(IModelHost models, IOptions<InferenceOptions> options) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            foreach (var id in options.Value.KeepWarm)
            {
                // A failure is logged by the host and shown with the model.
                await models.LoadAsync(id, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops, or its start failed elsewhere.
        }
    }
}
