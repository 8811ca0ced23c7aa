using System.Diagnostics;
using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using MistralStudio.Core;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Accelerators;

/// <summary>What a real model does on the chosen device.</summary>
/// <param name="Device">The device, "CPU" for the processor.</param>
/// <param name="Error">Why the device cannot be used; null where it can, or none was wished for.</param>
/// <param name="LargestDifference">Of any probability, between the device and the processor, both in float32.</param>
/// <param name="DeviceSpeed">Tokens a second of one conversation on the device, in float32.</param>
/// <param name="ProcessorSpeed">The same on the processor.</param>
/// <param name="Half">The same model in float16 on the device; null where it is not computed so.</param>
/// <param name="NoHalf">Why it is not; null where it is, or there is no device.</param>
public sealed record AcceleratorReport(
    string Device, Error? Error, double LargestDifference = 0, double DeviceSpeed = 0, double ProcessorSpeed = 0, HalfReport? Half = null, Error? NoHalf = null);

/// <summary>What a real model does on a device in float16.</summary>
/// <param name="Speed">Tokens a second of one conversation.</param>
/// <param name="Divergence">Largest Kullback-Leibler divergence of a position from float32, nats.</param>
public sealed record HalfReport(double Speed, double Divergence);

/// <summary>Runs a model on the chosen device and on the processor, and compares.</summary>
internal static class AcceleratorCheck
{
    private const int Capacity = 256;
    private const int Prompt = 32;
    private const int Answer = 32;

    /// <summary>Above this two devices do not compute the same model: both keep activations as floats.</summary>
    private const double Tolerance = 0.01;

    /// <param name="model">A GGUF file.</param>
    public static AcceleratorReport Run(string model, InferenceOptions options, GraphCache compiled)
    {
        var choice = AcceleratorChoice.Make(options);
        if (choice.Accelerator is not { } accelerator)
        {
            return new(DecoderLoader.Processor, choice.Reason);
        }

        var opened = GgufFile.Open(model);
        if (!opened.IsSuccess)
        {
            return new(accelerator.Name, opened.Error);
        }

        using var file = opened.Value;
        var shape = DecoderShape.Read(file);
        if (!shape.IsSuccess)
        {
            return new(accelerator.Name, shape.Error);
        }

        var name = $"check {Path.GetFullPath(model)}";
        Result<string> Compile(DecoderForm form) => DecoderCompiler.Compile(file, shape.Value, name, Capacity, form, compiled);
        var (exact, quick) = (Compile(DecoderForm.Device), Compile(DecoderForms.OfThisMachine));
        if ((exact.Error ?? quick.Error) is { } error)
        {
            return new(accelerator.Name, error);
        }

        try
        {
            using var processor = new OnnxDecoder(quick.Value, shape.Value, slots: 1, Capacity, options.ThreadCount);
            using var reference = new OnnxDecoder(exact.Value, shape.Value, slots: 1, Capacity, options.ThreadCount);
            var report = new AcceleratorReport(accelerator.Name, null, ProcessorSpeed: Measure(processor, shape.Value.Vocabulary).Speed);
            using (var device = new DeviceDecoder(exact.Value, shape.Value, slots: 1, Capacity, options.ThreadCount, accelerator))
            {
                var difference = Difference(Measure(device, shape.Value.Vocabulary).Logits, Measure(reference, shape.Value.Vocabulary).Logits);
                report = report with
                {
                    Error = difference <= Tolerance ? null : AcceleratorErrors.Refused(accelerator.Name, $"a probability is off by {difference:F3}"),
                    LargestDifference = difference,
                    DeviceSpeed = Measure(device, shape.Value.Vocabulary).Speed,
                };
            }

            if (choice.Floats.Type != ElementType.Float16)
            {
                return report with { NoHalf = choice.Floats.Reason };
            }

            // A model that cannot be computed in float16 is computed in float32: nothing is wrong then.
            var loaded = DecoderLoader.Load(file, shape.Value, name, slots: 1, Capacity, options, compiled, choice);
            if (!loaded.IsSuccess)
            {
                return report with { NoHalf = loaded.Error };
            }

            using var half = loaded.Value.Decoder;
            var divergence = FloatsTrial.Divergence(
                FloatsTrial.Run(reference, shape.Value.Vocabulary), FloatsTrial.Run(half, shape.Value.Vocabulary), shape.Value.Vocabulary);
            return report with { Half = new(Measure(half, shape.Value.Vocabulary).Speed, divergence) };
        }
        catch (Exception refusal) when (refusal is OnnxRuntimeException or OverflowException)
        {
            return new(accelerator.Name, AcceleratorErrors.DoesNotFit(accelerator.Name, refusal.Message));
        }
    }

    private static (double Speed, float[] Logits) Measure(IDecoder decoder, int vocabulary)
    {
        var random = new Random(1);
        var tokens = Enumerable.Range(0, Prompt + Answer).Select(_ => random.Next(vocabulary)).ToArray();
        decoder.Prefill(slot: 0, tokens.AsSpan(0, Prompt), position: 0, wantLogits: true);
        var began = Stopwatch.GetTimestamp();
        float[] logits = [];
        for (var position = Prompt; position < Prompt + Answer; position++)
        {
            logits = decoder.Decode([tokens[position]], [position]).ToArray();
        }

        return (Answer / Stopwatch.GetElapsedTime(began).TotalSeconds, logits);
    }

    private static double Difference(float[] first, float[] second)
    {
        TensorPrimitives.SoftMax<float>(first, first);
        TensorPrimitives.SoftMax<float>(second, second);
        return first.Zip(second, (a, b) => Math.Abs(a - b)).Max();
    }
}
