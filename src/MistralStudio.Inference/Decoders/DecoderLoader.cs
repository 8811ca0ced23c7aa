using Microsoft.ML.OnnxRuntime;
using MistralStudio.Core;
using MistralStudio.Inference.Accelerators;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Decoders;

/// <summary>A decoder and where it computes.</summary>
/// <param name="Device">For a person: "CPU", "WebGPU, NVIDIA".</param>
/// <param name="Reason">Why not on the device that was wished for; null where it is, or none was.</param>
internal sealed record LoadedDecoder(IDecoder Decoder, string Device, Error? Reason);

/// <summary>Loads a decoder on the chosen device, or on the processor where that cannot take it.</summary>
internal static class DecoderLoader
{
    /// <summary>What computes where nothing else does.</summary>
    public const string Processor = "CPU";

    /// <param name="contentHash">SHA-256 of the file.</param>
    /// <exception cref="OnnxRuntimeException">The processor cannot take it either.</exception>
    public static Result<LoadedDecoder> Load(
        GgufFile file, DecoderShape shape, string contentHash, int slots, int capacity, int threads, GraphCache compiled, AcceleratorChoice choice)
    {
        var reason = choice.Reason;
        if (choice.Accelerator is { } accelerator)
        {
            var onDevice = DecoderCompiler.Compile(file, shape, contentHash, capacity, DecoderForm.Device, compiled);
            if (!onDevice.IsSuccess)
            {
                return onDevice.Error;
            }

            try
            {
                return new LoadedDecoder(new DeviceDecoder(onDevice.Value, shape, slots, capacity, threads, accelerator), accelerator.Name, null);
            }
            catch (Exception refusal) when (refusal is OnnxRuntimeException or OverflowException)
            {
                reason = AcceleratorErrors.DoesNotFit(accelerator.Name, refusal.Message);
            }
        }

        var graph = DecoderCompiler.Compile(file, shape, contentHash, capacity, DecoderForms.OfThisMachine, compiled);
        return graph.IsSuccess ? new LoadedDecoder(new OnnxDecoder(graph.Value, shape, slots, capacity, threads), Processor, reason) : graph.Error;
    }
}
