using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;

namespace MistralStudio.Core.Conversations;

/// <summary>Conversations of one person in one workspace; what was appended survives a crash.</summary>
public interface IConversationStore
{
    Task<Conversation> CreateAsync(NewConversation conversation, CancellationToken cancellationToken);

    Task<Conversation?> FindAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken);

    /// <summary>Most recently used first, without those that stand beside another; <paramref name="app"/> null lists the playground's.</summary>
    Task<Listing<Conversation>> ListAsync(
        WorkspaceId workspace, UserId owner, AppId? app, string? search, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Changes what is not null; knowledge once heard stays heard. False where there is no such conversation.</summary>
    Task<bool> UpdateAsync(WorkspaceId workspace, UserId owner, ConversationId id, ConversationChange change, CancellationToken cancellationToken);

    Task<bool> DeleteAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken);

    /// <summary>All messages, oldest first, siblings included; empty where there is no such conversation.</summary>
    Task<IReadOnlyList<Message>> ReadAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken);

    /// <summary>Commits a message; false where there is no such conversation.</summary>
    Task<bool> AppendAsync(WorkspaceId workspace, UserId owner, Message message, CancellationToken cancellationToken) =>
        AppendAsync(workspace, owner, message.Conversation, [message], cancellationToken);

    /// <summary>Commits messages of one conversation, all or none; false where there is no such conversation.</summary>
    Task<bool> AppendAsync(WorkspaceId workspace, UserId owner, ConversationId conversation, IReadOnlyList<Message> messages, CancellationToken cancellationToken);

    /// <summary>The conversations that stand beside one, oldest first.</summary>
    Task<IReadOnlyList<Conversation>> ListBesideAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken);

    /// <summary>
    /// A conversation of the playground that its owner shares, for another member of its workspace; null for every other one. Neither a passage
    /// nor a quotation of knowledge that <paramref name="reader"/> may not see is in it.
    /// </summary>
    Task<SharedConversation?> ReadSharedAsync(WorkspaceId workspace, UserId reader, ConversationId id, CancellationToken cancellationToken);

    /// <summary>Makes a shared conversation the reader's own, as <see cref="ReadSharedAsync"/> shows it; null where it is not shared.</summary>
    Task<Conversation?> CopySharedAsync(WorkspaceId workspace, UserId reader, ConversationId id, CancellationToken cancellationToken);

    /// <summary>
    /// Commits a message as it now is: appends it, or takes the place of what was kept of it before, whose feedback stays. False where there is
    /// no such conversation.
    /// </summary>
    Task<bool> KeepAsync(WorkspaceId workspace, UserId owner, Message message, CancellationToken cancellationToken);
}

/// <summary>A conversation about to be created.</summary>
public sealed record NewConversation(
    WorkspaceId Workspace,
    UserId Owner,
    AppId? App,
    string Title,
    string Model,
    string Instructions,
    GenerationSettings Settings,
    IReadOnlyList<KnowledgeBaseId> Knowledge,
    KnowledgeReading? Reading = null)
{
    /// <summary>The first of the conversations that it is to stand beside; one of the same owner.</summary>
    public ConversationId? Beside { get; init; }

    /// <summary>The prompt in the making.</summary>
    public ConversationDraft? Draft { get; init; }

    /// <summary>Knowledge that messages which follow were made with, beside its own.</summary>
    public IReadOnlyList<KnowledgeBaseId> Heard { get; init; } = [];
}

/// <summary>The fields of a conversation that change.</summary>
public sealed record ConversationChange(
    string? Title = null,
    string? Model = null,
    string? Instructions = null,
    GenerationSettings? Settings = null,
    IReadOnlyList<KnowledgeBaseId>? Knowledge = null,
    KnowledgeReading? Reading = null)
{
    /// <summary>The prompt in the making.</summary>
    public ConversationDraft? Draft { get; init; }

    /// <summary>Lets members of the workspace read it, or no longer.</summary>
    public bool? IsShared { get; init; }

    /// <summary>Knowledge that an answer was made with beside the conversation's own; it stays heard.</summary>
    public IReadOnlyList<KnowledgeBaseId> Heard { get; init; } = [];
}
