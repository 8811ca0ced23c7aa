using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>A collection of documents that questions are asked of.</summary>
/// <param name="EmbeddingModel">Local id of the model that its vectors come from; fixed for its life.</param>
/// <param name="Documents">Documents in it, whatever their state.</param>
/// <param name="Passages">Passages that a search can find.</param>
/// <param name="StaysOnMachine">True where no word of it may be sent to a connection.</param>
public sealed record KnowledgeBase(
    KnowledgeBaseId Id,
    WorkspaceId Workspace,
    string Name,
    string EmbeddingModel,
    DateTimeOffset CreatedAt,
    int Documents,
    int Passages,
    bool StaysOnMachine = false)
{
    /// <summary>How its documents are cut and how it is searched.</summary>
    public KnowledgeSettings Settings { get; init; } = new();

    /// <summary>The conversation whose files it holds, which only its owner sees; null for a base of the workspace.</summary>
    public ConversationId? Conversation { get; init; }

    /// <summary>Where its vectors and words are.</summary>
    public IndexPlacement Placement { get; init; } = IndexPlacement.Embedded;

    /// <summary>The fingerprint of the embedder that its vectors come from; null where none is known. See <see cref="IVectorMakers"/>.</summary>
    public string? VectorsMadeBy { get; init; }

    /// <summary>Counts the changes of <see cref="Settings"/>, from 0: what a change was made on.</summary>
    public int SettingsVersion { get; init; }
}
