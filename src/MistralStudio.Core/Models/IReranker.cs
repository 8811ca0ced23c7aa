namespace MistralStudio.Core.Models;

/// <summary>Says how well texts answer a question: a model that reads both together (a cross-encoder).</summary>
public interface IReranker
{
    /// <summary>A score for each document, in the documents' order.</summary>
    /// <exception cref="ModelException">The model is busy or cannot be loaded.</exception>
    Task<RerankScores> RerankAsync(string query, IReadOnlyList<string> documents, CancellationToken cancellationToken);
}

/// <summary>What a reranker found.</summary>
/// <param name="Scores">0 to 1, one a document, higher is better.</param>
/// <param name="Tokens">Tokens read.</param>
public sealed record RerankScores(IReadOnlyList<float> Scores, int Tokens);
