using Microsoft.ML.OnnxRuntime;
using MistralStudio.Core;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Accelerators;

/// <summary>Multiplies a few numbers on a device: that it is listed is no proof.</summary>
internal static class AcceleratorProbe
{
    // Exact in float16 too, in whatever order they are added: it has every whole number up to 2,048, and the even ones above.
    private static readonly float[] s_inputs = [5, 6, -7.5f, 2000];
    private static readonly float[] s_weights = [3, 4, -2, 1];
    private const float Product = 2054;

    /// <summary>What the device says instead of the product; null where it is right.</summary>
    public static Error? Run(Accelerator accelerator) =>
        Multiply(accelerator, ElementType.Float, accelerator.IsStrict) is { } wrong ? AcceleratorErrors.Refused(accelerator.Name, wrong) : null;

    /// <summary>The same in float16. No node may go to the processor: that would be right about any device.</summary>
    public static Error? RunHalf(Accelerator accelerator) =>
        Multiply(accelerator, ElementType.Float16, isStrict: true) is { } wrong ? AcceleratorErrors.NoHalf(accelerator.Name, wrong) : null;

    // x, cast there and back where the floats are not float32.
    private static string? Multiply(Accelerator accelerator, ElementType floats, bool isStrict)
    {
        var folder = Directory.CreateTempSubdirectory("mistralstudio-probe-").FullName;
        try
        {
            var path = Path.Combine(folder, "probe.onnx");
            using (var weights = new WeightFile(Path.Combine(folder, "probe.weights")))
            {
                var graph = new GraphBuilder("probe", weights);
                graph.Input("x", ElementType.Float, 1, s_inputs.Length);
                var matrix = graph.FloatConstant("w", floats, [s_weights.Length, 1], s_weights);
                if (floats == ElementType.Float)
                {
                    graph.Node("MatMul", "y", ["x", matrix]);
                }
                else
                {
                    graph.Cast("y", graph.Node("MatMul", "product", [graph.Cast("narrow", "x", floats), matrix]), ElementType.Float);
                }

                graph.Output("y", ElementType.Float, 1, 1);
                graph.Save(path);
            }

            lock (accelerator.Turns ?? new Lock())
            {
                using var options = accelerator.CreateOptions(threads: 1, isStrict);

                // What is refused is said where it matters, not in the middle of the server's output.
                options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
                using var session = new InferenceSession(path, options);
                using var input = OrtValue.CreateTensorValueFromMemory<float>(DeviceArena.Processor, s_inputs.AsMemory(), [1, s_inputs.Length]);
                using var run = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
                using var outputs = session.Run(run, ["x"], [input], ["y"]);
                var product = outputs[0].GetTensorDataAsSpan<float>()[0];
                return Math.Abs(product - Product) < 0.1 ? null : FormattableString.Invariant($"a product of {Product} came out as {product}");
            }
        }
        catch (OnnxRuntimeException refusal)
        {
            return refusal.Message;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
