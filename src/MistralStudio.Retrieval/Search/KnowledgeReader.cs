using System.Diagnostics;
using System.Runtime.CompilerServices;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Search;

/// <inheritdoc cref="IKnowledgeReader"/>
internal sealed class KnowledgeReader(IKnowledgeStore store) : IKnowledgeReader
{
    private const int Page = 500;

    public async Task<Result<SearchResult>> ReadAsync(KnowledgeAccess access, IReadOnlyList<KnowledgeBaseId> bases, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        List<SearchHit> read = [];
        long characters = 0;
        foreach (var id in bases.Distinct())
        {
            if (await store.FindBaseAsync(access, id, cancellationToken) is null)
            {
                return KnowledgeErrors.BaseNotFound();
            }

            await foreach (var document in DocumentsAsync(access, id, cancellationToken))
            {
                await foreach (var passage in PassagesAsync(access, document, cancellationToken))
                {
                    characters += passage.ReadableText.Length;
                    if (characters > KnowledgeReading.MostCharacters)
                    {
                        return KnowledgeErrors.TooMuchToRead(KnowledgeReading.MostCharacters);
                    }

                    read.Add(new SearchHit(
                        passage.Id, document.Id, id, document.Name, passage.Section, passage.Page, passage.Start, passage.End, passage.ShownText, 1, null, null)
                    {
                        Edit = passage.Edit,
                        Header = passage.Edit is null ? passage.Header : null,
                    });
                }
            }
        }

        return new SearchResult(read, new SearchTimings(0, 0, 0, Stopwatch.GetElapsedTime(started).TotalMilliseconds));
    }

    private async IAsyncEnumerable<KnowledgeDocument> DocumentsAsync(
        KnowledgeAccess access, KnowledgeBaseId id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? after = null;
        do
        {
            var page = await store.ListDocumentsAsync(access, id, null, after, Page, cancellationToken);
            foreach (var document in page.Items.Where(document => document.State == DocumentState.Indexed))
            {
                yield return document;
            }

            after = page.After;
        }
        while (after is not null);
    }

    private async IAsyncEnumerable<Passage> PassagesAsync(
        KnowledgeAccess access, KnowledgeDocument document, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? after = null;
        do
        {
            var page = await store.ListPassagesAsync(access, document.Base, document.Id, PassageFilter.None, after, Page, cancellationToken);
            foreach (var passage in page.Items.Where(passage => !passage.IsDisabled))
            {
                yield return passage;
            }

            after = page.After;
        }
        while (after is not null);
    }
}
