using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Work;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Search;
using MistralStudio.Retrieval.Splitting;

namespace MistralStudio.Retrieval.Ingestion;

/// <inheritdoc cref="IKnowledgeSettings"/>
internal sealed class SettingsChange(
    IKnowledgeStore knowledge, IPassageStore passages, ISourceStore store, IWorkOwner work, PassageIndex index, EmbedderIdentity identity,
    IOptions<KnowledgeOptions> options) : IKnowledgeSettings
{
    private const int Previewed = 30;

    public async Task<Result<KnowledgeBase>> ChangeAsync(
        WorkspaceId workspace, KnowledgeBaseId id, KnowledgeSettings settings, int wasVersion, CancellationToken cancellationToken)
    {
        if (await knowledge.FindBaseAsync(workspace, id, cancellationToken) is not { } found)
        {
            return KnowledgeErrors.BaseNotFound();
        }

        if ((Refuse(settings.Splitting) ?? Refuse(settings.Search)) is { } refused)
        {
            return refused;
        }

        if (!await knowledge.ChangeSettingsAsync(workspace, id, settings, wasVersion, cancellationToken))
        {
            return KnowledgeErrors.SettingsConflict();
        }

        if (settings.Splitting != found.Settings.Splitting)
        {
            await CutAgainAsync(id, cancellationToken);
        }

        return await knowledge.FindBaseAsync(workspace, id, cancellationToken) is { } changed ? changed : KnowledgeErrors.BaseNotFound();
    }

    public async Task<Result<int>> EmbedAgainAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken)
    {
        if (await knowledge.FindBaseAsync(workspace, id, cancellationToken) is null)
        {
            return KnowledgeErrors.BaseNotFound();
        }

        try
        {
            // Vectors first: where the process ends before the documents begin, its next start finds them missing.
            await index.ForgetAsync(id, cancellationToken);
        }
        catch (IndexUnavailableException exception)
        {
            return exception.Error;
        }

        return await CutAgainAsync(id, cancellationToken);
    }

    public async Task<Error?> FindOtherEmbedderAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken) =>
        await knowledge.FindBaseAsync(workspace, id, cancellationToken) is { } found && (await identity.OthersAsync([found], cancellationToken)).Contains(id)
            ? SearchErrors.OtherVectors([found.Name], found.EmbeddingModel)
            : null;

    public async Task<Result<SplitPreview>> PreviewAsync(
        WorkspaceId workspace, KnowledgeBaseId id, DocumentId document, SplittingSettings settings, CancellationToken cancellationToken)
    {
        if (Refuse(settings) is { } refused)
        {
            return refused;
        }

        if (await knowledge.ReadTextAsync(workspace, id, document, cancellationToken) is not { } text)
        {
            return await knowledge.FindDocumentAsync(workspace, id, document, cancellationToken) is null
                ? KnowledgeErrors.DocumentNotFound()
                : KnowledgeErrors.TextNotReady();
        }

        var present = (await passages.ReadPassagesAsync(document, cancellationToken)).Select(passage => passage.ContentHash).ToHashSet(StringComparer.Ordinal);
        var would = PassageSplitter.Split(document, text, settings, options.Value.PassageCharacters);
        return new SplitPreview([.. would.Take(Previewed)], would.Count, would.Count(passage => present.Contains(passage.ContentHash)));
    }

    private async Task<int> CutAgainAsync(KnowledgeBaseId id, CancellationToken cancellationToken)
    {
        var documents = await store.SplitAgainAsync(id, cancellationToken);
        foreach (var document in documents)
        {
            await work.StartAsync(IngestionExecutor.Work(document), CancellationToken.None);
        }

        return documents.Count;
    }

    private static Error? Refuse(object settings)
    {
        var wrong = new List<ValidationResult>();
        return Validator.TryValidateObject(settings, new ValidationContext(settings), wrong, validateAllProperties: true)
            ? null
            : KnowledgeErrors.BadSetting(wrong[0].ErrorMessage ?? "A setting is out of bounds.");
    }
}
