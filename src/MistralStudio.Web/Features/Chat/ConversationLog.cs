using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Features.Chat;

/// <summary>Where a chat keeps what was said: one person's conversations with the playground, or with one app.</summary>
public sealed class ConversationLog(
    IConversationStore store, WorkspaceId workspace, UserId owner, AppId? app, IFeedbackStore? feedback = null, IConversationFileErasure? erasure = null)
{
    private const int TitleLength = 60;

    /// <summary>Most recently used first.</summary>
    public Task<Listing<Conversation>> ListAsync(string? search, int limit, CancellationToken cancellationToken) =>
        store.ListAsync(workspace, owner, app, search, null, limit, cancellationToken);

    /// <summary>The conversation, where it is this person's and belongs here.</summary>
    public async Task<Conversation?> FindAsync(ConversationId id, CancellationToken cancellationToken) =>
        await store.FindAsync(workspace, owner, id, cancellationToken) is { } found && found.App == app ? found : null;

    internal Task<IReadOnlyList<Message>> ReadAsync(ConversationId id, CancellationToken cancellationToken) =>
        store.ReadAsync(workspace, owner, id, cancellationToken);

    internal Task<Conversation> CreateAsync(string firstMessage, ChatSetup setup, ConversationId? beside, CancellationToken cancellationToken) => store.CreateAsync(
        new NewConversation(workspace, owner, app, Title(firstMessage), setup.Model, setup.Instructions, setup.Settings, setup.Knowledge, setup.Reading) { Beside = beside, Draft = setup.ToDraft() },
        cancellationToken);

    /// <summary>The conversations that stand beside one.</summary>
    internal Task<IReadOnlyList<Conversation>> ListBesideAsync(ConversationId id, CancellationToken cancellationToken) => store.ListBesideAsync(workspace, owner, id, cancellationToken);

    /// <summary>Calls it something else, shares it or not, keeps its draft.</summary>
    internal Task<bool> ChangeAsync(ConversationId id, ConversationChange change, CancellationToken cancellationToken) => store.UpdateAsync(workspace, owner, id, change, cancellationToken);

    /// <param name="heard">Bases that an answer is made with beside those of the setup.</param>
    /// <param name="firstMessage">The first message, which it is called by from now on; null where it has its title.</param>
    internal Task<bool> UpdateAsync(
        ConversationId id, ChatSetup setup, IReadOnlyList<KnowledgeBaseId> heard, CancellationToken cancellationToken, string? firstMessage = null) => store.UpdateAsync(
        workspace,
        owner,
        id,
        new ConversationChange(firstMessage is null ? null : Title(firstMessage), setup.Model, setup.Instructions, setup.Settings, setup.Knowledge, setup.Reading) { Heard = heard, Draft = setup.ToDraft() },
        cancellationToken);

    internal Task<bool> AppendAsync(ConversationId id, IReadOnlyList<Message> messages, CancellationToken cancellationToken) =>
        store.AppendAsync(workspace, owner, id, messages, cancellationToken);

    internal Task<bool> AppendAsync(Message message, CancellationToken cancellationToken) => store.AppendAsync(workspace, owner, message, cancellationToken);

    internal Task<bool> KeepAsync(Message message, CancellationToken cancellationToken) => store.KeepAsync(workspace, owner, message, cancellationToken);

    /// <summary>True where it keeps what people think of answers.</summary>
    internal bool TakesFeedback => feedback is not null;

    internal Task<bool> RateAsync(ConversationId id, MessageId answer, AnswerFeedback? word, CancellationToken cancellationToken) =>
        feedback?.RateAsync(workspace, owner, id, answer, word, cancellationToken) ?? Task.FromResult(false);

    /// <summary>Removes a conversation; what was made of its files is erased by its own job.</summary>
    public async Task<bool> DeleteAsync(ConversationId id, CancellationToken cancellationToken)
    {
        var removed = await store.DeleteAsync(workspace, owner, id, cancellationToken);
        erasure?.Begin();
        return removed;
    }

    /// <summary>True where the other log is the same person's and belongs to the same place.</summary>
    internal bool IsOf(ConversationLog other) => HasOwnerOf(other) && App == other.App;

    /// <summary>True where the other log is the same person's in the same workspace.</summary>
    internal bool HasOwnerOf(ConversationLog other) => Workspace == other.Workspace && Owner == other.Owner;

    private WorkspaceId Workspace => workspace;

    /// <summary>The person.</summary>
    internal UserId Owner => owner;

    private AppId? App => app;

    /// <summary>What a conversation is called that begins with a text.</summary>
    internal static string Title(string text)
    {
        var line = text.Trim().ReplaceLineEndings(" ");
        if (line.Length <= TitleLength)
        {
            return line;
        }

        var cut = line.LastIndexOf(' ', TitleLength);
        return string.Concat(line.AsSpan(0, cut > TitleLength / 2 ? cut : TitleLength), "…");
    }
}
