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
        foreach (var evidence in EvidenceMatcher.Match(answer, [.. passages.Select(hit => hit.Text)]))
        {
            var hit = passages[evidence.Passage];
            if (!texts.TryGetValue(hit.DocumentId, out var text))
            {
                text = texts[hit.DocumentId] = await knowledge.ReadTextAsync(workspace, hit.Base, hit.DocumentId, cancellationToken);
            }

            if (!markers.TryGetValue(hit.PassageId, out var marker))
            {
                marker = markers[hit.PassageId] = markers.Count + 1;
            }

            var quote = hit.Text[evidence.Quote.Start..evidence.Quote.End];
            var (start, end) = (hit.Start + evidence.Quote.Start, hit.Start + evidence.Quote.End);
            var verified = text is not null && end <= text.Text.Length && text.Text.AsSpan(start, quote.Length).SequenceEqual(quote);
            citations.Add(new Citation(
                marker, hit.PassageId, hit.DocumentId, hit.Base, hit.Document, verified ? text!.PageAt(start) : hit.Page, start, end, quote, verified,
                evidence.Answer.Start, evidence.Answer.End));
        }

        return citations;
    }
}
