using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>A question to knowledge bases of one workspace; bases of another are as unknown as ones that do not exist.</summary>
public sealed record KnowledgeQuery(WorkspaceId Workspace, IReadOnlyList<KnowledgeBaseId> Bases, string Text, int? Limit = null, SearchMode? Mode = null)
{
    /// <summary>The person whose conversations' files may be among <see cref="Bases"/>; null where none are.</summary>
    public UserId? Reader { get; init; }

    /// <summary>What of <see cref="Bases"/> exists for who asks.</summary>
    public KnowledgeAccess Access => KnowledgeAccess.Of(Workspace, Reader);

    /// <summary>How to search; null: as the first of the bases is set up. <see cref="Limit"/> and <see cref="Mode"/> go before it.</summary>
    public SearchSettings? Settings { get; init; }

    /// <summary>Changes what <see cref="Settings"/> are; null: nothing of them.</summary>
    public Func<SearchSettings, SearchSettings>? Changes { get; init; }

    /// <summary>Which passages the question is about.</summary>
    public SearchFilter Filter { get; init; } = SearchFilter.None;

    /// <summary>What was said before, oldest first, for a question that refers to it.</summary>
    public IReadOnlyList<QueryTurn> Conversation { get; init; } = [];

    /// <summary>Passages whose standing is wanted, found or not.</summary>
    public IReadOnlyList<PassageId> Explain { get; init; } = [];

    /// <summary>Whether hits come with <see cref="SearchHit.Parent"/>, for a model to read.</summary>
    public bool Parents { get; init; }
}

/// <summary>Something that was said before a question.</summary>
/// <param name="IsQuestion">True where the person said it, false for the answer.</param>
public sealed record QueryTurn(bool IsQuestion, string Text);

/// <summary>Where a search's time went, ms.</summary>
public sealed record SearchTimings(double EmbedMs, double DenseMs, double LexicalMs, double TotalMs)
{
    /// <summary>Making the question stand alone.</summary>
    public double RewriteMs { get; init; }

    /// <summary>Reading the best once more.</summary>
    public double RerankMs { get; init; }
}

/// <summary>Hits, best first.</summary>
public sealed record SearchResult(IReadOnlyList<SearchHit> Hits, SearchTimings Timings)
{
    /// <summary>How it was searched.</summary>
    public SearchSettings Settings { get; init; } = SearchSettings.Default;

    /// <summary>The question that was searched for; it differs from the one asked where that referred to the conversation.</summary>
    public string Question { get; init; } = "";

    /// <summary>Passages that the filter let through; null where there was none.</summary>
    public int? Allowed { get; init; }

    /// <summary>The standing of each passage that was asked about.</summary>
    public IReadOnlyList<PassageStanding> Standings { get; init; } = [];

    /// <summary>What was left out of the search, and why, where it went on without (a reranker that is busy).</summary>
    public IReadOnlyList<Error> Notes { get; init; } = [];
}

/// <summary>Finds passages.</summary>
public interface IKnowledgeSearch
{
    /// <summary>
    /// Finds the passages that answer a question best. Fails where no base is known, the question is empty, its model cannot be loaded, or the
    /// store of a base does not answer (<c>index.unreachable</c>).
    /// </summary>
    Task<Result<SearchResult>> SearchAsync(KnowledgeQuery query, CancellationToken cancellationToken);
}
