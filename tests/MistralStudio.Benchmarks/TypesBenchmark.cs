using System.Globalization;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>
/// The starter model in every type of weights, written by llama.cpp's own program: speed here and there on the same file, and beside it what the
/// weights lose on their way here and how far the answers are from float32 arithmetic on the file's own weights.
/// </summary>
internal static class TypesBenchmark
{
    /// <summary>As llama.cpp names them.</summary>
    public static IReadOnlyList<string> Types { get; } = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K_M", "Q5_K_M", "Q6_K", "F16"];

    public static async Task RunAsync(string[] types)
    {
        var starter = Path.Combine(SharedData.StarterModels, "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");
        if (SharedData.Find("bin", "llama") is not { } programs)
        {
            Console.WriteLine("llama.cpp is not in the shared folder (STUDIO_SHARED).");
            return;
        }

        var folder = Directory.CreateTempSubdirectory("mistralstudio-bench-").FullName;
        try
        {
            var llama = LlamaCpp.Link(programs, Path.Combine(folder, "llama"));
            Console.WriteLine("| SmolLM2 135M, tok/s, here / llama.cpp | prefill 512 | decode 128 | KL to float32, golden (other text) | same with ONNX Runtime's operators | matrices: share, relative RMS error here |");
            Console.WriteLine("|---|---|---|---|---|---|");
            foreach (var type in types.Length > 0 ? types : Types)
            {
                var path = Path.Combine(folder, $"starter.{type}.gguf");
                await llama.QuantizeAsync(starter, path, type);
                await PrintAsync(llama, type, path, folder);
                File.Delete(path);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task PrintAsync(LlamaCpp llama, string type, string path, string folder)
    {
        var contest = new Contest(type, path);
        for (var round = 0; round < 3; round++)
        {
            InferenceBenchmark.Measure(contest, folder, batches: []);
            await InferenceBenchmark.MeasureAsync(llama, contest, batches: []);
        }

        const int Capacity = 1024;
        var packed = StarterDivergence.Measure(path, Capacity, folder, DecoderForms.OfThisMachine);
        var portable = StarterDivergence.Measure(path, Capacity, folder, DecoderForm.NBits);
        using var file = GgufFile.Open(path).Value;
        var errors = WeightErrors.Measure(file).Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Type} {entry.Share:P0} {entry.Error:0.0e+0}"));
        Console.WriteLine($"| {type} | {Speeds("prefill 512")} | {Speeds("decode 128")} | {Divergence(packed)} | {Divergence(portable)} | {string.Join(", ", errors)} |");

        string Speeds(string name) => string.Create(CultureInfo.InvariantCulture,
            $"{contest.Ours[name]:F0} / {contest.Theirs[name]:F0} = {contest.Ours[name] / contest.Theirs[name]:F2}");
    }

    private static string Divergence(StarterDivergence? divergence) =>
        divergence is null ? "-" : string.Create(CultureInfo.InvariantCulture, $"{divergence.Golden:F4} ({divergence.Other:F4})");
}
