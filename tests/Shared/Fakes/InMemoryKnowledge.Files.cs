using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>Files of conversations; a conversation is whose it was when its first file came, until <see cref="ForgetConversation"/>.</summary>
public sealed partial class InMemoryKnowledge : IConversationFiles
{
    private readonly Dictionary<KnowledgeBaseId, (UserId? Owner, ConversationId Conversation)> _files = [];

    /// <summary>The conversation is gone; its files are left.</summary>
    public void ForgetConversation(ConversationId conversation) => Locked(() =>
    {
        foreach (var (id, _) in _files.Where(found => found.Value.Conversation == conversation).ToList())
        {
            _files[id] = (null, conversation);
        }

        return true;
    });

    Task<KnowledgeBase?> IConversationFiles.FindAsync(WorkspaceId workspace, UserId owner, ConversationId conversation, CancellationToken cancellationToken) =>
        Locked(() => OfConversation(workspace, owner, conversation));

    Task<KnowledgeBase?> IConversationFiles.OpenAsync(
        WorkspaceId workspace, UserId owner, ConversationId conversation, string embeddingModel, CancellationToken cancellationToken) =>
        Locked(() =>
        {
            if (_files.Values.Any(found => found.Conversation == conversation && found.Owner != owner))
            {
                return null;
            }

            if (OfConversation(workspace, owner, conversation) is { } found)
            {
                return found;
            }

            var created = new KnowledgeBase(KnowledgeBaseId.New(), workspace, "Files of a conversation", embeddingModel, DateTimeOffset.UnixEpoch, 0, 0)
            {
                Conversation = conversation,
            };
            _files[created.Id] = (owner, conversation);
            return _bases[created.Id] = created;
        });

    Task<IReadOnlyList<(WorkspaceId Workspace, KnowledgeBaseId Base)>> IConversationFiles.ListLeftAsync(CancellationToken cancellationToken) =>
        Locked(() => (IReadOnlyList<(WorkspaceId, KnowledgeBaseId)>)[.. _files
            .Where(found => found.Value.Owner is null && _bases.ContainsKey(found.Key)).Select(found => (_bases[found.Key].Workspace, found.Key))]);

    private KnowledgeBase? OfConversation(WorkspaceId workspace, UserId owner, ConversationId conversation) => _files
        .Where(found => found.Value == (owner, conversation) && _bases.TryGetValue(found.Key, out var kept) && kept.Workspace == workspace)
        .Select(found => _bases[found.Key]).FirstOrDefault();

    private bool IsThere(KnowledgeAccess access, KnowledgeBaseId id) =>
        access.IsStudio || !_files.TryGetValue(id, out var found) || (access.Reader is { } reader && found.Owner == reader);
}
