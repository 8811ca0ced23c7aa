using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Microsoft.ML.OnnxRuntime;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Accelerators;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Hosting;

/// <summary>What is known of a model's file after all of it was read.</summary>
/// <param name="Error">What is wrong with it; null where nothing is.</param>
public sealed record ModelCheck(InstalledModel Model, Error? Error);

/// <summary>Looks at what a start of a model would need, without loading one.</summary>
public sealed class ModelChecks
{
    private readonly IOptions<InferenceOptions> _options;
    private readonly DataModels _models;

    internal ModelChecks(IOptions<InferenceOptions> options, DataModels models) => (_options, _models) = (options, models);

    /// <summary>What computes: the execution providers that this build of ONNX Runtime brings, and its version.</summary>
    public static string DescribeAccelerator()
    {
        var runtime = OrtEnv.Instance();
        var providers = runtime.GetAvailableProviders().Select(provider => provider.Replace("ExecutionProvider", "", StringComparison.Ordinal));
        return $"{string.Join(", ", providers)} (ONNX Runtime {runtime.GetVersionString()})";
    }

    /// <summary>
    /// Runs the smallest installed chat model on the device that the settings name and on the processor; null where there is no chat model. Takes
    /// up to a minute.
    /// </summary>
    public AcceleratorReport? CheckAccelerator()
    {
        var model = InstalledFolders.Find(_options.Value, _models)
            .Where(folder => folder.Task == ModelTask.Chat)
            .MinBy(folder => new FileInfo(folder.File).Length);
        return model is null ? null : AcceleratorCheck.Run(model.File, _options.Value, new GraphCache(_models.Compiled));
    }

    /// <summary>Reads every installed model's header and checks the SHA-256 of its weights.</summary>
    public async IAsyncEnumerable<ModelCheck> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var folder in InstalledFolders.Find(_options.Value, _models))
        {
            var model = folder.Describe(_options.Value);
            yield return new(model, model.Error ?? (await folder.VerifyAsync(cancellationToken)).Error);
        }
    }
}
