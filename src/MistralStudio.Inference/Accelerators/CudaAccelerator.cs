using Microsoft.ML.OnnxRuntime;

namespace MistralStudio.Inference.Accelerators;

/// <summary>An NVIDIA GPU through CUDA, in builds with <c>-p:Accelerator=cuda</c>.</summary>
internal sealed class CudaAccelerator : Accelerator
{
    /// <summary>Whether this build brings the provider.</summary>
    public static bool IsBuiltIn =>
#if CUDA
        true;
#else
        false;
#endif

    public override AcceleratorKind Kind => AcceleratorKind.Cuda;

    public override string Name => "CUDA";

    public override OrtMemoryInfo Memory { get; } = new("Cuda", OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Default);

    protected override void Append(SessionOptions options) => options.AppendExecutionProvider_CUDA(0);
}
