using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>The door for what is known about documents beside their text.</summary>
public interface IDocumentMetadata
{
    /// <summary>Most fields of a document.</summary>
    public const int MostFields = 50;

    /// <summary>Longest name of a field, and longest text in one, characters.</summary>
    public const int LongestField = 100, LongestText = 1_000;

    /// <summary>
    /// Replaces a document's metadata; filters of searches see it when this returns. Fails where there is no such document, a name or value is too
    /// long, or somebody changed it since <paramref name="wasVersion"/> was read.
    /// </summary>
    Task<Result<KnowledgeDocument>> DescribeAsync(
        WorkspaceId workspace, KnowledgeBaseId id, DocumentId document, IReadOnlyDictionary<string, MetadataValue> metadata, int wasVersion,
        CancellationToken cancellationToken);
}
