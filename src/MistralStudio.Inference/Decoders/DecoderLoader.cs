using Microsoft.ML.OnnxRuntime;
using MistralStudio.Core;
using MistralStudio.Inference.Accelerators;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Decoders;

/// <summary>A decoder and where it computes.</summary>
/// <param name="Device">For a person: "CPU", "WebGPU, NVIDIA".</param>
/// <param name="Reason">Why not on the device that was wished for; null where it is, or none was.</param>
/// <param name="Floats">What the device computes with; null for the processor.</param>
internal sealed record LoadedDecoder(IDecoder Decoder, string Device, Error? Reason, DeviceFloats? Floats);

/// <summary>Loads a decoder on the chosen device, or on the processor where that cannot take it.</summary>
internal static class DecoderLoader
{
    /// <summary>What computes where nothing else does.</summary>
    public const string Processor = "CPU";

    /// <summary>
    /// Where the device cannot compute the model in float16, or answers otherwise with it, the error is
    /// <see cref="AcceleratorErrors.HalfRefusedCode"/>: to be loaded again in float32, with other slots.
    /// </summary>
    /// <param name="contentHash">SHA-256 of the file.</param>
    /// <exception cref="OnnxRuntimeException">The processor cannot take it either.</exception>
    public static Result<LoadedDecoder> Load(
        GgufFile file, DecoderShape shape, string contentHash, int slots, int capacity, InferenceOptions options, GraphCache compiled, AcceleratorChoice choice)
    {
        var (accelerator, reason, floats) = choice;
        if (accelerator is not null)
        {
            var onDevice = DecoderCompiler.Compile(file, shape, contentHash, capacity, DecoderForms.OnDevice(floats.Type), compiled);
            if (!onDevice.IsSuccess)
            {
                return onDevice.Error;
            }

            try
            {
                return Open(onDevice.Value, accelerator);
            }
            catch (Exception refusal) when (refusal is OnnxRuntimeException or OverflowException)
            {
                if (floats.Type == ElementType.Float16)
                {
                    return AcceleratorErrors.HalfRefused(accelerator.Name, refusal.Message);
                }

                reason = AcceleratorErrors.DoesNotFit(accelerator.Name, refusal.Message);
            }
        }

        var graph = DecoderCompiler.Compile(file, shape, contentHash, capacity, DecoderForms.OfThisMachine, compiled);
        return graph.IsSuccess
            ? new LoadedDecoder(new OnnxDecoder(graph.Value, shape, slots, capacity, options.ThreadCount), Processor, reason, null)
            : graph.Error;

        Result<LoadedDecoder> Open(string graph, Accelerator device)
        {
            var decoder = new DeviceDecoder(graph, shape, slots, capacity, options.ThreadCount, device);
            var isKept = false;
            try
            {
                var difference = floats.Type == ElementType.Float16 ? Try(decoder, device) : null;
                isKept = difference is null;
                return isKept ? new LoadedDecoder(decoder, device.Name, null, floats) : difference!;
            }
            finally
            {
                if (!isKept)
                {
                    decoder.Dispose();
                }
            }
        }

        Error? Try(DeviceDecoder decoder, Accelerator device)
        {
            var expected = FloatsTrial.Expected(file, shape, contentHash, capacity, options.ThreadCount, compiled);
            return expected.IsSuccess
                ? FloatsTrial.Judge(
                    device.Name, expected.Value, FloatsTrial.Run(decoder, shape.Vocabulary), shape.Vocabulary, DeviceFloats.IsForced(options.AcceleratorFloats))
                : expected.Error;
        }
    }
}
