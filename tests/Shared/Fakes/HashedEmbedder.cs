using System.Text;
using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Models;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>A deterministic embedder: words hashed into buckets, L2-normalised. Texts that share words are near each other.</summary>
public sealed class HashedEmbedder : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>Numbers of a vector.</summary>
    public const int Dimensions = 96;

    private int _texts;

    /// <summary>Texts embedded so far.</summary>
    public int Texts => _texts;

    /// <summary>Called before each batch; throw here to be the outside world.</summary>
    public Action? BeforeBatch { get; set; }

    /// <inheritdoc/>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        BeforeBatch?.Invoke();
        var result = new GeneratedEmbeddings<Embedding<float>>();
        foreach (var value in values)
        {
            result.Add(new Embedding<float>(Embed(value)));
            Interlocked.Increment(ref _texts);
        }

        return Task.FromResult(result);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType.IsInstanceOfType(this) ? this : null;

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>The vector of a text.</summary>
    public float[] Embed(string text)
    {
        var vector = new float[Dimensions];
        var word = new StringBuilder();
        foreach (var c in text + " ")
        {
            if (char.IsLetterOrDigit(c))
            {
                word.Append(char.ToLowerInvariant(c));
            }
            else if (word.Length > 0)
            {
                var hash = 2166136261u;
                for (var i = 0; i < word.Length; i++)
                {
                    hash = (hash ^ word[i]) * 16777619u;
                }

                vector[hash % (uint)Dimensions] += (hash >> 16 & 1) == 0 ? 1 : -1;
                word.Clear();
            }
        }

        var norm = MathF.Sqrt(vector.Sum(x => x * x));
        return norm == 0 ? vector : [.. vector.Select(x => x / norm)];
    }
}

/// <summary>A machine with an embedder and no other model.</summary>
public sealed class EmbeddingOnlyHost(IEmbeddingGenerator<string, Embedding<float>> embedder, int dimensions = HashedEmbedder.Dimensions) : IModelHost
{
    /// <summary>The id of the embedder.</summary>
    public const string ModelId = "hashed-words";

    /// <inheritdoc/>
    public IReadOnlyList<InstalledModel> List() =>
        [new() { Id = ModelId, Name = "Hashed words", Task = ModelTask.Embedding, State = ModelState.Ready, Dimensions = dimensions }];

    /// <inheritdoc/>
    public InstalledModel? Find(string id) => List().FirstOrDefault(model => model.Id == id);

    /// <inheritdoc/>
    public Result<IChatClient> Chat(string id) => ModelErrors.NotFound(id, []);

    /// <inheritdoc/>
    public Result<IEmbeddingGenerator<string, Embedding<float>>> Embedder(string id) =>
        id == ModelId ? Result<IEmbeddingGenerator<string, Embedding<float>>>.Success(embedder) : ModelErrors.NotFound(id, [ModelId]);

    /// <summary>What tells the embedder from another under its id; empty where nothing does.</summary>
    public string Fingerprint { get; set; } = "";

    /// <inheritdoc/>
    public Task<string> FingerprintAsync(string id, CancellationToken cancellationToken) => Task.FromResult(id == ModelId ? Fingerprint : "");

    /// <inheritdoc/>
    public Task<Result<InstalledModel>> LoadAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult<Result<InstalledModel>>(Find(id) is { } model ? model : ModelErrors.NotFound(id, [ModelId]));

    /// <inheritdoc/>
    public Task<Result<InstalledModel>> UnloadAsync(string id, CancellationToken cancellationToken) => LoadAsync(id, cancellationToken);
}
