using System.Threading.Channels;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Safetensors;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Embeddings;

/// <summary>
/// An embedding model in memory: text to an L2-normalised vector, the mean of the encoder's states. A text of more than
/// <see cref="MaxTokens"/> tokens is cut there, so cut documents into passages before. Safe for any number of callers: each splits its texts
/// into tokens by itself, one loop owns the session and embeds them in batches, small requests first (see <see cref="EmbeddingQueue"/>).
/// </summary>
internal sealed class EmbeddingModel : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>Large enough that the processor's cores are busy, small enough that a query waits about 50 ms for a batch to end.</summary>
    public const int DefaultBatchTokens = 1024;

    private readonly string _id;
    private readonly WordPiece _tokenizer;
    private readonly EncoderSession _session;
    private readonly EmbeddingQueue _queue;
    private readonly Channel<EmbeddingRequest> _requests = Channel.CreateUnbounded<EmbeddingRequest>(new() { SingleReader = true });
    private readonly CancellationTokenSource _closing = new();
    private readonly ILogger _logger;
    private readonly Task _loop;
    private int _active;

    private EmbeddingModel(string id, WordPiece tokenizer, EncoderSession session, BertConfig config, long memoryBytes, int batchTokens, ILogger logger)
    {
        _id = id;
        _logger = logger;
        _tokenizer = tokenizer;
        _session = session;
        _queue = new EmbeddingQueue(batchTokens);
        MaxTokens = config.MaxTokens;
        Dimensions = config.Hidden;
        MemoryBytes = memoryBytes;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Most tokens of a text, [CLS] and [SEP] included; the rest is not read.</summary>
    public int MaxTokens { get; }

    /// <summary>Length of a vector.</summary>
    public int Dimensions { get; }

    /// <summary>Size of the compiled weights, bytes.</summary>
    public long MemoryBytes { get; }

    /// <summary>Calls running and waiting now.</summary>
    public int ActiveRequests => Volatile.Read(ref _active);

    /// <summary>Completes when the loop has ended and the memory is free.</summary>
    public Task Closed => _loop;

    /// <summary>
    /// Loads a sentence-transformers folder (BERT, mean pooling), compiled on first use into the cache; takes about a second, so not on a
    /// circuit's thread.
    /// </summary>
    /// <param name="id">The model's id, for errors.</param>
    /// <param name="folder">Folder with config.json, vocab.txt, model.safetensors and kin.</param>
    /// <param name="contentHash">SHA-256 of model.safetensors.</param>
    /// <param name="cache">Where compiled graphs are kept.</param>
    /// <param name="logger">Where failures of single batches go.</param>
    /// <param name="threads">Threads of one batch; 0 for one a core.</param>
    /// <param name="batchTokens">Most tokens of a batch, padding included.</param>
    public static Result<EmbeddingModel> Open(
        string id, string folder, string contentHash, GraphCache cache, ILogger logger, int threads = 0, int batchTokens = DefaultBatchTokens)
    {
        var weights = Path.Combine(folder, "model.safetensors");
        var config = BertConfig.Read(folder);
        if (!config.IsSuccess)
        {
            return config.Error;
        }

        var tokenizer = Tokenizers.FromVocabularyFile(Path.Combine(folder, "vocab.txt"));
        if (!tokenizer.IsSuccess)
        {
            return tokenizer.Error;
        }

        var opened = SafetensorsFile.Open(weights);
        if (!opened.IsSuccess)
        {
            return opened.Error;
        }

        try
        {
            using var file = opened.Value;
            var graph = cache.GetOrBuild(contentHash, $"bert:{BertGraph.Version}:{config.Value}", new BertGraph(config.Value, file).Build);
            var session = new EncoderSession(Path.Combine(graph, "model.onnx"), config.Value.Hidden, threads);
            var bytes = new FileInfo(Path.Combine(graph, "model.bin")).Length;
            return new EmbeddingModel(id, tokenizer.Value, session, config.Value, bytes, batchTokens, logger);
        }
        catch (InvalidDataException damaged)
        {
            return ModelErrors.Unreadable(Path.GetFileName(weights), damaged.Message);
        }
        catch (Exception failure) when (failure is OnnxRuntimeException or IOException or UnauthorizedAccessException)
        {
            return ModelErrors.LoadFailed(id, failure.Message.TrimEnd('.'));
        }
    }

    /// <inheritdoc/>
    /// <remarks><see cref="GeneratedEmbeddings{TEmbedding}.Usage"/> counts the tokens that were read, [CLS] and [SEP] included.</remarks>
    /// <exception cref="ModelException">The model was unloaded or failed.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _active);
        try
        {
            var texts = new List<int[]>();
            foreach (var value in values)
            {
                cancellationToken.ThrowIfCancellationRequested();
                texts.Add(_tokenizer.EncodeSequence(value, MaxTokens));
            }

            var request = new EmbeddingRequest(texts);
            float[][] vectors = [];
            if (texts.Count > 0)
            {
                if (!_requests.Writer.TryWrite(request))
                {
                    throw Unloaded();
                }

                using var leave = cancellationToken.Register(() => request.Cancel(cancellationToken));
                vectors = await request.Completion.ConfigureAwait(false);
            }

            return new GeneratedEmbeddings<Embedding<float>>(vectors.Select(vector => new Embedding<float>(vector) { ModelId = _id }))
            {
                Usage = new UsageDetails { InputTokenCount = request.Tokens, TotalTokenCount = request.Tokens },
            };
        }
        finally
        {
            Interlocked.Decrement(ref _active);
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(EmbeddingGeneratorMetadata) ? new EmbeddingGeneratorMetadata("mistralstudio", null, _id, Dimensions)
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    /// <summary>Takes no more requests, fails those that wait, and frees the memory after the batch that runs; see <see cref="Closed"/>.</summary>
    public void Dispose()
    {
        _requests.Writer.TryComplete();
        _closing.Cancel();
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _requests.Reader.WaitToReadAsync(_closing.Token).ConfigureAwait(false))
            {
                List<EmbeddingItem> batch;
                do
                {
                    while (_requests.Reader.TryRead(out var request))
                    {
                        _queue.Add(request);
                    }

                    batch = _queue.TakeBatch();
                    Embed(batch);
                }
                while (batch.Count > 0 && !_closing.IsCancellationRequested);
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // Unloaded while nothing waited.
        }
        finally
        {
            _requests.Writer.TryComplete();
            FailWaiting();
            _session.Dispose();
        }
    }

    private void Embed(List<EmbeddingItem> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        try
        {
            var vectors = _session.Embed(batch.Select(item => item.Tokens).ToArray());
            for (var i = 0; i < vectors.Length; i++)
            {
                batch[i].Request.Set(batch[i].Index, vectors[i]);
            }
        }
        catch (Exception failure)
        {
            // Whatever went wrong concerns these requests alone; the loop must live on, or every later caller would wait for ever.
            Log.EmbeddingFailed(_logger, _id, batch.Count, failure);
            foreach (var item in batch)
            {
                item.Request.Fail(new ModelException(ModelErrors.EngineFailed(_id)));
            }
        }
    }

    private void FailWaiting()
    {
        while (_requests.Reader.TryRead(out var request))
        {
            _queue.Add(request);
        }

        for (var batch = _queue.TakeBatch(); batch.Count > 0; batch = _queue.TakeBatch())
        {
            foreach (var item in batch)
            {
                item.Request.Fail(Unloaded());
            }
        }
    }

    private ModelException Unloaded() => new(ModelErrors.LoadFailed(_id, "it was unloaded meanwhile"));
}
