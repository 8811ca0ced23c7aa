using Microsoft.Extensions.AI;
using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Models;

/// <summary>The only way to a model: local, remote or built here.</summary>
public interface IModelRouter
{
    /// <summary>
    /// Finds what a reference means in a workspace; an unknown one fails with <see cref="ModelErrors.NotFound"/>. A model behind a connection
    /// is refused where the workspace, or one of the knowledge bases, stays on this machine.
    /// </summary>
    /// <param name="knowledge">Every base whose words the request holds or will hold.</param>
    ValueTask<Result<ResolvedModel>> ResolveAsync(
        WorkspaceId workspace, ModelReference reference, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken);

    /// <summary>The same for a request that holds no knowledge.</summary>
    ValueTask<Result<ResolvedModel>> ResolveAsync(WorkspaceId workspace, ModelReference reference, CancellationToken cancellationToken) =>
        ResolveAsync(workspace, reference, [], cancellationToken);

    /// <summary>
    /// The same for models that turn texts into vectors; <c>default</c> is the workspace's choice. One for chat fails with
    /// <see cref="ModelErrors.WrongTask"/>.
    /// </summary>
    ValueTask<Result<ResolvedEmbedder>> ResolveEmbedderAsync(WorkspaceId workspace, ModelReference reference, CancellationToken cancellationToken);

    /// <summary>Every embedding model that a workspace may name.</summary>
    ValueTask<IReadOnlyList<ModelChoice>> ListEmbeddersAsync(WorkspaceId workspace, CancellationToken cancellationToken);

    /// <summary>Every chat model that a workspace may name, for choosers and <c>GET /v1/models</c>.</summary>
    ValueTask<IReadOnlyList<ModelChoice>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken);
}

/// <summary>A model that a request can be sent to.</summary>
/// <param name="Id">Its reference in full, never <c>default</c>.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="Chat">Its client.</param>
public sealed record ResolvedModel(string Id, string Name, IChatClient Chat)
{
    /// <summary>True where nothing of a request leaves this machine.</summary>
    public bool IsLocal { get; init; } = true;

    /// <summary>What its tokens cost; null where it is not known, and on this machine.</summary>
    public ModelPrice? Price { get; init; }
}

/// <summary>An embedding model that texts can be sent to.</summary>
/// <param name="Id">Its reference in full, never <c>default</c>.</param>
/// <param name="Embedder">Its client.</param>
/// <param name="Dimensions">Length of its vectors; null where its server alone knows.</param>
public sealed record ResolvedEmbedder(string Id, IEmbeddingGenerator<string, Embedding<float>> Embedder, int? Dimensions);

/// <summary>A model in a chooser.</summary>
/// <param name="Id">Its reference.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="Task">What it is for.</param>
/// <param name="IsLocal">True where it runs on this machine.</param>
/// <param name="IsStarter">True for the model that is for trying out only.</param>
public sealed record ModelChoice(string Id, string Name, ModelTask Task, bool IsLocal, bool IsStarter)
{
    /// <summary>What its tokens cost; null where it is not known, and on this machine.</summary>
    public ModelPrice? Price { get; init; }

    /// <summary>Whether it reads images; null where only asking tells (a saved prompt is asked with its own model).</summary>
    public bool? ReadsImages { get; init; } = false;

    /// <summary>False where it is known not to tell how sure it is of each token.</summary>
    public bool TellsLogprobs { get; init; } = true;
}
