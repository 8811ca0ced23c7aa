using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Knowledge;

/// <summary>Rows as the records of Core.</summary>
internal static class RowProjections
{
    public static KnowledgeDocument ToDocument(this DocumentRow row) => new(
        row.Id,
        row.KnowledgeBaseId,
        row.WorkspaceId,
        row.Name,
        row.ContentType,
        row.Bytes,
        row.Sha256,
        row.State,
        row.Progress,
        row.Pages,
        row.PassageCount,
        StoredError.Read(row.ErrorCode, row.ErrorMessage, row.ErrorNext),
        row.CreatedAt,
        row.UpdatedAt);

    public static ExtractedText ToText(this DocumentTextRow row) => new(
        row.Text,
        StudioJson.Read(row.Pages, StudioJson.Default.IReadOnlyListPageSpan),
        StudioJson.Read(row.PagesWithoutText, StudioJson.Default.IReadOnlyListInt32));

    public static Passage ToPassage(this PassageRow row) => new(
        row.Id, row.DocumentId, row.Ordinal, row.Text, row.Page, row.Start, row.End, row.Section, row.ContentHash);
}
