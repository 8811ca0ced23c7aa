using Microsoft.ML.OnnxRuntime;
using MistralStudio.Core;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Accelerators;

/// <summary>Multiplies two numbers on a device: that it is listed is no proof.</summary>
internal static class AcceleratorProbe
{
    /// <summary>What the device says instead of the product; null where it is right.</summary>
    public static Error? Run(Accelerator accelerator)
    {
        var folder = Directory.CreateTempSubdirectory("mistralstudio-probe-").FullName;
        try
        {
            var path = Path.Combine(folder, "probe.onnx");
            using (var weights = new WeightFile(Path.Combine(folder, "probe.weights")))
            {
                var graph = new GraphBuilder("probe", weights);
                graph.Input("x", ElementType.Float, 1, 2);
                graph.Node("MatMul", "y", ["x", graph.Constant<float>("w", ElementType.Float, [2, 1], 3, 4)]);
                graph.Output("y", ElementType.Float, 1, 1);
                graph.Save(path);
            }

            lock (accelerator.Turns ?? new Lock())
            {
                using var options = accelerator.CreateOptions(threads: 1);
                using var session = new InferenceSession(path, options);
                using var input = OrtValue.CreateTensorValueFromMemory<float>(DeviceArena.Processor, new float[] { 5, 6 }.AsMemory(), [1, 2]);
                using var run = new RunOptions();
                using var outputs = session.Run(run, ["x"], [input], ["y"]);
                var product = outputs[0].GetTensorDataAsSpan<float>()[0];
                return Math.Abs(product - 39) < 0.1 ? null : AcceleratorErrors.Refused(accelerator.Name, $"5 * 3 + 6 * 4 came out as {product}");
            }
        }
        catch (OnnxRuntimeException refusal)
        {
            return AcceleratorErrors.Refused(accelerator.Name, refusal.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
