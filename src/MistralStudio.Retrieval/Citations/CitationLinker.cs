using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Citations;

/// <summary>Attaches evidence to an answer and checks each quote against the text that is stored.</summary>
internal sealed class CitationLinker(IKnowledgeStore knowledge) : ICitationLinker
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<Citation>> LinkAsync(
        KnowledgeAccess access, string answer, IReadOnlyList<SearchHit> passages, CancellationToken cancellationToken)
    {
        var citations = new List<Citation>();
        var markers = new Dictionary<PassageId, int>();
        var texts = new Dictionary<DocumentId, ExtractedText?>();
        var readings = passages.GroupBy(hit => hit.Reading).Select(reading => reading.ToList()).ToList();
        foreach (var evidence in EvidenceMatcher.Match(answer, [.. readings.Select(reading => EvidenceSource.Of(reading[0]))]))
        {
            var hit = HitOf(readings[evidence.Passage], evidence.Quote);
            if (!texts.TryGetValue(hit.DocumentId, out var text))
            {
                text = texts[hit.DocumentId] = await knowledge.ReadTextAsync(access, hit.Base, hit.DocumentId, cancellationToken);
            }

            var quote = hit.ReadText[evidence.Quote.Start..evidence.Quote.End];
            if (text is null || await PlaceAsync(access, hit, text.Text, quote, evidence.Quote.Start, cancellationToken) is not { } place)
            {
                // The document was deleted, read anew or its passage edited meanwhile: what cannot be checked is not shown.
                continue;
            }

            if (!markers.TryGetValue(hit.PassageId, out var marker))
            {
                marker = markers[hit.PassageId] = markers.Count + 1;
            }

            citations.Add(new Citation(
                marker, hit.PassageId, hit.DocumentId, hit.Base, hit.Document, text.PageAt(place.Start), place.Start, place.End, quote, place.Edit is null,
                evidence.Answer.Start, evidence.Answer.End)
            {
                Edit = place.Edit,
            });
        }

        return citations;
    }

    /// <summary>Of the hits that were read as one text: the one whose passage has most of a quote; the best where that is beside them all.</summary>
    private static SearchHit HitOf(IReadOnlyList<SearchHit> reading, Splitting.TextSpan quote)
    {
        var start = reading[0].Parent?.Start ?? reading[0].Start;
        return reading.MaxBy(hit => Math.Max(0, Math.Min(hit.End, start + quote.End) - Math.Max(hit.Start, start + quote.Start)))!;
    }

    /// <summary>Where the document says a quote; or that it is the words of somebody who edited its passage, as they are stored now.</summary>
    private async Task<QuotePlace?> PlaceAsync(
        KnowledgeAccess access, SearchHit hit, string text, string quote, int at, CancellationToken cancellationToken)
    {
        if (hit.Start < 0 || hit.End > text.Length)
        {
            return null;
        }

        var start = (hit.Parent?.Start ?? hit.Start) + at;
        if (start + quote.Length <= text.Length && text.AsSpan(start, quote.Length).SequenceEqual(quote))
        {
            return new(start, start + quote.Length, null);
        }

        if (hit.Edit is null || hit.Parent is not null)
        {
            return null;
        }

        // What somebody left as it was may only stand at another place.
        var found = text.AsSpan(hit.Start, hit.End - hit.Start).IndexOf(quote, StringComparison.Ordinal);
        return found >= 0 ? new(hit.Start + found, hit.Start + found + quote.Length, null)
            : await knowledge.FindPassageAsync(access, hit.Base, hit.PassageId, cancellationToken) is { Edit: { } edit } passage
                && passage.ShownText.Contains(quote, StringComparison.Ordinal) ? new(hit.Start, hit.End, edit)
            : null;
    }

    private sealed record QuotePlace(int Start, int End, PassageEdit? Edit);
}
