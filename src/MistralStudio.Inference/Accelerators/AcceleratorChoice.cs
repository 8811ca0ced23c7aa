using MistralStudio.Core;

namespace MistralStudio.Inference.Accelerators;

/// <summary>Where models are computed, and why not where it was wished.</summary>
/// <param name="Accelerator">The device; null for the processor.</param>
/// <param name="Reason">Why it is the processor; null where nothing else was wished for or to be had.</param>
/// <param name="Floats">What the device computes with.</param>
internal sealed record AcceleratorChoice(Accelerator? Accelerator, Error? Reason, DeviceFloats Floats)
{
    /// <summary>The processor, because nobody wished for anything else.</summary>
    public static AcceleratorChoice Processor { get; } = new(null, null, DeviceFloats.Processor);

    /// <summary>Looks for the device that the settings name and computes something on it; takes up to seconds.</summary>
    public static AcceleratorChoice Make(InferenceOptions options)
    {
        var library = options.WebGpuLibrary ?? "";
        switch (options.Accelerator.ToLowerInvariant())
        {
            case "cuda":
                return Probe(new CudaAccelerator(), options);
            case "webgpu":
                return library.Length > 0 ? Probe(WebGpuAccelerator.Open(library), options) : Refuse(AcceleratorErrors.NoLibrary());
            case "auto" when CudaAccelerator.IsBuiltIn:
                return Probe(new CudaAccelerator(), options);
            case "auto" when library.Length > 0:
                // A program that plays the GPU is slower than the processor itself.
                var opened = WebGpuAccelerator.Open(library);
                return opened.IsSuccess && opened.Value.IsSoftware ? Refuse(AcceleratorErrors.NoDevice()) : Probe(opened, options);
            default:
                return Processor;
        }
    }

    private static AcceleratorChoice Probe(Result<WebGpuAccelerator> opened, InferenceOptions options) =>
        opened.IsSuccess ? Probe((Accelerator)opened.Value, options) : Refuse(opened.Error);

    private static AcceleratorChoice Probe(Accelerator accelerator, InferenceOptions options) =>
        accelerator.Kind == AcceleratorKind.Cuda && !CudaAccelerator.IsBuiltIn ? Refuse(AcceleratorErrors.NotBuilt())
        : AcceleratorProbe.Run(accelerator) is { } refusal ? Refuse(refusal)
        : new(accelerator, null, DeviceFloats.Choose(options.AcceleratorFloats, () => AcceleratorProbe.RunHalf(accelerator)));

    private static AcceleratorChoice Refuse(Error reason) => Processor with { Reason = reason };
}
