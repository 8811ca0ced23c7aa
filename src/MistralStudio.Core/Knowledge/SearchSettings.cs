using System.Text.Json.Serialization;

namespace MistralStudio.Core.Knowledge;

/// <summary>Which legs a search runs.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SearchMode>))]
public enum SearchMode
{
    /// <summary>Meaning and words, fused.</summary>
    Hybrid,

    /// <summary>Meaning only: cosine of embeddings.</summary>
    Dense,

    /// <summary>Words only: BM25.</summary>
    Lexical,
}

/// <summary>How two rankings become one.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FusionMethod>))]
public enum FusionMethod
{
    /// <summary>The average of scores scaled to 0..1.</summary>
    MinMax,

    /// <summary>The sum of reciprocal ranks.</summary>
    ReciprocalRank,
}

/// <summary>What reads question and passages together once more before the best are chosen.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RerankMethod>))]
public enum RerankMethod
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A cross-encoder on this machine.</summary>
    CrossEncoder,

    /// <summary>A chat model that puts a list of passages in order.</summary>
    Model,
}

/// <summary>
/// How a knowledge base is searched. A question can bring its own. What is out of range is brought to its nearest end by
/// <see cref="Bounded"/>.
/// </summary>
public sealed record SearchSettings
{
    /// <summary>Most passages of one answer.</summary>
    public const int MostHits = 100;

    /// <summary>Most passages before and after a hit.</summary>
    public const int MostNeighbours = 5;

    /// <summary>What a base without settings of its own is searched by.</summary>
    public static SearchSettings Default { get; } = new();

    /// <summary>Which legs run.</summary>
    public SearchMode Mode { get; init; }

    /// <summary>How a hybrid search makes one ranking of two. Null: what the operator set.</summary>
    public FusionMethod? Fusion { get; init; }

    /// <summary>Weight of meaning against words in a hybrid search, 0 to 1. Null: what the operator set.</summary>
    public double? DenseWeight { get; init; }

    /// <summary>Passages that a search returns.</summary>
    public int Limit { get; init; } = 10;

    /// <summary>Results of each leg that are fused, or reranked.</summary>
    public int Depth { get; init; } = 100;

    /// <summary>A hit's score must reach this; null: any does.</summary>
    public double? MinScore { get; init; }

    /// <summary>The cosine of a passage that was found by meaning must reach this, or this leg did not find it; null: any does.</summary>
    public double? MinDense { get; init; }

    /// <summary>The BM25 score of a passage that was found by words must reach this, or this leg did not find it; null: any does.</summary>
    public double? MinLexical { get; init; }

    /// <summary>
    /// How much a passage loses by being like one above it, 0 to 1 (maximal marginal relevance); 0: nothing.
    /// </summary>
    public double Diversity { get; init; }

    /// <summary>Passages of the same document before and after a hit that come with it.</summary>
    public int Neighbours { get; init; }

    /// <summary>Whether the best are read once more together with the question.</summary>
    public RerankMethod Rerank { get; init; }

    /// <summary>Passages that are reranked.</summary>
    public int RerankDepth { get; init; } = 30;

    /// <summary>The reranking model, or the chat model that puts passages in order; null: the workspace's default.</summary>
    public string? RerankModel { get; init; }

    /// <summary>Whether a question that refers to what was said before is made one that stands alone.</summary>
    public bool RewriteQuestions { get; init; }

    /// <summary>The chat model that rewrites; null: the workspace's default.</summary>
    public string? RewriteModel { get; init; }

    /// <summary>These settings with every number in its range.</summary>
    public SearchSettings Bounded() => this with
    {
        DenseWeight = DenseWeight is { } weight ? Share(weight) : null,
        Limit = Math.Clamp(Limit, 1, MostHits),
        Depth = Math.Clamp(Depth, 10, 1_000),
        Diversity = Share(Diversity),
        Neighbours = Math.Clamp(Neighbours, 0, MostNeighbours),
        RerankDepth = Math.Clamp(RerankDepth, 2, MostHits),
    };

    // NaN too.
    private static double Share(double value) => value >= 0 ? Math.Min(value, 1) : 0;
}
