using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Sampling;
using MistralStudio.Inference.Structured;
using MistralStudio.Inference.Structured.Masks;
using MistralStudio.Inference.Tests.Structured;
using MistralStudio.Inference.Tokenization;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>
/// The engine over the starter model: how long readers wait between tokens while a prompt of 2,000 tokens is read beside them, and what that
/// costs the prompt, by the size of its chunks; what a prompt costs that was read before; what a grammar costs.
/// </summary>
internal static class EngineBenchmark
{
    private const int Prompt = 2000;
    private const int Capacity = 4096;
    private const int Rounds = 2;

    /// <param name="paceOnly">True to measure the chunks that the engine chooses alone.</param>
    public static async Task RunAsync(bool paceOnly)
    {
        var folder = Directory.CreateTempSubdirectory("mistralstudio-bench-").FullName;
        try
        {
            using var file = GgufFile.Open(Path.Combine(SharedData.StarterModels, "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf")).Value;
            var shape = DecoderShape.Read(file).Value;
            var vocabulary = Tokenizers.FromGguf(file).Value.Vocabulary;
            var graph = DecoderCompiler.Compile(file, shape, "starter", Capacity, DecoderForms.OfThisMachine, new GraphCache(folder)).Value;
            Bench Open(int? chunk) => new(new EngineLoop(new OnnxDecoder(graph, shape, slots: 9, Capacity, Environment.ProcessorCount), "starter", 64, NullLogger.Instance, chunk: chunk), vocabulary);

            await using var engine = Open(null);
            await MeasurePrefixAsync(engine);
            await MeasureGrammarsAsync(engine, VocabularyTrie.Of(vocabulary));
            Console.WriteLine("\n| rows that decode | chunk | between tokens p50 / p99 alone, ms | p50 / p99 beside a 2k prompt | p99 ratio (goal <= 8) | prompt alone, tok/s | beside | ratio (goal >= 0.7) |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|");
            foreach (var rows in new[] { 1, 4 })
            {
                foreach (var chunk in paceOnly ? [null] : new int?[] { 8, 16, 32, 64, null })
                {
                    await using var bench = Open(chunk);
                    await MeasureChunkAsync(bench, rows, chunk);
                }
            }

        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureChunkAsync(Bench bench, int rows, int? chunk)
    {
        var (alone, beside) = (new List<double>(), new List<double>());
        var (promptAlone, promptBeside) = (double.MaxValue, double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            promptAlone = Math.Min(promptAlone, (await bench.AskAsync(Request(Prompt, 1))).Timings.PrefillMs);
            using var leave = new CancellationTokenSource();
            var readers = Enumerable.Range(0, rows).Select(_ => bench.ReadAsync(Request(32, Capacity - 40), leave.Token)).ToList();
            await bench.TokensAsync(40 * rows);
            alone.AddRange(await bench.GapsAsync(80 * rows));
            var prompt = bench.AskAsync(Request(Prompt, 1));
            beside.AddRange(await bench.GapsUntilAsync(prompt));
            promptBeside = Math.Min(promptBeside, (await prompt).Timings.PrefillMs);
            await leave.CancelAsync();
            await Task.WhenAll(readers);
        }

        alone.Sort();
        beside.Sort();
        Console.WriteLine(Text($"| {rows} | {(chunk is { } fixedChunk ? fixedChunk : "by pace")} | {At(alone, .5):N1} / {At(alone, .99):N1} | {At(beside, .5):N1} / {At(beside, .99):N1} ")
            + Text($"| {At(beside, .99) / At(alone, .99):N1} | {Prompt / promptAlone * 1000:N0} | {Prompt / promptBeside * 1000:N0} | {promptAlone / promptBeside:N2} |"));
    }

    private static async Task MeasurePrefixAsync(Bench engine)
    {
        var prompt = Tokens(Prompt);
        var first = await engine.AskAsync(Request([.. prompt, 5, 6, 7], 1));
        var second = await engine.AskAsync(Request([.. prompt, 8, 9, 10], 1));
        Console.WriteLine(Text($"a prompt of {Prompt:N0} tokens: {first.Timings.PrefillMs:N0} ms; the same beginning again: {second.Timings.PrefillMs:N1} ms = {second.Timings.PrefillMs / first.Timings.PrefillMs:P1} (goal < 5 %), {second.Timings.CachedTokens:N0} tokens reused"));
    }

    private static async Task MeasureGrammarsAsync(Bench engine, VocabularyTrie trie)
    {
        Console.WriteLine("\n| schema | tokens | masks of the time, first answer | later answers (goal < 5 %) | a later mask and accept, us |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var (name, schema) in OrdinarySchemas.All)
        {
            var grammar = OutputGrammar.FromJsonSchema(JsonDocument.Parse(schema).RootElement).Value;
            var (tokens, mask, decode) = (0, 0.0, 0.0);
            var first = 0.0;
            for (var i = 0; i < 12; i++)
            {
                var request = Request(24, 120) with { Grammar = new AnswerGrammar(grammar) };
                var finished = await engine.AskAsync(request, grammar.Start(trie).Value);
                if (i == 0)
                {
                    first = finished.Timings.MaskMs / finished.Timings.DecodeMs;
                }
                else if (i > 3)
                {
                    (tokens, mask, decode) = (tokens + finished.OutputTokens, mask + finished.Timings.MaskMs, decode + finished.Timings.DecodeMs);
                }
            }

            Console.WriteLine(Text($"| {name} | {tokens:N0} | {first:P1} | {mask / decode:P1} | {mask / tokens * 1000:N0} |"));
        }
    }

    private static double At(List<double> sorted, double share) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    private static GenerationRequest Request(int length, int most) => Request(Tokens(length), most);

    private static GenerationRequest Request(int[] prompt, int most) => new(prompt, most, new SamplingOptions(), [], IgnoreEndOfTurn: true);

    private static int[] Tokens(int length) => [.. Enumerable.Range(0, length).Select(_ => Random.Shared.Next(1000, 40_000))];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>An engine, and the times at which tokens of its readers come.</summary>
    private sealed class Bench(EngineLoop engine, Vocabulary vocabulary) : IAsyncDisposable
    {
        private readonly List<double> _gaps = [];
        private int _tokens;

        public async Task<GenerationEvent.Finished> AskAsync(GenerationRequest request, GrammarState? grammar = null)
        {
            var generation = new Generation(request, vocabulary, TimeProvider.System, Stopwatch.GetTimestamp(), CancellationToken.None, grammar);
            engine.Submit(generation);
            GenerationEvent? last = null;
            await foreach (var happened in generation.Events.ReadAllAsync())
            {
                last = happened;
            }

            return last as GenerationEvent.Finished ?? throw new InvalidOperationException($"{last}");
        }

        public async Task ReadAsync(GenerationRequest request, CancellationToken cancellation)
        {
            // Every token is told, whether or not it completes a character.
            var generation = new Generation(request with { TopLogprobs = 0 }, vocabulary, TimeProvider.System, Stopwatch.GetTimestamp(), cancellation);
            engine.Submit(generation);
            try
            {
                var before = 0L;
                while (await generation.Events.WaitToReadAsync(CancellationToken.None))
                {
                    while (generation.Events.TryRead(out _))
                    {
                        var now = Stopwatch.GetTimestamp();
                        lock (_gaps)
                        {
                            _tokens++;
                            if (before > 0)
                            {
                                _gaps.Add(Stopwatch.GetElapsedTime(before, now).TotalMilliseconds);
                            }
                        }

                        before = now;
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // It was told to leave.
            }
        }

        public async Task TokensAsync(int count)
        {
            var from = Volatile.Read(ref _tokens);
            while (Volatile.Read(ref _tokens) - from < count)
            {
                await Task.Delay(5);
            }
        }

        public async Task<double[]> GapsAsync(int count)
        {
            Clear();
            await TokensAsync(count);
            return Gaps();
        }

        public async Task<double[]> GapsUntilAsync(Task end)
        {
            Clear();
            await end;
            return Gaps();
        }

        public ValueTask DisposeAsync() => engine.DisposeAsync();

        private void Clear()
        {
            lock (_gaps)
            {
                _gaps.Clear();
            }
        }

        private double[] Gaps()
        {
            lock (_gaps)
            {
                return [.. _gaps];
            }
        }
    }
}
