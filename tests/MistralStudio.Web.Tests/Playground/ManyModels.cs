using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Web.Tests.Playground;

/// <summary>Several models to choose from.</summary>
internal sealed class ManyModels(params string[] ids) : IModelRouter
{
    /// <summary>Those that read images.</summary>
    public string[] Seeing { get; init; } = [];

    private readonly ScriptedChatClient _client = new(_ => "");

    public ValueTask<Result<ResolvedModel>> ResolveAsync(WorkspaceId workspace, ModelReference reference, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Result<ResolvedModel>>(ids.Contains(reference.ToString()) ? new ResolvedModel(reference.ToString(), reference.ToString(), _client) : ModelErrors.NotFound(reference.ToString(), ids));

    public ValueTask<Result<ResolvedEmbedder>> ResolveEmbedderAsync(WorkspaceId workspace, ModelReference reference, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Result<ResolvedEmbedder>>(ModelErrors.NotFound(reference.ToString(), []));

    public ValueTask<IReadOnlyList<ModelChoice>> ListEmbeddersAsync(WorkspaceId workspace, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<ModelChoice>>([]);

    public ValueTask<IReadOnlyList<ModelChoice>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ModelChoice>>([.. ids.Select(id => new ModelChoice(id, id, ModelTask.Chat, IsLocal: true, IsStarter: false) { ReadsImages = Seeing.Contains(id) })]);
}
