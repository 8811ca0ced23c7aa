using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Words;

namespace MistralStudio.Retrieval.Search;

/// <summary>Reads the passages of a ranking with the workspace's own rights, and what is around them.</summary>
internal sealed class HitReader(IPassageStore passages)
{
    /// <summary>The passages of a workspace among these that belong to one of the bases.</summary>
    public async Task<Dictionary<PassageId, LocatedPassage>> LocateAsync(
        WorkspaceId workspace, IReadOnlyCollection<KnowledgeBase> bases, IEnumerable<Fused> ranked, CancellationToken cancellationToken)
    {
        var readable = bases.Select(found => found.Id).ToHashSet();
        var located = await passages.GetAsync(workspace, [.. ranked.Select(item => item.Passage)], cancellationToken);
        return located.Where(found => readable.Contains(found.Base)).ToDictionary(found => found.Passage.Id);
    }

    /// <summary>Hits of a ranking, in its order; a passage that is gone is left out.</summary>
    public async Task<IReadOnlyList<SearchHit>> ReadAsync(
        IReadOnlyList<Fused> ranked, IReadOnlyDictionary<PassageId, LocatedPassage> located, string question, IReadOnlyCollection<Language> languages,
        int neighbours, CancellationToken cancellationToken)
    {
        var hits = new List<SearchHit>(ranked.Count);
        foreach (var item in ranked)
        {
            if (!located.TryGetValue(item.Passage, out var found))
            {
                continue;
            }

            var passage = found.Passage;
            hits.Add(new SearchHit(
                passage.Id, passage.Document, found.Base, found.DocumentName, passage.Section, passage.Page, passage.Start, passage.End, passage.Text,
                item.Score, item.Dense, item.Lexical)
            {
                Ranks = item.Ranks,
                Matches = Spans(TermWeights.Matches(question, passage.Text, languages)),
                Neighbours = neighbours == 0 ? [] : await AroundAsync(passage, neighbours, cancellationToken),
            });
        }

        return hits;
    }

    // Pairs of characters overlap; a reader sees one stretch.
    private static List<TextSpan> Spans(IEnumerable<Token> words)
    {
        var spans = new List<TextSpan>();
        foreach (var (_, start, length) in words)
        {
            if (spans.Count > 0 && spans[^1].Start + spans[^1].Length >= start)
            {
                spans[^1] = new(spans[^1].Start, start + length - spans[^1].Start);
            }
            else
            {
                spans.Add(new(start, length));
            }
        }

        return spans;
    }

    private async Task<IReadOnlyList<NeighbourPassage>> AroundAsync(Passage passage, int neighbours, CancellationToken cancellationToken)
    {
        var around = await passages.ReadRangeAsync(passage.Document, passage.Ordinal - neighbours, passage.Ordinal + neighbours, cancellationToken);
        return [.. around.Where(other => other.Id != passage.Id)
            .Select(other => new NeighbourPassage(other.Id, other.Ordinal, other.Page, other.Start, other.End, other.Text))];
    }
}
