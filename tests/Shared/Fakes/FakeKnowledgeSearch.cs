using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>Finds what a test put in, for any question; its citations quote each passage whole.</summary>
public sealed class FakeKnowledgeSearch : IKnowledgeSearch, IKnowledgeReader, ICitationLinker
{
    /// <summary>What every search finds.</summary>
    public List<SearchHit> Hits { get; } = [];

    /// <summary>What every search fails with; null finds.</summary>
    public Error? Error { get; set; }

    /// <summary>The last question.</summary>
    public KnowledgeQuery? Asked { get; private set; }

    /// <summary>A hit with this text.</summary>
    public static SearchHit Hit(string text, int page = 1) => new(
        PassageId.From(Guid.NewGuid()), DocumentId.New(), KnowledgeBaseId.New(), "report.pdf", null, page, 0, text.Length, text, 1, 0.9, 3);

    /// <inheritdoc/>
    public Task<Result<SearchResult>> SearchAsync(KnowledgeQuery query, CancellationToken cancellationToken)
    {
        Asked = query;
        return Task.FromResult<Result<SearchResult>>(Error is not null ? Error : new SearchResult([.. Hits], new SearchTimings(1, 1, 1, 3)));
    }

    /// <inheritdoc/>
    public Task<Result<SearchResult>> ReadAsync(KnowledgeAccess access, IReadOnlyList<KnowledgeBaseId> bases, CancellationToken cancellationToken) =>
        Task.FromResult<Result<SearchResult>>(Error is not null ? Error : new SearchResult([.. Hits], new SearchTimings(0, 0, 0, 1)));

    /// <inheritdoc/>
    public Task<IReadOnlyList<Citation>> LinkAsync(
        KnowledgeAccess access, string answer, IReadOnlyList<SearchHit> passages, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Citation>>(
            [.. passages.Select((hit, i) => new Citation(
                i + 1, hit.PassageId, hit.DocumentId, hit.Base, hit.Document, hit.Page, hit.Start, hit.End, hit.Text, true, 0, answer.Length))]);
}
