using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Tests.Playground;

/// <summary>Conversations that last as long as a test.</summary>
internal sealed class InMemoryConversations : IConversationStore
{
    private readonly Lock _lock = new();
    private readonly List<Conversation> _conversations = [];
    private readonly List<Message> _messages = [];

    /// <summary>All of them, in the order in which they were made.</summary>
    public IReadOnlyList<Conversation> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _conversations];
            }
        }
    }

    public Task<Conversation> CreateAsync(NewConversation made, CancellationToken cancellationToken)
    {
        var conversation = new Conversation(
            ConversationId.New(), made.Workspace, made.Owner, made.App, made.Title, made.Model, made.Instructions, made.Settings, made.Knowledge, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch)
        {
            Beside = made.Beside,
            Draft = made.Draft,
        };
        lock (_lock)
        {
            _conversations.Add(conversation);
        }

        return Task.FromResult(conversation);
    }

    public Task<Conversation?> FindAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken) =>
        Task.FromResult(All.FirstOrDefault(found => found.Id == id && found.Workspace == workspace && found.Owner == owner));

    public Task<Listing<Conversation>> ListAsync(
        WorkspaceId workspace, UserId owner, AppId? app, string? search, string? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(new Listing<Conversation>(
            [.. All.Where(found => found.Workspace == workspace && found.Owner == owner && found.Beside is null && found.Title.Contains(search ?? "", StringComparison.OrdinalIgnoreCase)).Take(limit)], null));

    public Task<bool> UpdateAsync(WorkspaceId workspace, UserId owner, ConversationId id, ConversationChange change, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var place = _conversations.FindIndex(found => found.Id == id && found.Workspace == workspace && found.Owner == owner);
            if (place >= 0)
            {
                var found = _conversations[place];
                _conversations[place] = found with
                {
                    Title = change.Title ?? found.Title,
                    Model = change.Model ?? found.Model,
                    Instructions = change.Instructions ?? found.Instructions,
                    Settings = change.Settings ?? found.Settings,
                    Knowledge = change.Knowledge ?? found.Knowledge,
                    // As a store does: what is read is not what was given.
                    Draft = change.Draft is { } draft ? ConversationDraft.Read(draft.Write()) : found.Draft,
                    SharedAt = change.IsShared is { } shared ? shared ? DateTimeOffset.UnixEpoch : null : found.SharedAt,
                };
            }

            return Task.FromResult(place >= 0);
        }
    }

    public Task<bool> DeleteAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(_conversations.RemoveAll(found => (found.Id == id || found.Beside == id) && found.Owner == owner) > 0);
        }
    }

    public Task<IReadOnlyList<Message>> ReadAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<Message>>([.. _messages.Where(message => message.Conversation == id)]);
        }
    }

    public Task<bool> AppendAsync(WorkspaceId workspace, UserId owner, ConversationId conversation, IReadOnlyList<Message> messages, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _messages.AddRange(messages);
        }

        return Task.FromResult(true);
    }

    public Task<bool> KeepAsync(WorkspaceId workspace, UserId owner, Message message, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _messages.RemoveAll(kept => kept.Id == message.Id);
            _messages.Add(message);
        }

        return Task.FromResult(true);
    }

    public Task<IReadOnlyList<Conversation>> ListBesideAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Conversation>>([.. All.Where(found => found.Beside == id)]);

    public Task<SharedConversation?> ReadSharedAsync(WorkspaceId workspace, UserId reader, ConversationId id, CancellationToken cancellationToken) =>
        Task.FromResult<SharedConversation?>(null);

    public Task<Conversation?> CopySharedAsync(WorkspaceId workspace, UserId reader, ConversationId id, CancellationToken cancellationToken) =>
        Task.FromResult<Conversation?>(null);
}
