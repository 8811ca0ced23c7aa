using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Tests.Chat;

/// <summary>A store of one conversation.</summary>
public sealed class KeptConversation(Conversation conversation) : IConversationStore
{
    private readonly List<Message> _messages = [];
    private int _lists;

    /// <summary>What the first list waits for; null for nothing.</summary>
    public TaskCompletionSource? FirstList { get; init; }

    public async Task<Listing<Conversation>> ListAsync(
        WorkspaceId workspace, UserId owner, AppId? app, string? search, string? after, int limit, CancellationToken cancellationToken)
    {
        if (_lists++ == 0 && FirstList is not null)
        {
            await FirstList.Task.WaitAsync(cancellationToken);
        }

        return new Listing<Conversation>([conversation], null);
    }

    public Task<Conversation?> FindAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken) =>
        Task.FromResult(id == conversation.Id ? conversation : null);

    public Task<IReadOnlyList<Message>> ReadAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Message>>([.. _messages]);

    public Task<Conversation> CreateAsync(NewConversation made, CancellationToken cancellationToken) => Task.FromResult(conversation);

    public Task<bool> UpdateAsync(WorkspaceId workspace, UserId owner, ConversationId id, ConversationChange change, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    public Task<bool> DeleteAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task<bool> AppendAsync(WorkspaceId workspace, UserId owner, ConversationId id, IReadOnlyList<Message> messages, CancellationToken cancellationToken)
    {
        lock (_messages)
        {
            _messages.AddRange(messages);
        }

        return Task.FromResult(true);
    }

    public Task<IReadOnlyList<Conversation>> ListBesideAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Conversation>>([]);

    public Task<SharedConversation?> ReadSharedAsync(WorkspaceId workspace, UserId reader, ConversationId id, CancellationToken cancellationToken) =>
        Task.FromResult<SharedConversation?>(null);

    public Task<Conversation?> CopySharedAsync(WorkspaceId workspace, UserId reader, ConversationId id, CancellationToken cancellationToken) =>
        Task.FromResult<Conversation?>(null);

    public Task<bool> KeepAsync(WorkspaceId workspace, UserId owner, Message message, CancellationToken cancellationToken)
    {
        _messages.RemoveAll(kept => kept.Id == message.Id);
        return AppendAsync(workspace, owner, message.Conversation, [message], cancellationToken);
    }
}
