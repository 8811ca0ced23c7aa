using Microsoft.ML.OnnxRuntime;
using MistralStudio.Inference.Accelerators;
using MistralStudio.Inference.Decoders;

namespace MistralStudio.Inference.Tests.Accelerators;

/// <summary>The processor in the place of an accelerator that has float16: what is decided around a device, without one.</summary>
internal sealed class ProcessorAsDevice : Accelerator
{
    public override AcceleratorKind Kind => AcceleratorKind.Cpu;

    public override string Name => "a device";

    public override OrtMemoryInfo Memory => DeviceArena.Processor;

    /// <summary>It was chosen, and computes with what is set.</summary>
    public static AcceleratorChoice Choose(string floats) => new(new ProcessorAsDevice(), null, DeviceFloats.Choose(floats, () => null));

    protected override void Append(SessionOptions options)
    {
    }
}
