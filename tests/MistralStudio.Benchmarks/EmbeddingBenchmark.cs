using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Inference.Embeddings;
using MistralStudio.Inference.Encoders;
using MistralStudio.Inference.Onnx;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>
/// Embeddings and tokens a second of the starter's embedding model over paragraphs and questions (xquad, English), and how long a search query
/// takes alone and while a large ingestion runs.
/// </summary>
internal static class EmbeddingBenchmark
{
    /// <summary>torch float32, one thread, batches of 16, on a machine like these: <c>data/golden/README.md</c>.</summary>
    private const int TorchTokensPerCpuSecond = 2400;

    private const int Queries = 40;

    /// <param name="batchTokens">Batch sizes to compare, tokens; the product's own where none is named.</param>
    public static async Task RunAsync(params int[] batchTokens)
    {
        var file = SharedData.Find("data", "retrieval", "xquad", "xquad.en.json")
            ?? throw new InvalidOperationException("data/retrieval/xquad is not in the shared folder (STUDIO_SHARED).");
        var (paragraphs, questions) = ReadXquad(file);
        var cache = Directory.CreateTempSubdirectory("mistralstudio-benchmark-").FullName;
        try
        {
            Console.WriteLine("| threads | batch | texts | embeddings/s | tokens/s | tokens per CPU-second | of torch |");
            Console.WriteLine("|---|---|---|---|---|---|---|");
            foreach (var size in batchTokens.Length > 0 ? batchTokens : [EncoderLoop.DefaultBatchTokens])
            {
                foreach (var threads in new[] { 1, 0 })
                {
                    using var model = Open(cache, threads, size);
                    await model.GenerateAsync(paragraphs[..8]);
                    await ThroughputAsync(model, threads, size, "paragraphs", paragraphs);
                    await ThroughputAsync(model, threads, size, "questions", questions);
                    if (threads == 0)
                    {
                        await LatencyAsync(model, paragraphs, questions);
                    }
                }
            }
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }

    private static EmbeddingModel Open(string cache, int threads, int batchTokens) => EmbeddingModel.Open(
        "all-minilm-l6-v2", Path.Combine(SharedData.StarterModels, "all-minilm-l6-v2"), "starter", new GraphCache(cache), NullLogger.Instance, threads, batchTokens).Value;

    private static async Task ThroughputAsync(EmbeddingModel model, int threads, int batchTokens, string what, string[] texts)
    {
        var processor = Process.GetCurrentProcess().TotalProcessorTime;
        var begin = Stopwatch.GetTimestamp();
        var embeddings = await model.GenerateAsync(texts);
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var processorSeconds = (Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds;
        var tokens = embeddings.Usage!.InputTokenCount!.Value;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {(threads == 0 ? "all" : threads)} | {batchTokens} | {texts.Length} {what} | {texts.Length / seconds:N0} | {tokens / seconds:N0} | {tokens / processorSeconds:N0} | {tokens / processorSeconds / TorchTokensPerCpuSecond:N1} |"));
    }

    private static async Task LatencyAsync(EmbeddingModel model, string[] paragraphs, string[] questions)
    {
        var alone = await QueriesAsync(model, questions);
        using var stop = new CancellationTokenSource();
        var ingestion = model.GenerateAsync([.. Enumerable.Repeat(paragraphs, 10).SelectMany(texts => texts)], cancellationToken: stop.Token);
        var beside = await QueriesAsync(model, questions);
        var overlapped = !ingestion.IsCompleted;
        await stop.CancelAsync();
        await ingestion.ContinueWith(_ => { }, TaskScheduler.Default);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"one query: {alone[Queries / 2]:N1} ms alone (worst {alone[^1]:N1}), {beside[Queries / 2]:N1} ms beside an ingestion{(overlapped ? "" : " (which ended early)")} (worst {beside[^1]:N1})"));
    }

    private static async Task<List<double>> QueriesAsync(EmbeddingModel model, string[] questions)
    {
        var times = new List<double>();
        foreach (var question in questions[..Queries])
        {
            var begin = Stopwatch.GetTimestamp();
            await model.GenerateAsync([question]);
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        times.Sort();
        return times;
    }

    private static (string[] Paragraphs, string[] Questions) ReadXquad(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        var paragraphs = json.RootElement.GetProperty("data").EnumerateArray().SelectMany(article => article.GetProperty("paragraphs").EnumerateArray()).ToList();
        return (
            [.. paragraphs.Select(paragraph => paragraph.GetProperty("context").GetString()!)],
            [.. paragraphs.SelectMany(paragraph => paragraph.GetProperty("qas").EnumerateArray()).Select(question => question.GetProperty("question").GetString()!)]);
    }
}
