using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Index;

/// <summary>A passage that a leg found.</summary>
internal readonly record struct Scored(PassageId Passage, double Score);

/// <summary>What a store is asked for by one search.</summary>
/// <param name="Bases">Bases of this store, all with one embedding model; who asks has seen that the caller may read them.</param>
/// <param name="Vector">The question's vector; null runs no dense leg.</param>
/// <param name="Words">The question; null runs no lexical leg.</param>
/// <param name="Depth">Results of each leg.</param>
/// <param name="Explain">Passages whose scores are wanted too, wherever they rank.</param>
internal sealed record LegQuery(
    IReadOnlyList<KnowledgeBaseId> Bases, ReadOnlyMemory<float>? Vector, string? Words, SearchFilter Filter, int Depth, IReadOnlyList<PassageId> Explain);

/// <summary>What the legs of one store found, best first, and their time.</summary>
/// <param name="Allowed">Passages that the filter let through; null where there was none.</param>
/// <param name="Languages">Names of the languages that the store's documents are in: those in which words of the question can match.</param>
internal sealed record LegResults(
    IReadOnlyList<Scored> Dense,
    IReadOnlyList<Scored> Lexical,
    double DenseMs,
    double LexicalMs,
    int? Allowed,
    IReadOnlyCollection<Words.Language> Languages,
    IReadOnlyDictionary<PassageId, LegScores> Explained)
{
    /// <summary>Bases whose vectors are of another length than the question's: the model that made them is another one now.</summary>
    public IReadOnlyList<KnowledgeBaseId> OtherVectors { get; init; } = [];
}

/// <summary>The scores of one passage.</summary>
/// <param name="IsAllowed">Whether the filter lets it through.</param>
internal sealed record LegScores(bool IsAllowed, double? Dense, double? Lexical);

/// <summary>
/// Where passages are found: vectors and words of some bases. The one in this process and Qdrant answer the same, apart from rounding.
/// Everything in it is derived from the passage store.
/// </summary>
internal interface IIndexStore
{
    /// <summary>The hashes among those of these passages whose vector is there already, staged or shown.</summary>
    Task<IReadOnlySet<string>> KnownHashesAsync(KnowledgeBaseId parent, IReadOnlyList<Passage> passages, CancellationToken cancellationToken);

    /// <summary>
    /// Makes exactly these passages of a document searchable; those that it no longer has go when the others are there. False where a vector is missing (embed
    /// again) or the document was removed meanwhile.
    /// </summary>
    /// <exception cref="IndexUnavailableException">The store does not answer.</exception>
    Task<bool> PublishAsync(KnowledgeDocument document, IReadOnlyList<Passage> passages, CancellationToken cancellationToken);

    /// <summary>Takes a document out, for good.</summary>
    /// <exception cref="IndexUnavailableException">The store does not answer.</exception>
    Task RemoveAsync(KnowledgeBaseId parent, DocumentId document, CancellationToken cancellationToken);

    /// <summary>Takes all of a base out; it may be put in again.</summary>
    /// <exception cref="IndexUnavailableException">The store does not answer.</exception>
    Task ForgetAsync(KnowledgeBaseId parent, CancellationToken cancellationToken);

    /// <summary>Passages of a base that are searchable.</summary>
    /// <exception cref="IndexUnavailableException">The store does not answer.</exception>
    Task<long> CountAsync(KnowledgeBaseId parent, CancellationToken cancellationToken);

    /// <summary>Runs the legs; fails with <c>index.unreachable</c> where the store does not answer.</summary>
    Task<Result<LegResults>> FindAsync(LegQuery query, CancellationToken cancellationToken);

    /// <summary>Vectors of passages of these bases; one that is not there is left out.</summary>
    Task<IReadOnlyDictionary<PassageId, ReadOnlyMemory<float>>> VectorsAsync(
        IReadOnlyList<KnowledgeBaseId> bases, IReadOnlyList<PassageId> passages, CancellationToken cancellationToken);
}

/// <summary>A store does not answer now; what was to be written is to be written again later.</summary>
internal sealed class IndexUnavailableException(Error error, Exception? inner = null) : Exception(error.Message, inner)
{
    /// <summary>What to show.</summary>
    public Error Error { get; } = error;
}
