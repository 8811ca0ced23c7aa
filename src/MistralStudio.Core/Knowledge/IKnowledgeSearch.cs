using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>Which legs a search runs.</summary>
public enum SearchMode
{
    /// <summary>Meaning and words, fused.</summary>
    Hybrid,

    /// <summary>Meaning only: cosine of embeddings.</summary>
    Dense,

    /// <summary>Words only: BM25.</summary>
    Lexical,
}

/// <summary>A question to knowledge bases of one workspace; bases of another are as unknown as ones that do not exist.</summary>
public sealed record KnowledgeQuery(
    WorkspaceId Workspace, IReadOnlyList<KnowledgeBaseId> Bases, string Text, int Limit = 10, SearchMode Mode = SearchMode.Hybrid);

/// <summary>A passage that was found.</summary>
/// <param name="Score">What it is ranked by, higher is better; 0 to 1 for hybrid.</param>
/// <param name="Dense">Cosine, -1 to 1; null where this leg did not find it.</param>
/// <param name="Lexical">BM25, above 0; null where this leg did not find it.</param>
public sealed record SearchHit(
    PassageId PassageId,
    DocumentId DocumentId,
    KnowledgeBaseId Base,
    string Document,
    string? Section,
    int? Page,
    int Start,
    int End,
    string Text,
    double Score,
    double? Dense,
    double? Lexical);

/// <summary>Where a search's time went, ms.</summary>
public sealed record SearchTimings(double EmbedMs, double DenseMs, double LexicalMs, double TotalMs);

/// <summary>Hits, best first.</summary>
public sealed record SearchResult(IReadOnlyList<SearchHit> Hits, SearchTimings Timings);

/// <summary>Finds passages.</summary>
public interface IKnowledgeSearch
{
    Task<Result<SearchResult>> SearchAsync(KnowledgeQuery query, CancellationToken cancellationToken);
}
