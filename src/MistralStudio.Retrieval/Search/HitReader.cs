using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Words;

namespace MistralStudio.Retrieval.Search;

/// <summary>The passages of a ranking that were read, each text once.</summary>
/// <param name="Ranked">The ranking without what may not be read, is disabled, or says what one above it says; unread from some place on.</param>
/// <param name="Located">What was read.</param>
/// <param name="Repeats">Passages that were left out, with the one above that says the same.</param>
internal sealed record ReadRanking(
    IReadOnlyList<Fused> Ranked, IReadOnlyDictionary<PassageId, LocatedPassage> Located, IReadOnlyDictionary<PassageId, PassageId> Repeats)
{
    /// <summary>The same, ranked anew.</summary>
    public ReadRanking With(IReadOnlyList<Fused> ranked) => this with { Ranked = ranked };
}

/// <summary>Reads the passages of a ranking with the workspace's own rights, and what is around them.</summary>
internal sealed class HitReader(IPassageStore passages)
{
    /// <summary>Reads a ranking from its top until so many passages were met that differ.</summary>
    public async Task<ReadRanking> ReadAsync(
        KnowledgeAccess access, IReadOnlyCollection<KnowledgeBase> bases, IReadOnlyList<Fused> ranked, int wanted, CancellationToken cancellationToken)
    {
        var kept = new List<Fused>(ranked.Count);
        var read = new Dictionary<PassageId, LocatedPassage>();
        var repeats = new Dictionary<PassageId, PassageId>();
        var first = new Dictionary<string, PassageId>(StringComparer.Ordinal);
        var at = 0;
        while (kept.Count < wanted && at < ranked.Count)
        {
            // Copies of one text can be many: what is read grows with what was read in vain.
            var batch = ranked.Skip(at).Take(Math.Max(wanted - kept.Count, at)).ToList();
            at += batch.Count;
            var located = (await LocateAsync(access, bases, [.. batch.Select(item => item.Passage)], cancellationToken))
                .Where(found => !found.Passage.IsDisabled).ToDictionary(found => found.Passage.Id);
            foreach (var item in batch)
            {
                if (!located.TryGetValue(item.Passage, out var found))
                {
                    continue;
                }

                read[item.Passage] = found;
                if (first.TryAdd(found.Passage.MatchHash, item.Passage))
                {
                    kept.Add(item);
                }
                else
                {
                    repeats[item.Passage] = first[found.Passage.MatchHash];
                }
            }
        }

        // Ranks count what can be shown.
        return new(
            [.. kept.Concat(ranked.Skip(at)).Select((item, place) => item with { Ranks = item.Ranks with { Fused = place + 1 } })], read, repeats);
    }

    /// <summary>Which of these passages people took out of searches.</summary>
    public async Task<IReadOnlySet<PassageId>> DisabledAsync(
        KnowledgeAccess access, IReadOnlyCollection<KnowledgeBase> bases, IReadOnlyList<PassageId> asked, CancellationToken cancellationToken) =>
        (await LocateAsync(access, bases, asked, cancellationToken)).Where(found => found.Passage.IsDisabled).Select(found => found.Passage.Id).ToHashSet();

    /// <summary>Hits of a ranking, in its order; a passage that is gone is left out.</summary>
    public async Task<IReadOnlyList<SearchHit>> ReadAsync(
        ReadRanking ranking, string question, IReadOnlyCollection<Language> languages, int neighbours, CancellationToken cancellationToken)
    {
        var hits = new List<SearchHit>(ranking.Ranked.Count);
        var words = new QuestionWords(question, languages);
        var twins = ranking.Repeats.ToLookup(repeat => repeat.Value, repeat => ranking.Located[repeat.Key]);
        foreach (var item in ranking.Ranked)
        {
            if (!ranking.Located.TryGetValue(item.Passage, out var found))
            {
                continue;
            }

            var passage = found.Passage;
            hits.Add(new SearchHit(
                passage.Id, passage.Document, found.Base, found.DocumentName, passage.Section, passage.Page, passage.Start, passage.End, passage.ShownText,
                item.Score, item.Dense, item.Lexical)
            {
                Edit = passage.Edit,
                Header = passage.Edit is null ? passage.Header : null,
                Twins = [.. twins[passage.Id].Select(twin => new PassageTwin(twin.Passage.Id, twin.Passage.Document, twin.DocumentName))],
                Ranks = item.Ranks,
                Matches = Spans(words.In(passage.ShownText)),
                Neighbours = neighbours == 0 ? [] : await AroundAsync(passage, neighbours, cancellationToken),
            });
        }

        return hits;
    }

    private async Task<IEnumerable<LocatedPassage>> LocateAsync(
        KnowledgeAccess access, IReadOnlyCollection<KnowledgeBase> bases, IReadOnlyCollection<PassageId> asked, CancellationToken cancellationToken)
    {
        var readable = bases.Select(found => found.Id).ToHashSet();
        return (await passages.GetAsync(access, asked, cancellationToken)).Where(found => readable.Contains(found.Base));
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
        return [.. around.Where(other => other.Id != passage.Id && !other.IsDisabled)
            .Select(other => new NeighbourPassage(other.Id, other.Ordinal, other.Page, other.Start, other.End, other.ShownText))];
    }
}
