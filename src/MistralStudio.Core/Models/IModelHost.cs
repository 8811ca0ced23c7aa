using Microsoft.Extensions.AI;

namespace MistralStudio.Core.Models;

/// <summary>
/// The models on this machine. A client loads its model on first use; the wait counts as queue time. Failures inside a client surface as
/// <see cref="ModelException"/>.
/// </summary>
public interface IModelHost
{
    /// <summary>What is installed, by id.</summary>
    IReadOnlyList<InstalledModel> List();

    /// <summary>One installed model; null where the id is unknown.</summary>
    InstalledModel? Find(string id);

    /// <summary>
    /// A client of a chat model, or why there is none (unknown id, wrong task, failed). Its <see cref="IChatClient.GetService"/> offers
    /// <see cref="ITokenCounter"/>; its last update carries <see cref="GenerationTimings"/> under <see cref="GenerationTimings.Key"/>.
    /// </summary>
    Result<IChatClient> Chat(string id);

    /// <summary>A generator of an embedding model: L2-normalised vectors of <see cref="InstalledModel.Dimensions"/> numbers.</summary>
    Result<IEmbeddingGenerator<string, Embedding<float>>> Embedder(string id);

    /// <summary>A reranker (<see cref="ModelTask.Reranking"/>), or why there is none.</summary>
    Result<IReranker> Reranker(string id) => ModelErrors.NoReranker();

    /// <summary>
    /// What tells a model from another one under the same id: a hash of its weights and of what reads texts for them. Empty where it is not known.
    /// </summary>
    Task<string> FingerprintAsync(string id, CancellationToken cancellationToken) => Task.FromResult("");

    /// <summary>Loads a model and waits until it is ready.</summary>
    Task<Result<InstalledModel>> LoadAsync(string id, CancellationToken cancellationToken);

    /// <summary>Frees a model's memory once nothing uses it.</summary>
    Task<Result<InstalledModel>> UnloadAsync(string id, CancellationToken cancellationToken);
}

/// <summary>Counts tokens as the model will.</summary>
public interface ITokenCounter
{
    /// <summary>Tokens of a text as plain content, without template or special tokens.</summary>
    int Count(string text);

    /// <summary>Tokens that a conversation may hold, prompt and answer together.</summary>
    int ContextLength { get; }
}

/// <summary>An expected failure inside a model's stream: prompt too long, queue full, model file damaged.</summary>
public sealed class ModelException(Error error, TimeSpan? retryAfter = null) : Exception(error.Message)
{
    /// <summary>What to show.</summary>
    public Error Error { get; } = error;

    /// <summary>When to try again, where waiting helps.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
