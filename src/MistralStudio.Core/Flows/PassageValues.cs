using MistralStudio.Core.Knowledge;

namespace MistralStudio.Core.Flows;

/// <summary>Passages as they travel along edges.</summary>
public static class PassageValues
{
    /// <summary>
    /// Hits as a value, best first: <c>[{"text", "document", "page", "section", "score", "documentId", "passageId", "knowledgeBaseId", "start", "end"}]</c>,
    /// with what a model reads of each, each text once. Its sources are their documents.
    /// </summary>
    public static FlowValue Of(IReadOnlyList<SearchHit> hits) => FlowValue.From(hits.DistinctBy(hit => hit.Reading).Select(hit => new
    {
        Text = TextOf(hit),
        hit.Document,
        Page = hit.Parent is { } parent ? parent.Page : hit.Page,
        hit.Section,
        hit.Score,
        hit.DocumentId,
        hit.PassageId,
        KnowledgeBaseId = hit.Base,
        Start = hit.Parent?.Start ?? hit.Start,
        End = hit.Parent?.End ?? hit.End,
    })) with
    {
        Sources = [.. hits.Select(hit => hit.DocumentId).Distinct()],
    };

    // Rows say little without the header of their table.
    private static string TextOf(SearchHit hit) =>
        hit.Header is { } row && !hit.ReadText.Contains(row, StringComparison.Ordinal) ? $"{row}\n{hit.ReadText}" : hit.ReadText;
}
