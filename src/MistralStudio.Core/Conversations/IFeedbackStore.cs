using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Core.Conversations;

/// <summary>What people thought of answers, kept with the passages that the answers were about.</summary>
public interface IFeedbackStore
{
    /// <summary>Keeps or, with null, takes back a person's word on an answer of their own conversation; false where there is no such answer.</summary>
    Task<bool> RateAsync(WorkspaceId workspace, UserId owner, ConversationId conversation, MessageId answer, AnswerFeedback? feedback, CancellationToken cancellationToken);

    /// <summary>Rated answers that were given passages of a knowledge base, newest first; <paramref name="kind"/> null lists both kinds.</summary>
    Task<Listing<RatedAnswer>> ListAsync(
        WorkspaceId workspace, KnowledgeBaseId id, FeedbackKind? kind, string? after, int limit, CancellationToken cancellationToken);
}
