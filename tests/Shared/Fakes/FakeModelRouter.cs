using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>Routes <c>default</c> and one local id to a client.</summary>
public sealed class FakeModelRouter(IChatClient client, string id = "scripted") : IModelRouter
{
    /// <inheritdoc/>
    public ValueTask<Result<ResolvedModel>> ResolveAsync(WorkspaceId workspace, ModelReference reference, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Result<ResolvedModel>>(
            reference == ModelReference.Default || reference.ToString() == id
                ? new ResolvedModel(id, "Scripted", client)
                : ModelErrors.NotFound(reference.ToString(), [id]));

    /// <inheritdoc/>
    public ValueTask<Result<ResolvedEmbedder>> ResolveEmbedderAsync(WorkspaceId workspace, ModelReference reference, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Result<ResolvedEmbedder>>(ModelErrors.NotFound(reference.ToString(), []));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ModelChoice>> ListEmbeddersAsync(WorkspaceId workspace, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ModelChoice>>([]);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ModelChoice>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ModelChoice>>([new ModelChoice(id, "Scripted", ModelTask.Chat, true, false)]);
}
