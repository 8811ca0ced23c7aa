using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Knowledge;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Conversations;

/// <inheritdoc cref="IFeedbackStore"/>
internal sealed class FeedbackStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IFeedbackStore
{
    public async Task<bool> RateAsync(
        WorkspaceId workspace, UserId owner, ConversationId conversation, MessageId answer, AnswerFeedback? feedback, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var row = await context.Messages
            .Where(message => message.Id == answer && message.ConversationId == conversation && message.Role == MessageRole.Assistant)
            .Where(message => context.Conversations.Any(own => own.Id == conversation && own.WorkspaceId == workspace && own.OwnerId == owner.Value))
            .FirstOrDefaultAsync(cancellationToken);
        if (row is null)
        {
            return false;
        }

        (row.Feedback, row.FeedbackNote) = (feedback?.Kind, feedback?.Note);
        await context.FeedbackBases.Where(found => found.MessageId == answer).ExecuteDeleteAsync(cancellationToken);
        if (feedback is not null)
        {
            var asked = ConversationStore.ReadGiven(row).Select(given => given.Base).Distinct().ToList();
            var present = await context.Bases(workspace).Where(found => asked.Contains(found.Id)).Select(found => found.Id).ToListAsync(cancellationToken);
            context.FeedbackBases.AddRange(present.Select(id => new FeedbackBaseRow { KnowledgeBaseId = id, MessageId = answer, At = time.GetUtcNow() }));
        }

        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public async Task<Listing<RatedAnswer>> ListAsync(
        WorkspaceId workspace, KnowledgeBaseId id, FeedbackKind? kind, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var cursor = Cursor.Parse(after);
        limit = ListQuery.Limit(limit);
        var rated = context.FeedbackBases.AsNoTracking()
            .Where(row => row.KnowledgeBaseId == id && row.At <= cursor.Instant && context.Bases(workspace).Any(own => own.Id == id))
            .Join(context.Messages, row => row.MessageId, message => message.Id, (row, message) => new { row.At, Answer = message })
            .Where(found => kind == null || found.Answer.Feedback == kind);
        var read = await rated
            .Select(found => new
            {
                found.At,
                found.Answer,
                Question = context.Messages.Where(message => message.Id == found.Answer.ParentId).Select(message => message.Text).FirstOrDefault(),
            })
            .OrderByDescending(found => found.At).ThenByDescending(found => found.Answer.Id)
            .Skip(cursor.Skip).Take(limit + 1).ToListAsync(cancellationToken);
        return cursor.Page([.. read.Select(found => ToRated(found.Answer, found.Question ?? "", id, found.At))], limit, item => item.At);
    }

    private static RatedAnswer ToRated(MessageRow row, string question, KnowledgeBaseId id, DateTimeOffset at)
    {
        var message = ConversationStore.ToMessage(row);
        return new RatedAnswer(
            row.Id,
            question,
            row.Text,
            message.Feedback!,
            [.. message.Given.Where(given => given.Base == id)],
            [.. message.Citations.Where(citation => citation.Base == id).Select(citation => citation.PassageId).Distinct()],
            at);
    }
}
