using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Tests.Chat;

/// <summary>Keeps the last word on each answer.</summary>
public sealed class RecordingFeedback : IFeedbackStore
{
    public Dictionary<MessageId, AnswerFeedback?> Kept { get; } = [];

    public Task<bool> RateAsync(
        WorkspaceId workspace, UserId owner, ConversationId conversation, MessageId answer, AnswerFeedback? feedback, CancellationToken cancellationToken)
    {
        Kept[answer] = feedback;
        return Task.FromResult(true);
    }

    public Task<Listing<RatedAnswer>> ListAsync(
        WorkspaceId workspace, KnowledgeBaseId id, FeedbackKind? kind, string? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(new Listing<RatedAnswer>([], null));
}
