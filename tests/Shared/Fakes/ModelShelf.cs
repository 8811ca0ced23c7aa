using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Models;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>Models that a test says are on this machine, with the rerankers that it scripts.</summary>
public sealed class ModelShelf : IModelHost
{
    /// <summary>What is installed.</summary>
    public List<InstalledModel> Models { get; } = [];

    /// <summary>Rerankers by id.</summary>
    public Dictionary<string, IReranker> Rerankers { get; } = [];

    /// <summary>Puts a model there.</summary>
    public ModelShelf With(string id, ModelTask task = ModelTask.Chat, string sha256 = "")
    {
        Models.RemoveAll(model => model.Id == id);
        Models.Add(new InstalledModel { Id = id, Name = id, Task = task, State = ModelState.Ready, Sha256 = sha256 });
        return this;
    }

    /// <inheritdoc/>
    public IReadOnlyList<InstalledModel> List() => Models;

    /// <inheritdoc/>
    public InstalledModel? Find(string id) => Models.Find(model => model.Id == id);

    /// <inheritdoc/>
    public Result<IChatClient> Chat(string id) => ModelErrors.NotFound(id, Models.Select(model => model.Id));

    /// <inheritdoc/>
    public Result<IEmbeddingGenerator<string, Embedding<float>>> Embedder(string id) => ModelErrors.NotFound(id, Models.Select(model => model.Id));

    /// <inheritdoc/>
    public Result<IReranker> Reranker(string id) => Rerankers.TryGetValue(id, out var reranker) ? Result<IReranker>.Success(reranker) : ModelErrors.NoReranker();

    /// <inheritdoc/>
    public Task<Result<InstalledModel>> LoadAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<Result<InstalledModel>> UnloadAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();
}

/// <summary>A reranker that counts the words that question and text have in common.</summary>
public sealed class WordReranker : IReranker
{
    /// <summary>What it fails with; null scores.</summary>
    public Error? Error { get; set; }

    /// <inheritdoc/>
    public Task<RerankScores> RerankAsync(string query, IReadOnlyList<string> documents, CancellationToken cancellationToken)
    {
        if (Error is not null)
        {
            throw new ModelException(Error, TimeSpan.FromSeconds(7));
        }

        var words = query.ToLowerInvariant().Split(' ').ToHashSet();
        return Task.FromResult(new RerankScores(
            [.. documents.Select(text => (float)text.ToLowerInvariant().Split(' ', '.').Count(words.Contains) / words.Count)], documents.Count));
    }
}
