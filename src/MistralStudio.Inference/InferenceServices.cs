using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using MistralStudio.Core.Models;
using MistralStudio.Core.Schemas;
using MistralStudio.Inference.Hosting;
using MistralStudio.Inference.Structured;
using MistralStudio.Inference.Import;
using MistralStudio.Inference.Speed;

namespace MistralStudio.Inference;

/// <summary>Composition of this room.</summary>
public static class InferenceServices
{
    /// <summary>Adds <see cref="IModelHost"/> over the starter models and those in the data folder; no model is touched before it is asked for.</summary>
    /// <param name="dataPath">The data folder, absolute.</param>
    /// <param name="configure">Binds section <see cref="InferenceOptions.Section"/>; options are validated at start.</param>
    public static IServiceCollection AddInference(this IServiceCollection services, string dataPath, Action<InferenceOptions>? configure = null)
    {
        var options = services.AddOptions<InferenceOptions>().ValidateDataAnnotations().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new DataModels(Path.Combine(dataPath, "models")));
        services.AddSingleton<ModelHost>();
        services.AddSingleton<IModelHost>(provider => provider.GetRequiredService<ModelHost>());
        services.AddSingleton(provider => new ModelChecks(provider.GetRequiredService<IOptions<InferenceOptions>>(), provider.GetRequiredService<DataModels>()));
        services.AddSingleton<ModelLibrary>();
        services.AddSingleton<IModelLibrary>(provider => provider.GetRequiredService<ModelLibrary>());
        services.AddSingleton<IHeldSchemas, HeldSchemas>();
        services.AddSingleton<IModelSpeeds, ModelSpeeds>();
        services.AddHostedService<ImportResumption>();
        services.AddHostedService<WarmModels>();
        services.AddHostedService<ModelDrain>();
        return services;
    }
}
