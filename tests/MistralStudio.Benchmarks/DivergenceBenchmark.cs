using System.Globalization;
using MistralStudio.Inference.Decoders;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>How far answers are from float32 arithmetic on the file's own weights, here and in llama.cpp, on the golden prompts.</summary>
internal static class DivergenceBenchmark
{
    private const int Capacity = 1024;

    public static async Task RunAsync(string[] types)
    {
        if (SharedData.Find("bin", "llama") is not { } programs)
        {
            Console.WriteLine("llama.cpp is not in the shared folder (STUDIO_SHARED).");
            return;
        }

        var starter = Path.Combine(SharedData.StarterModels, "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");
        var folder = Directory.CreateTempSubdirectory("mistralstudio-bench-").FullName;
        try
        {
            var llama = LlamaCpp.Link(programs, Path.Combine(folder, "llama"));
            Console.WriteLine("| SmolLM2 135M, KL to float32, nats a position | here | llama.cpp | here / llama.cpp |");
            Console.WriteLine("|---|---|---|---|");
            await PrintAsync(llama, "as it is (Q4_1)", starter, folder);
            foreach (var type in types.Length > 0 ? types : TypesBenchmark.Types.ToArray())
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
        if (StarterDivergence.Measure(path, Capacity, folder, DecoderForms.OfThisMachine) is { } here && await StarterDivergence.MeasureLlamaAsync(llama, path) is { } there)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {type} | {here.Golden:F4} | {there:F4} | {here.Golden / there:F2} |"));
        }
    }
}
