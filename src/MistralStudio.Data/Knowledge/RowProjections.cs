using System.Collections.ObjectModel;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Knowledge;

/// <summary>Rows as the records of Core.</summary>
internal static class RowProjections
{
    public static KnowledgeDocument ToDocument(this DocumentRow row, string? duplicateOf = null) => new(
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
        row.UpdatedAt,
        row.Notes is null ? null : new(StudioJson.Read(row.Notes, StudioJson.Default.IReadOnlyListDocumentNote)),
        duplicateOf)
    {
        Metadata = row.Metadata is null
            ? ReadOnlyDictionary<string, MetadataValue>.Empty
            : StudioJson.Read(row.Metadata, StudioJson.Default.IReadOnlyDictionaryStringMetadataValue),
        MetadataVersion = row.MetadataVersion,
        Revisions = row.Revisions,
    };

    public static IndexPlacement ToPlacement(this KnowledgeBaseRow row) => new(
        row.Store, row.MovingTo, row.MoveProgress, StoredError.Read(row.MoveErrorCode, row.MoveErrorMessage, row.MoveErrorNext));

    public static ExtractedText ToText(this DocumentTextRow row) => new(
        row.Text,
        StudioJson.Read(row.Pages, StudioJson.Default.IReadOnlyListPageSpan),
        StudioJson.Read(row.PagesWithoutText, StudioJson.Default.IReadOnlyListInt32))
    {
        Blocks = StudioJson.Read(row.Blocks, StudioJson.Default.IReadOnlyListTextBlock),
    };

    public static KnowledgeSettings ToSettings(string? json) => json is null ? new() : StudioJson.Read(json, StudioJson.Default.KnowledgeSettings);
}
