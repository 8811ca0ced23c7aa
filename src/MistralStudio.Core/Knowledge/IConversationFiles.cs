using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Knowledge;

/// <summary>
/// Files that people put into their conversations: a knowledge base for each conversation that has some, which exists for the conversation's
/// owner alone (see <see cref="KnowledgeAccess"/>) and goes with it.
/// </summary>
public interface IConversationFiles
{
    /// <summary>The base of a conversation; null where it has none, or is not this person's.</summary>
    Task<KnowledgeBase?> FindAsync(WorkspaceId workspace, UserId owner, ConversationId conversation, CancellationToken cancellationToken);

    /// <summary>The base of a conversation, made where it has none; null where the conversation is not this person's.</summary>
    /// <param name="embeddingModel">Local id of the model that a new one's vectors come from.</param>
    Task<KnowledgeBase?> OpenAsync(
        WorkspaceId workspace, UserId owner, ConversationId conversation, string embeddingModel, CancellationToken cancellationToken);

    /// <summary>Bases whose conversation is gone, in whatever way: nobody sees them, and they are to be erased.</summary>
    Task<IReadOnlyList<(WorkspaceId Workspace, KnowledgeBaseId Base)>> ListLeftAsync(CancellationToken cancellationToken);
}

/// <summary>Erases files and images whose conversation is gone: passages, vectors and bytes.</summary>
public interface IConversationFileErasure
{
    /// <summary>Has what is left behind erased now instead of at the next look; returns at once.</summary>
    void Begin();
}
