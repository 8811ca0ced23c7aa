using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Index;

/// <inheritdoc cref="IDocumentMetadata"/>
internal sealed class DocumentMetadata(IKnowledgeStore knowledge, IPassageStore store, PassageIndex index) : IDocumentMetadata
{
    /// <inheritdoc/>
    public async Task<Result<KnowledgeDocument>> DescribeAsync(
        WorkspaceId workspace, KnowledgeBaseId id, DocumentId document, IReadOnlyDictionary<string, MetadataValue> metadata, int wasVersion,
        CancellationToken cancellationToken)
    {
        if (metadata.Count > IDocumentMetadata.MostFields || metadata.Any(field =>
            field.Key.Length is 0 or > IDocumentMetadata.LongestField || field.Value.Text.Length > IDocumentMetadata.LongestText))
        {
            return KnowledgeErrors.MetadataTooLong();
        }

        if (await knowledge.DescribeDocumentAsync(workspace, id, document, metadata, wasVersion, cancellationToken) is not { } described)
        {
            return await knowledge.FindDocumentAsync(workspace, id, document, cancellationToken) is null
                ? KnowledgeErrors.DocumentNotFound()
                : KnowledgeErrors.MetadataConflict();
        }

        if (described.State == DocumentState.Indexed)
        {
            try
            {
                // Its passages are there: this writes only what is said about them.
                await index.PublishAsync(described, await store.ReadPassagesAsync(document, cancellationToken), cancellationToken);
            }
            catch (IndexUnavailableException exception)
            {
                return exception.Error;
            }
        }

        return described;
    }
}
