using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>Routes <c>default</c> and one local id to a client.</summary>
public sealed class FakeModelRouter(IChatClient client, string id = "scripted") : IModelRouter
{
    /// <summary>That id.</summary>
    public string Id { get; set; } = id;

    /// <summary>The bases whose words the last request was said to hold.</summary>
    public IReadOnlyCollection<KnowledgeBaseId> Heard { get; private set; } = [];

    /// <summary>Why words of some bases may not go to it; null where they may.</summary>
    public Func<IReadOnlyCollection<KnowledgeBaseId>, Error?> Refuses { get; set; } = _ => null;

    /// <inheritdoc/>
    public ValueTask<Result<ResolvedModel>> ResolveAsync(WorkspaceId workspace, ModelReference reference, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken)
    {
        Heard = knowledge;
        return ValueTask.FromResult<Result<ResolvedModel>>(
            reference != ModelReference.Default && reference.ToString() != Id ? ModelErrors.NotFound(reference.ToString(), [Id])
            : Refuses(knowledge) is { } refused ? refused
            : new ResolvedModel(Id, "Scripted", client));
    }

    /// <inheritdoc/>
    public ValueTask<Result<ResolvedEmbedder>> ResolveEmbedderAsync(WorkspaceId workspace, ModelReference reference, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Result<ResolvedEmbedder>>(ModelErrors.NotFound(reference.ToString(), []));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ModelChoice>> ListEmbeddersAsync(WorkspaceId workspace, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ModelChoice>>([]);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ModelChoice>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ModelChoice>>([new ModelChoice(Id, "Scripted", ModelTask.Chat, true, false)]);
}
