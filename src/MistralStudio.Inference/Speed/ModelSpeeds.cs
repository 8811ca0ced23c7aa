using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Hosting;

namespace MistralStudio.Inference.Speed;

/// <inheritdoc cref="IModelSpeeds"/>
internal sealed class ModelSpeeds(IModelHost host, DataModels models, TimeProvider time) : IModelSpeeds
{
    private const int PrefillWords = 300;
    private const int DecodeTokens = 96;

    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(3);
    private static readonly string[] s_words = "river stone garden letter winter market engine paper copper morning harbour signal".Split(' ');

    private readonly ConcurrentDictionary<string, bool> _measuring = new(StringComparer.Ordinal);

    public ModelSpeed? Find(string model)
    {
        try
        {
            return File.Exists(FileOf(model)) ? JsonSerializer.Deserialize(File.ReadAllBytes(FileOf(model)), SpeedJson.Default.ModelSpeed) : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public bool IsMeasuring(string model) => _measuring.ContainsKey(model);

    public async Task<Result<ModelSpeed>> MeasureAsync(string model, CancellationToken cancellationToken)
    {
        if (host.Find(model) is not { } found)
        {
            return ModelErrors.NotFound(model, host.List().Select(other => other.Id));
        }

        if (!_measuring.TryAdd(model, true))
        {
            return SpeedErrors.Measuring(model);
        }

        try
        {
            var began = Stopwatch.GetTimestamp();
            var loaded = await host.LoadAsync(model, cancellationToken);
            if (!loaded.IsSuccess)
            {
                return loaded.Error;
            }

            var speed = new ModelSpeed
            {
                MeasuredAt = time.GetUtcNow(),
                Machine = DescribeMachine(),
                LoadMs = found.State == ModelState.Ready ? null : Stopwatch.GetElapsedTime(began).TotalMilliseconds,
            };
            speed = found.Task == ModelTask.Chat ? await MeasureChatAsync(model, speed, cancellationToken) : await MeasureEncoderAsync(found, speed, cancellationToken);
            Directory.CreateDirectory(Path.GetDirectoryName(FileOf(model))!);
            await File.WriteAllBytesAsync(FileOf(model), JsonSerializer.SerializeToUtf8Bytes(speed, SpeedJson.Default.ModelSpeed), cancellationToken);
            return speed;
        }
        catch (ModelException failure)
        {
            return failure.Error;
        }
        finally
        {
            _measuring.TryRemove(model, out _);
        }
    }

    private static string DescribeMachine() =>
        $"{Environment.ProcessorCount} cores{(Avx512F.IsSupported ? ", AVX-512" : Avx2.IsSupported ? ", AVX2" : "")}";

    // Words in an order of its own each time: a prefix that was read before would cost nothing.
    private static string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => s_words[Random.Shared.Next(s_words.Length)]));

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is { Count: > 0 } sorted ? sorted[sorted.Count / 2] : 0;

    private async Task<ModelSpeed> MeasureChatAsync(string model, ModelSpeed speed, CancellationToken cancellationToken)
    {
        var client = host.Chat(model);
        if (!client.IsSuccess)
        {
            throw new ModelException(client.Error);
        }

        using var chat = client.Value;
        await DecodeAsync(chat, 4, cancellationToken);
        var words = PrefillWords;
        for (var counter = chat.GetService<ITokenCounter>(); counter is not null && words > 8 && counter.Count(Words(words)) > counter.ContextLength / 2; words /= 2)
        {
            // a small vocabulary spells words out
        }

        var prefills = new List<double>();
        var length = 0;
        for (var began = Stopwatch.GetTimestamp(); prefills.Count == 0 || (prefills.Count < 5 && Stopwatch.GetElapsedTime(began) < s_step);)
        {
            var (tokens, timings) = await ReadAsync(chat, Words(words), cancellationToken);
            if (timings is null)
            {
                break;
            }

            length = tokens;
            prefills.Add((tokens - timings.CachedTokens) * 1000 / timings.PrefillMs);
        }

        var one = await DecodeAsync(chat, DecodeTokens, cancellationToken);
        var four = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => DecodeAsync(chat, DecodeTokens, cancellationToken)));
        return speed with
        {
            PrefillTokensPerSecond = prefills.Count > 0 ? Median(prefills) : null,
            PrefillLength = length > 0 ? length : null,
            DecodeTokensPerSecond = one,
            DecodeFourTokensPerSecond = four.Sum(),
            Lengths = await LengthCurve.MeasureAsync(chat, Words, cancellationToken),
        };
    }

    // Prompt tokens, and where the time went; null where the model does not say.
    private static async Task<(int Tokens, GenerationTimings? Timings)> ReadAsync(IChatClient chat, string text, CancellationToken cancellationToken)
    {
        var tokens = 0;
        GenerationTimings? timings = null;
        await foreach (var update in chat.GetStreamingResponseAsync(text, new ChatOptions { MaxOutputTokens = 1, Temperature = 0 }, cancellationToken))
        {
            tokens = (int)(update.Contents.OfType<UsageContent>().FirstOrDefault()?.Details.InputTokenCount ?? tokens);
            timings = update.AdditionalProperties?.GetValueOrDefault(GenerationTimings.Key) as GenerationTimings ?? timings;
        }

        return (tokens, timings is { PrefillMs: > 0 } ? timings : null);
    }

    // Ends after its tokens or its time, whichever comes first; what is counted is between the first token and the last.
    private static async Task<double> DecodeAsync(IChatClient chat, int tokens, CancellationToken cancellationToken)
    {
        var options = new ChatOptions { MaxOutputTokens = tokens, Temperature = 0.7f, AdditionalProperties = new() { [ChatOptionKeys.IgnoreEos] = true } };
        var (count, first, last) = (0, 0L, 0L);
        await foreach (var update in chat.GetStreamingResponseAsync($"Write about {Words(3)}.", options, cancellationToken))
        {
            if (update.AdditionalProperties?.GetValueOrDefault(GenerationTimings.Key) is GenerationTimings { DecodeMs: > 0 } timings
                && update.Contents.OfType<UsageContent>().FirstOrDefault()?.Details.OutputTokenCount is > 1 and var written)
            {
                return (written - 1) * 1000 / timings.DecodeMs;
            }

            last = Stopwatch.GetTimestamp();
            first = count++ == 0 ? last : first;
            if (Stopwatch.GetElapsedTime(first, last) > s_step)
            {
                break;
            }
        }

        return count > 1 && last > first ? (count - 1) / Stopwatch.GetElapsedTime(first, last).TotalSeconds : 0;
    }

    private async Task<ModelSpeed> MeasureEncoderAsync(InstalledModel model, ModelSpeed speed, CancellationToken cancellationToken)
    {
        const int Batch = 16;
        long texts = 0;
        var began = Stopwatch.GetTimestamp();
        do
        {
            var batch = Enumerable.Range(0, Batch).Select(_ => Words(100)).ToList();
            if (model.Task == ModelTask.Reranking)
            {
                var reranker = host.Reranker(model.Id);
                await (reranker.IsSuccess ? reranker.Value : throw new ModelException(reranker.Error)).RerankAsync("Where is the harbour?", batch, cancellationToken);
            }
            else
            {
                var embedder = host.Embedder(model.Id);
                await (embedder.IsSuccess ? embedder.Value : throw new ModelException(embedder.Error)).GenerateAsync(batch, cancellationToken: cancellationToken);
            }

            texts += Batch;
        }
        while (Stopwatch.GetElapsedTime(began) < s_step);

        return speed with { TextsPerSecond = texts / Stopwatch.GetElapsedTime(began).TotalSeconds };
    }

    private string FileOf(string model) => Path.Combine(models.Path, ".speeds", $"{model}.json");
}

/// <summary>Expected failures of measuring.</summary>
internal static class SpeedErrors
{
    public static Error Measuring(string model) => new("model.measuring", $"\"{model}\" is being measured already.", "Wait about ten seconds.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ModelSpeed))]
internal sealed partial class SpeedJson : JsonSerializerContext;
