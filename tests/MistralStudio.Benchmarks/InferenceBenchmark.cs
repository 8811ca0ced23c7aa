using System.Diagnostics;
using System.Globalization;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>
/// The starter chat model here and in llama.cpp, round about, on the same files: prefill, decode, and several conversations together, tokens a
/// second (the best of the rounds, which other work on the machine disturbs least), with the divergence from float32 beside the speed.
/// </summary>
internal static class InferenceBenchmark
{
    private const int Prompt = 512;
    private const int Answer = 128;
    private const int BatchPrompt = 64;
    private const int BatchAnswer = 96;
    private const int Chunk = 128;
    private const int Capacity = 1024;
    private const int Rounds = 3;

    private static readonly int[] s_rows = [1, 2, 4, 8];

    public static async Task RunAsync()
    {
        var starter = Path.Combine(SharedData.StarterModels, "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");
        var folder = Directory.CreateTempSubdirectory("mistralstudio-bench-").FullName;
        try
        {
            var llama = SharedData.Find("bin", "llama") is { } programs ? LlamaCpp.Link(programs, Path.Combine(folder, "llama")) : null;
            var contests = new List<Contest> { new("Q4_1, as shipped", starter) };
            foreach (var type in llama is null ? [] : new[] { "Q4_0", "Q8_0" })
            {
                var file = Path.Combine(folder, $"starter.{type}.gguf");
                await llama!.QuantizeAsync(starter, file, type);
                contests.Add(new(type, file));
            }

            for (var round = 0; round < Rounds; round++)
            {
                foreach (var contest in contests)
                {
                    Measure(contest, folder, s_rows);
                    if (llama is not null)
                    {
                        await MeasureAsync(llama, contest, s_rows);
                    }
                }
            }

            Print(contests, StarterDivergence.Measure(starter, Capacity, folder, DecoderForms.OfThisMachine));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static void Measure(Contest contest, string folder, int[] batches)
    {
        using var file = GgufFile.Open(contest.Path).Value;
        var shape = DecoderShape.Read(file).Value;
        var graph = DecoderCompiler.Compile(file, shape, contest.Name, Capacity, DecoderForms.OfThisMachine, new GraphCache(folder)).Value;
        var load = Stopwatch.StartNew();
        using var decoder = new OnnxDecoder(graph, shape, s_rows.Max(), Capacity, Environment.ProcessorCount);
        contest.LoadMs = Math.Min(contest.LoadMs, load.Elapsed.TotalMilliseconds);

        var random = new Random(1);
        var tokens = Enumerable.Range(0, Prompt).Select(_ => random.Next(17, 49_000)).ToArray();
        void Read(int slot, int length)
        {
            for (var start = 0; start < length; start += Chunk)
            {
                decoder.Prefill(slot, tokens.AsSpan(start, Math.Min(Chunk, length - start)), start, start + Chunk >= length);
            }
        }

        Read(slot: 0, Prompt);
        var watch = Stopwatch.StartNew();
        Read(slot: 0, Prompt);
        contest.Ours.Best("prefill 512", Prompt / watch.Elapsed.TotalSeconds);

        watch.Restart();
        for (var step = 0; step < Answer; step++)
        {
            decoder.Decode([tokens[step]], [step]);
        }

        contest.Ours.Best("decode 128", Answer / watch.Elapsed.TotalSeconds);
        foreach (var rows in batches)
        {
            for (var slot = 0; slot < rows; slot++)
            {
                Read(slot, BatchPrompt);
            }

            decoder.Decode(tokens.AsSpan(0, rows), [.. Enumerable.Repeat(BatchPrompt, rows)]);
            watch.Restart();
            for (var step = 0; step < BatchAnswer; step++)
            {
                decoder.Decode(tokens.AsSpan(step, rows), [.. Enumerable.Repeat(BatchPrompt + step, rows)]);
            }

            contest.Ours.Best($"decode, rows {rows}", rows * BatchAnswer / watch.Elapsed.TotalSeconds);
        }
    }

    public static async Task MeasureAsync(LlamaCpp llama, Contest contest, int[] batches)
    {
        var threads = Environment.ProcessorCount;
        var (prefill, decode) = await llama.MeasureAsync(contest.Path, Prompt, Answer, threads);
        contest.Theirs.Best("prefill 512", prefill);
        contest.Theirs.Best("decode 128", decode);
        foreach (var (rows, speed) in await llama.MeasureBatchesAsync(contest.Path, batches, BatchPrompt, BatchAnswer, threads))
        {
            contest.Theirs.Best($"decode, rows {rows}", speed);
        }
    }

    // Here / llama.cpp = ratio, a column for each file; last the starter beside llama.cpp's fastest form of it.
    private static void Print(List<Contest> contests, StarterDivergence? divergence)
    {
        var (starter, fair) = (contests[0], contests.Find(contest => contest.Name == "Q4_0"));
        Console.WriteLine($"| SmolLM2 135M, tok/s, here / llama.cpp | {string.Join(" | ", contests.Select(contest => contest.Name))} | shipped here / Q4_0 there |");
        Console.WriteLine($"|---|{string.Concat(contests.Select(_ => "---|"))}---|");
        foreach (var (name, speed) in starter.Ours)
        {
            var cells = contests.Select(contest => $"{Number(contest.Ours[name])} / {Number(contest.Theirs[name])} = {Ratio(contest.Ours[name], contest.Theirs[name])}");
            Console.WriteLine($"| {name} | {string.Join(" | ", cells)} | {Ratio(speed, fair?.Theirs[name])} |");
        }

        static double? Gain(Speeds speeds) => speeds["decode, rows 8"] / speeds["decode, rows 1"];
        Console.WriteLine($"| 8 rows / 1 row | {string.Join(" | ", contests.Select(contest => $"{Ratio(Gain(contest.Ours), 1)} / {Ratio(Gain(contest.Theirs), 1)}"))} | |");
        Console.WriteLine($"| load of the compiled model, ms | {string.Join(" | ", contests.Select(contest => Number(contest.LoadMs)))} | |");
        if (divergence is not null)
        {
            // llama.cpp's figure for the file as it is, from the notes of the golden outputs: its programs print no logits.
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| KL to float32, nats a position | {divergence.Golden:F4} / 0.0037 recorded (other text: {divergence.Other:F4}) | {string.Join(" | ", contests.Skip(1).Select(_ => ""))} | |"));
        }
    }

    private static string Number(double? value) => value?.ToString("F0", CultureInfo.InvariantCulture) ?? "-";

    private static string Ratio(double? over, double? under) => (over / under)?.ToString("F2", CultureInfo.InvariantCulture) ?? "-";
}
