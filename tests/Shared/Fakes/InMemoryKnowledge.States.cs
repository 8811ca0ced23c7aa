using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Tests.Shared.Fakes;

/// <content>What can be said of bases and documents without reading them.</content>
public sealed partial class InMemoryKnowledge : IKnowledgeStates
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<KnowledgeBaseId>> ListBasesOfAsync(
        WorkspaceId workspace, IReadOnlyCollection<DocumentId> documents, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<KnowledgeBaseId>>(() => [.. documents.Select(id => _documents.GetValueOrDefault(id)).OfType<KnowledgeDocument>()
            .Where(document => _bases[document.Base].Workspace == workspace).Select(document => document.Base).Distinct()]);

    /// <inheritdoc/>
    public Task<IReadOnlyList<DocumentId>> ListDocumentsOfAsync(WorkspaceId workspace, string sha256, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<DocumentId>>(() => [.. _documents.Values.Where(document => document.Workspace == workspace && document.Sha256 == sha256).Select(document => document.Id)]);

    /// <inheritdoc/>
    public Task<string> NameAsync(WorkspaceId workspace, IReadOnlyCollection<KnowledgeBaseId> bases, CancellationToken cancellationToken) =>
        Locked(() => string.Join('|', bases.Select(id => $"{id}: {_bases[id].SettingsVersion}").Concat(
            _documents.Values.Where(document => bases.Contains(document.Base)).OrderBy(document => document.Id.Value)
                .Select(document => $"{document.Id} {document.State} {document.Passages}"))));
}
