using System.Globalization;
using MistralStudio.Inference;
using MistralStudio.Inference.Accelerators;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Onnx;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>
/// The starter model on an accelerator, in float32 and in float16: speed beside each other in one run, and how far the answers are from float32.
/// Quality is measured on the processor's provider, which any machine has; speed only where there is a device with float16.
/// </summary>
internal static class AcceleratorBenchmark
{
    private const int Capacity = 1024;

    /// <param name="library">The WebGPU provider's library; null for a build with CUDA, or for the figures that need no device.</param>
    public static void Run(string? library)
    {
        var starter = Path.Combine(SharedData.StarterModels, "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");
        var folder = Directory.CreateTempSubdirectory("mistralstudio-bench-").FullName;
        try
        {
            Console.WriteLine("| SmolLM2 135M, ONNX Runtime's operators on the processor | KL to float32, golden (other text) |");
            Console.WriteLine("|---|---|");
            foreach (var (name, form) in new[] { ("float16", DecoderForm.DeviceHalf), ("float32", DecoderForm.Device), ("8-bit activations", DecoderForm.NBits) })
            {
                var divergence = StarterDivergence.Measure(starter, Capacity, folder, form);
                Console.WriteLine(divergence is null ? $"| {name} | no golden prompts here |" : Line($"| {name} | {divergence.Golden:0.0e+0} ({divergence.Other:0.0e+0}) |"));
            }

            Console.WriteLine();
            PrintDevice(starter, library, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void PrintDevice(string starter, string? library, string folder)
    {
        var options = new InferenceOptions { Accelerator = library is null ? "auto" : "webgpu", WebGpuLibrary = library };
        var report = AcceleratorCheck.Run(starter, options, new GraphCache(folder));
        if (report.DeviceSpeed == 0)
        {
            Console.WriteLine($"No speed of an accelerator: {report.Error?.ToString() ?? "none is set; name the WebGPU provider's library."}");
            return;
        }

        Console.WriteLine("| decode 32, one row, tok/s | float32 | float16 | float16 / float32 | largest KL of a position to float32 |");
        Console.WriteLine("|---|---|---|---|---|");
        Console.WriteLine(report.Half is { } half
            ? Line($"| {report.Device} | {report.DeviceSpeed:F1} | {half.Speed:F1} | {half.Speed / report.DeviceSpeed:F2} | {half.Divergence:0.0e+0} |")
            : Line($"| {report.Device} | {report.DeviceSpeed:F1} | - | - | - |"));
        if (report.NoHalf is { } reason)
        {
            Console.WriteLine($"{Environment.NewLine}Not in float16: {reason}");
        }
    }

    private static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);
}
