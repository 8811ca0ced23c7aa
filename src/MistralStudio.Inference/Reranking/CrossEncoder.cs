using Microsoft.Extensions.Logging;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Encoders;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Reranking;

/// <summary>A cross-encoder in memory: it reads a question and a document together and says how well the one answers the other.</summary>
internal sealed class CrossEncoder(EncoderModel model) : IReranker, IDisposable
{
    /// <summary>Most tokens of a question and a document together, those around them included; the longer of the two is cut.</summary>
    public int MaxTokens => model.Config.MaxTokens;

    /// <summary>Size of the compiled weights, bytes.</summary>
    public long MemoryBytes => model.MemoryBytes;

    /// <summary>Calls running and waiting now.</summary>
    public int ActiveRequests => model.Loop.ActiveRequests;

    /// <summary>Completes when the loop has ended and the memory is free.</summary>
    public Task Closed => model.Loop.Closed;

    /// <summary>Loads a cross-encoder's folder; see <see cref="EncoderModel.Open"/>.</summary>
    public static Result<CrossEncoder> Open(
        string id, string folder, string contentHash, GraphCache cache, ILogger logger, int threads = 0, int batchTokens = EncoderLoop.DefaultBatchTokens,
        DecodeActivity? answers = null) =>
        EncoderModel.Open(id, folder, contentHash, cache, logger, threads, batchTokens, answers)
            .Match<Result<CrossEncoder>>(model => new CrossEncoder(model), error => error);

    /// <inheritdoc/>
    /// <remarks>A score is the logistic function of the model's logit.</remarks>
    public async Task<RerankScores> RerankAsync(string query, IReadOnlyList<string> documents, CancellationToken cancellationToken)
    {
        var rows = new List<EncoderRow>(documents.Count);
        foreach (var document in documents)
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.Add(model.Tokens.EncodePair(query, document, MaxTokens));
        }

        var logits = await model.Loop.RunAsync(rows, cancellationToken).ConfigureAwait(false);
        return new RerankScores([.. logits.Select(logit => 1 / (1 + MathF.Exp(-logit[0])))], rows.Sum(row => row.Tokens.Length));
    }

    /// <inheritdoc cref="EncoderLoop.Dispose"/>
    public void Dispose() => model.Loop.Dispose();
}
