using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Encoders;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Embeddings;

/// <summary>
/// An embedding model in memory: text to an L2-normalised vector. A text of more than <see cref="MaxTokens"/> tokens is cut there, so cut
/// documents into passages before. Safe for any number of callers: each splits its texts into tokens by itself, one loop computes them.
/// </summary>
internal sealed class EmbeddingModel(string id, EncoderModel model) : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>Most tokens of a text, those around it included; the rest is not read.</summary>
    public int MaxTokens => model.Config.MaxTokens;

    /// <summary>Length of a vector.</summary>
    public int Dimensions => model.Config.Hidden;

    /// <summary>Size of the compiled weights, bytes.</summary>
    public long MemoryBytes => model.MemoryBytes;

    /// <summary>Calls running and waiting now.</summary>
    public int ActiveRequests => model.Loop.ActiveRequests;

    /// <summary>Completes when the loop has ended and the memory is free.</summary>
    public Task Closed => model.Loop.Closed;

    /// <summary>Loads a sentence-transformers folder; see <see cref="EncoderModel.Open"/>.</summary>
    public static Result<EmbeddingModel> Open(
        string id, string folder, string contentHash, GraphCache cache, ILogger logger, int threads = 0, int batchTokens = EncoderLoop.DefaultBatchTokens,
        DecodeActivity? answers = null) =>
        EncoderModel.Open(id, folder, contentHash, cache, logger, threads, batchTokens, answers)
            .Match<Result<EmbeddingModel>>(model => new EmbeddingModel(id, model), error => error);

    /// <inheritdoc/>
    /// <remarks><see cref="GeneratedEmbeddings{TEmbedding}.Usage"/> counts the tokens that were read, those around the texts included.</remarks>
    /// <exception cref="ModelException">The model was unloaded or failed.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var rows = new List<EncoderRow>();
        foreach (var value in values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.Add(EncoderRow.Of(model.Tokens.Encode(value, MaxTokens)));
        }

        var vectors = await model.Loop.RunAsync(rows, cancellationToken, options.CanWait()).ConfigureAwait(false);
        var tokens = rows.Sum(row => (long)row.Tokens.Length);
        return new GeneratedEmbeddings<Embedding<float>>(vectors.Select(vector => new Embedding<float>(vector) { ModelId = id }))
        {
            Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens },
        };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(EmbeddingGeneratorMetadata) ? new EmbeddingGeneratorMetadata("mistralstudio", null, id, Dimensions)
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    /// <inheritdoc cref="EncoderLoop.Dispose"/>
    public void Dispose() => model.Loop.Dispose();
}
