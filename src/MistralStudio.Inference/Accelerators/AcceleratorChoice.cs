using MistralStudio.Core;

namespace MistralStudio.Inference.Accelerators;

/// <summary>Where models are computed, and why not where it was wished.</summary>
/// <param name="Accelerator">The device; null for the processor.</param>
/// <param name="Reason">Why it is the processor; null where nothing else was wished for or to be had.</param>
internal sealed record AcceleratorChoice(Accelerator? Accelerator, Error? Reason)
{
    /// <summary>The processor, because nobody wished for anything else.</summary>
    public static AcceleratorChoice Processor { get; } = new(null, null);

    /// <summary>Looks for the device that the settings name and computes something on it; takes up to seconds.</summary>
    public static AcceleratorChoice Make(InferenceOptions options)
    {
        var library = options.WebGpuLibrary ?? "";
        switch (options.Accelerator.ToLowerInvariant())
        {
            case "cuda":
                return Probe(new CudaAccelerator());
            case "webgpu":
                return library.Length > 0 ? Probe(WebGpuAccelerator.Open(library)) : new(null, AcceleratorErrors.NoLibrary());
            case "auto" when CudaAccelerator.IsBuiltIn:
                return Probe(new CudaAccelerator());
            case "auto" when library.Length > 0:
                // A program that plays the GPU is slower than the processor itself.
                var opened = WebGpuAccelerator.Open(library);
                return opened.IsSuccess && opened.Value.IsSoftware ? new(null, AcceleratorErrors.NoDevice()) : Probe(opened);
            default:
                return Processor;
        }
    }

    private static AcceleratorChoice Probe(Result<WebGpuAccelerator> opened) =>
        opened.IsSuccess ? Probe((Accelerator)opened.Value) : new(null, opened.Error);

    private static AcceleratorChoice Probe(Accelerator accelerator) =>
        accelerator.Kind == AcceleratorKind.Cuda && !CudaAccelerator.IsBuiltIn ? new(null, AcceleratorErrors.NotBuilt())
        : AcceleratorProbe.Run(accelerator) is { } refusal ? new(null, refusal)
        : new(accelerator, null);
}
