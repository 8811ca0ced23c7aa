using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Citations;

/// <summary>Attaches evidence to an answer and checks each quote against the text that is stored.</summary>
internal sealed class CitationLinker(IKnowledgeStore knowledge) : ICitationLinker
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<Citation>> LinkAsync(
        WorkspaceId workspace, string answer, IReadOnlyList<SearchHit> passages, CancellationToken cancellationToken)
    {
        var citations = new List<Citation>();
        var markers = new Dictionary<PassageId, int>();
        var texts = new Dictionary<DocumentId, ExtractedText?>();
        foreach (var evidence in EvidenceMatcher.Match(answer, [.. passages.Select(EvidenceSource.Of)]))
        {
            var hit = passages[evidence.Passage];
            if (!texts.TryGetValue(hit.DocumentId, out var text))
            {
                text = texts[hit.DocumentId] = await knowledge.ReadTextAsync(workspace, hit.Base, hit.DocumentId, cancellationToken);
            }

            var quote = hit.Text[evidence.Quote.Start..evidence.Quote.End];
            var (start, end) = (hit.Start + evidence.Quote.Start, hit.Start + evidence.Quote.End);
            if (text is null || start < 0 || end > text.Text.Length || !text.Text.AsSpan(start, quote.Length).SequenceEqual(quote))
            {
                // The document was deleted or read anew meanwhile: what cannot be checked is not shown.
                continue;
            }

            if (!markers.TryGetValue(hit.PassageId, out var marker))
            {
                marker = markers[hit.PassageId] = markers.Count + 1;
            }

            citations.Add(new Citation(
                marker, hit.PassageId, hit.DocumentId, hit.Base, hit.Document, text.PageAt(start), start, end, quote, Verified: true,
                evidence.Answer.Start, evidence.Answer.End));
        }

        return citations;
    }
}
