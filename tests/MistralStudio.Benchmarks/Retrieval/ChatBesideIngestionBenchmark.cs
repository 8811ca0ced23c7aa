using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Embeddings;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using MistralStudio.Retrieval;
using MistralStudio.Tests.Shared;
using static MistralStudio.Benchmarks.Retrieval.RetrievalBenchmark;

namespace MistralStudio.Benchmarks.Retrieval;

/// <summary>
/// Decode of the starter chat model alone, while passages are embedded by the batches of an ingestion, and while they are by an embedder that does
/// not know of the chat, turn by turn in one run; and what knowing of it costs an ingestion that is alone.
/// </summary>
internal static class ChatBesideIngestionBenchmark
{
    private const int Answer = 96;
    private const int Capacity = 256;
    private const int Rounds = 5;

    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(string folder, EmbeddingModel model)
    {
        if (SharedData.Find("data", "retrieval", "pubmedqa", "ori_pqal.json") is not { } path)
        {
            return;
        }

        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(path));
        var passages = json.RootElement.EnumerateObject().SelectMany(item => item.Value.GetProperty("CONTEXTS").EnumerateArray())
            .Select(context => context.GetString()!).ToArray();
        using var file = GgufFile.Open(Path.Combine(SharedData.StarterModels, "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf")).Value;
        var shape = DecoderShape.Read(file).Value;
        var graph = DecoderCompiler.Compile(file, shape, "benchmark", Capacity, DecoderForms.OfThisMachine, new GraphCache(folder)).Value;
        using var decoder = new OnnxDecoder(graph, shape, 1, Capacity, Environment.ProcessorCount);
        decoder.Prefill(0, Enumerable.Range(100, 32).ToArray(), 0, true);
        Decode(decoder);

        var answers = new DecodeActivity();
        using var considerate = EmbeddingModel.Open(
            "all-minilm-l6-v2", Path.Combine(SharedData.StarterModels, "all-minilm-l6-v2"), "starter", new GraphCache(Path.Combine(folder, "graphs")),
            NullLogger.Instance, answers: answers).Value;
        var (alone, beside, embedded) = (new List<double>(), new List<double>(), new List<double>());
        var (heedless, embeddedHeedless) = (new List<double>(), new List<double>());
        var (quiet, quietHeedless) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            alone.Add(Decode(decoder));
            await BesideAsync(considerate, beside, embedded);
            await BesideAsync(model, heedless, embeddedHeedless);
            quiet.Add(await EmbedForAsync(considerate));
            quietHeedless.Add(await EmbedForAsync(model));
        }

        Row("chat alone, decode tok/s", Middle(alone));
        Row("chat beside an ingestion, decode tok/s", Middle(beside));
        Row("**beside / alone**", string.Create(CultureInfo.InvariantCulture, $"{Middle(beside) / Middle(alone):0.00}"), ">= .7");
        Row("the same beside an embedder that does not know of it / alone", string.Create(CultureInfo.InvariantCulture, $"{Middle(heedless) / Middle(alone):0.00}"));
        Row("passages embedded a second beside the chat", Middle(embedded));
        Row("the same by an embedder that does not know of it", Middle(embeddedHeedless));
        Row("an ingestion alone / the same by an embedder that does not know of chats", string.Create(CultureInfo.InvariantCulture, $"{Middle(quiet) / Middle(quietHeedless):0.00}"), ">= .95");

        async Task BesideAsync(EmbeddingModel embedder, List<double> decoded, List<double> passagesASecond)
        {
            using var stop = new CancellationTokenSource();
            answers.Begin();
            var ingestion = EmbedAsync(embedder, passages, stop.Token);
            decoded.Add(Decode(decoder));
            answers.End();
            await stop.CancelAsync();
            passagesASecond.Add(await ingestion);
        }

        async Task<double> EmbedForAsync(EmbeddingModel embedder)
        {
            using var stop = new CancellationTokenSource(s_quiet);
            return await EmbedAsync(embedder, passages, stop.Token);
        }
    }

    private static double Decode(OnnxDecoder decoder)
    {
        var start = Stopwatch.GetTimestamp();
        for (var step = 0; step < Answer; step++)
        {
            decoder.Decode([100 + step], [32 + step]);
        }

        return Answer / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static Task<double> EmbedAsync(EmbeddingModel model, string[] passages, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            var start = Stopwatch.GetTimestamp();
            var done = 0;
            var size = new KnowledgeOptions().EmbeddingBatch;
            while (!cancellationToken.IsCancellationRequested)
            {
                await model.GenerateAsync(passages.Skip(done % (passages.Length - size)).Take(size), EmbeddingPatience.NewOptions(), CancellationToken.None);
                done += size;
            }

            return done / Stopwatch.GetElapsedTime(start).TotalSeconds;
        },
        CancellationToken.None);

    private static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
