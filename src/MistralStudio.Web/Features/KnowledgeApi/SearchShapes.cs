using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary>The body of a search; what it leaves out is as the base is set up.</summary>
/// <param name="Also">Other bases of the workspace that are searched with the one of the route.</param>
/// <param name="Explain">Passages whose standing is wanted, found or not.</param>
/// <param name="Parents">Whether each hit says which piece around it a model would read.</param>
internal sealed record WireSearch(
    string? Query,
    int? K,
    string? Mode,
    double? DenseWeight,
    string? Fusion,
    int? Depth,
    double? MinScore,
    double? MinDense,
    double? MinLexical,
    double? Diversity,
    int? Neighbours,
    string? Rerank,
    int? RerankDepth,
    string? RerankModel,
    bool? Rewrite,
    IReadOnlyList<WireTurn>? Conversation,
    WireFilter? Filter,
    IReadOnlyList<KnowledgeBaseId>? Also,
    IReadOnlyList<PassageId>? Explain,
    bool? Parents);

/// <summary>Something said before; <c>role</c> is user or assistant.</summary>
internal sealed record WireTurn(string? Role, string? Text);

/// <summary>Which passages a question is about.</summary>
internal sealed record WireFilter(IReadOnlyList<DocumentId>? Documents, IReadOnlyList<WireCondition>? Conditions);

/// <summary>A condition; <c>op</c> is is, isNot, atLeast, atMost or exists.</summary>
internal sealed record WireCondition(string? Field, string? Op, IReadOnlyList<JsonElement>? Values);

/// <summary>Hits, best first.</summary>
internal sealed record WireHits(IReadOnlyList<WireHit> Hits, SearchTimings Timings)
{
    /// <summary>The question that was searched for.</summary>
    public string? Question { get; init; }

    /// <summary>Passages that the filter let through.</summary>
    public int? Allowed { get; init; }

    /// <summary>Where the passages of <c>explain</c> stand.</summary>
    public IReadOnlyList<WireStanding> Standings { get; init; } = [];

    /// <summary>What the search went on without, and why.</summary>
    public IReadOnlyList<Error> Notes { get; init; } = [];

    /// <summary>Of an answer: how many of the hits, from the first, the model was given; null for a search.</summary>
    public int? Given { get; init; }

    public static WireHits From(IReadOnlyList<SearchHit> hits, SearchTimings timings) => new([.. hits.Select(WireHit.From)], timings);

    public static WireHits From(SearchResult result) => From(result.Hits, result.Timings) with
    {
        Question = result.Question,
        Allowed = result.Allowed,
        Standings = [.. result.Standings.Select(WireStanding.From)],
        Notes = result.Notes,
    };
}

/// <summary>A passage that was found; <c>dense</c> and <c>lexical</c> are null where that leg did not find it.</summary>
/// <param name="Edited">Who wrote <c>text</c>, and when; null where it is the document's at its span.</param>
/// <param name="Twins">Passages that say the same and were found too.</param>
/// <param name="Matches">Where <c>text</c> says words of the query, in UTF-16 units of it.</param>
/// <param name="Parent">The piece of the document that a model reads in its place; null where it reads <c>text</c>, and where nobody asked.</param>
internal sealed record WireHit(
    PassageId PassageId,
    DocumentId DocumentId,
    KnowledgeBaseId KnowledgeBaseId,
    string Document,
    string? Section,
    int? Page,
    int Start,
    int End,
    string Text,
    double Score,
    double? Dense,
    double? Lexical,
    HitRanks Ranks,
    IReadOnlyList<TextSpan> Matches,
    IReadOnlyList<NeighbourPassage> Neighbours,
    PassageEdit? Edited,
    IReadOnlyList<PassageTwin> Twins,
    WireSpan? Parent)
{
    public static WireHit From(SearchHit h) => new(
        h.PassageId, h.DocumentId, h.Base, h.Document, h.Section, h.Page, h.Start, h.End, h.Text, h.Score, h.Dense, h.Lexical, h.Ranks, h.Matches,
        h.Neighbours, h.Edit, h.Twins, h.Parent is { } parent ? new(parent.Start, parent.End) : null);
}

/// <summary>A piece of a document's text, in UTF-16 units.</summary>
/// <param name="End">One past its last.</param>
internal sealed record WireSpan(int Start, int End);

/// <summary>Where a passage stands; <c>reason</c> is found, notSearched, disabled, filtered, repeated, tooDeep, belowLegThreshold, belowScore, outranked, tooAlike or reranked.</summary>
internal sealed record WireStanding(PassageId PassageId, string Reason, double? Dense, double? Lexical, HitRanks Ranks)
{
    public static WireStanding From(PassageStanding s) => new(
        s.PassageId, JsonNamingPolicy.CamelCase.ConvertName(s.Reason.ToString()), s.Dense, s.Lexical, s.Ranks);
}
