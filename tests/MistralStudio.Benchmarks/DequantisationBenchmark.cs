using System.Diagnostics;
using System.Globalization;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Benchmarks;

/// <summary>How fast one thread turns stored blocks into float32, by type.</summary>
internal static class DequantisationBenchmark
{
    private const int Numbers = 1 << 16;

    private static readonly TimeSpan s_each = TimeSpan.FromSeconds(1);

    public static void Run()
    {
        Console.WriteLine("| dequantisation | million numbers/s | GB/s written |");
        Console.WriteLine("|---|---|---|");
        var random = new Random(3);
        foreach (var type in Enum.GetValues<GgmlType>().Where(type => Dequantisation.Supports(type)))
        {
            var (elements, bytes) = GgmlTypes.Block(type)!.Value;
            var source = new byte[Numbers / elements * bytes];
            random.NextBytes(source);
            var target = new float[Numbers];
            var best = double.MaxValue;
            // Long enough that the best round is one of the optimised code.
            var begin = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(begin) < s_each)
            {
                var start = Stopwatch.GetTimestamp();
                Dequantisation.Row(type, source, target);
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {type} | {Numbers / best / 1e6:0} | {Numbers * 4 / best / 1e9:0.0} |"));
        }
    }
}
