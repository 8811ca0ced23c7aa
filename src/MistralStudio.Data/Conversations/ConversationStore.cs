using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Conversations;

/// <inheritdoc cref="IConversationStore"/>
internal sealed class ConversationStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IConversationStore
{
    public async Task<Conversation> CreateAsync(NewConversation conversation, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (conversation.Beside is { } beside && !await Own(context, conversation.Workspace, conversation.Owner, beside).AnyAsync(cancellationToken))
        {
            throw new InvalidOperationException("A conversation can stand beside one of the same owner only.");
        }

        var row = ToRow(conversation, time.GetUtcNow());
        context.Conversations.Add(row);
        await context.SaveChangesAsync(cancellationToken);
        return ToConversation(row);
    }

    public async Task<Conversation?> FindAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await Own(context, workspace, owner, id).AsNoTracking().FirstOrDefaultAsync(cancellationToken);
        return row is null ? null : ToConversation(row);
    }

    public async Task<Listing<Conversation>> ListAsync(
        WorkspaceId workspace, UserId owner, AppId? app, string? search, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = context.Conversations.AsNoTracking().Where(row => row.WorkspaceId == workspace && row.OwnerId == owner.Value && row.AppId == app && row.BesideId == null);
        if (ListQuery.Pattern(search) is { } pattern)
        {
            rows = rows.Where(row => EF.Functions.Like(row.NormalizedTitle, pattern, "\\"));
        }

        var cursor = Cursor.Parse(after);
        limit = ListQuery.Limit(limit);
        var read = await rows.Where(row => row.UpdatedAt <= cursor.Instant).OrderByDescending(row => row.UpdatedAt).ThenByDescending(row => row.Id)
            .Skip(cursor.Skip).Take(limit + 1).ToListAsync(cancellationToken);
        return cursor.Page([.. read.Select(ToConversation)], limit, item => item.UpdatedAt);
    }

    public async Task<bool> UpdateAsync(
        WorkspaceId workspace, UserId owner, ConversationId id, ConversationChange change, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await Own(context, workspace, owner, id).FirstOrDefaultAsync(cancellationToken);
        if (row is null)
        {
            return false;
        }

        row.Title = change.Title ?? row.Title;
        row.NormalizedTitle = ListQuery.Normalize(row.Title);
        row.Model = change.Model ?? row.Model;
        row.Instructions = change.Instructions ?? row.Instructions;
        row.Draft = change.Draft?.Write() ?? row.Draft;
        row.SharedAt = change.IsShared is { } shared ? (shared ? row.SharedAt ?? time.GetUtcNow() : null) : row.SharedAt;
        row.Settings = change.Settings is { } settings ? StudioJson.Write(settings, StudioJson.Default.GenerationSettings) : row.Settings;
        row.Reading = change.Reading is { } reading ? StudioJson.Write(reading, StudioJson.Default.KnowledgeReading) : row.Reading;
        row.Knowledge = change.Knowledge is { } knowledge ? StudioJson.Write(knowledge, StudioJson.Default.IReadOnlyListKnowledgeBaseId) : row.Knowledge;
        if (change.Knowledge is not null || change.Heard.Count > 0)
        {
            var heard = StudioJson.Read(row.Heard, StudioJson.Default.IReadOnlyListKnowledgeBaseId);
            row.Heard = StudioJson.Write([.. heard.Union(change.Knowledge ?? []).Union(change.Heard)], StudioJson.Default.IReadOnlyListKnowledgeBaseId);
        }

        await context.SaveChangesAsync(cancellationToken);
        return true;
    }

    public async Task<bool> DeleteAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Own(context, workspace, owner, id).ExecuteDeleteAsync(cancellationToken) > 0;
    }

    public async Task<IReadOnlyList<Message>> ReadAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await Own(context, workspace, owner, id)
            .Join(context.Messages, conversation => conversation.Id, message => message.ConversationId, (_, message) => message)
            .AsNoTracking()
            .OrderBy(message => message.Ordinal)
            .ToListAsync(cancellationToken);
        return [.. rows.Select(ToMessage)];
    }

    public Task<bool> AppendAsync(
        WorkspaceId workspace, UserId owner, ConversationId conversation, IReadOnlyList<Message> messages, CancellationToken cancellationToken) =>
        WriteAsync(workspace, owner, conversation, messages, takesPlace: false, cancellationToken);

    public Task<bool> KeepAsync(WorkspaceId workspace, UserId owner, Message message, CancellationToken cancellationToken) =>
        WriteAsync(workspace, owner, message.Conversation, [message], takesPlace: true, cancellationToken);

    private async Task<bool> WriteAsync(
        WorkspaceId workspace, UserId owner, ConversationId conversation, IReadOnlyList<Message> messages, bool takesPlace, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        // Taking the conversation's row first makes this the one writer of its ordinals.
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var now = time.GetUtcNow();
        if (await Own(context, workspace, owner, conversation).ExecuteUpdateAsync(set => set.SetProperty(row => row.UpdatedAt, now), cancellationToken) == 0)
        {
            return false;
        }

        var last = await context.Messages.Where(row => row.ConversationId == conversation).MaxAsync(row => (int?)row.Ordinal, cancellationToken) ?? -1;
        foreach (var message in messages)
        {
            var kept = takesPlace ? await context.Messages.FirstOrDefaultAsync(row => row.Id == message.Id && row.ConversationId == conversation, cancellationToken) : null;
            var row = ToRow(message with { Conversation = conversation }, kept?.Ordinal ?? ++last);
            if (kept is null)
            {
                context.Messages.Add(row);
            }
            else
            {
                (row.Feedback, row.FeedbackNote) = (kept.Feedback, kept.FeedbackNote);
                context.Entry(kept).CurrentValues.SetValues(row);
            }
        }

        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public async Task<IReadOnlyList<Conversation>> ListBesideAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.Conversations.AsNoTracking()
            .Where(row => row.BesideId == id && row.WorkspaceId == workspace && row.OwnerId == owner.Value)
            .OrderBy(row => row.CreatedAt).ThenBy(row => row.Id).ToListAsync(cancellationToken);
        return [.. rows.Select(ToConversation)];
    }

    public async Task<SharedConversation?> ReadSharedAsync(WorkspaceId workspace, UserId reader, ConversationId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await SharedConversations.ReadAsync(context, workspace, reader, id, cancellationToken);
    }

    public async Task<Conversation?> CopySharedAsync(WorkspaceId workspace, UserId reader, ConversationId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await SharedConversations.ReadAsync(context, workspace, reader, id, cancellationToken) is not { } shared)
        {
            return null;
        }

        var copy = SharedConversations.Copy(context, shared, reader, time.GetUtcNow());
        await ConversationImageStore.ShareAsync(context, workspace, copy.Id, shared, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ToConversation(copy);
    }

    private static IQueryable<ConversationRow> Own(StudioDbContext context, WorkspaceId workspace, UserId owner, ConversationId id) =>
        context.Conversations.Where(row => row.Id == id && row.WorkspaceId == workspace && row.OwnerId == owner.Value);

    internal static ConversationRow ToRow(NewConversation conversation, DateTimeOffset now) => new()
    {
        Id = ConversationId.New(),
        WorkspaceId = conversation.Workspace,
        OwnerId = conversation.Owner.Value,
        AppId = conversation.App,
        Title = conversation.Title,
        NormalizedTitle = ListQuery.Normalize(conversation.Title),
        Model = conversation.Model,
        Instructions = conversation.Instructions,
        Settings = StudioJson.Write(conversation.Settings, StudioJson.Default.GenerationSettings),
        Knowledge = StudioJson.Write(conversation.Knowledge, StudioJson.Default.IReadOnlyListKnowledgeBaseId),
        Reading = conversation.Reading is { } reading ? StudioJson.Write(reading, StudioJson.Default.KnowledgeReading) : null,
        Heard = StudioJson.Write([.. conversation.Knowledge.Union(conversation.Heard)], StudioJson.Default.IReadOnlyListKnowledgeBaseId),
        BesideId = conversation.Beside,
        Draft = conversation.Draft?.Write(),
        CreatedAt = now,
        UpdatedAt = now,
    };

    internal static Conversation ToConversation(ConversationRow row) => new(
        row.Id,
        row.WorkspaceId,
        new UserId(row.OwnerId),
        row.AppId,
        row.Title,
        row.Model,
        row.Instructions,
        StudioJson.Read(row.Settings, StudioJson.Default.GenerationSettings),
        StudioJson.Read(row.Knowledge, StudioJson.Default.IReadOnlyListKnowledgeBaseId),
        row.CreatedAt,
        row.UpdatedAt)
    {
        Reading = row.Reading is null ? KnowledgeReading.Default : StudioJson.Read(row.Reading, StudioJson.Default.KnowledgeReading),
        Heard = StudioJson.Read(row.Heard, StudioJson.Default.IReadOnlyListKnowledgeBaseId),
        Beside = row.BesideId,
        Draft = row.Draft is null ? null : ConversationDraft.Read(row.Draft),
        SharedAt = row.SharedAt,
    };

    internal static MessageRow ToRow(Message message, int ordinal) => new()
    {
        Id = message.Id,
        ConversationId = message.Conversation,
        Ordinal = ordinal,
        ParentId = message.Parent,
        Role = message.Role,
        State = message.State,
        Text = message.Text,
        Images = message.Images.Count > 0 ? StudioJson.Write(message.Images, StudioJson.Default.IReadOnlyListMessageImage) : null,
        Model = message.Model,
        Usage = message.Usage is { } usage ? StudioJson.Write(usage, StudioJson.Default.TokenUsage) : null,
        Timings = message.Timings is { } timings ? StudioJson.Write(timings, StudioJson.Default.TurnTimings) : null,
        Citations = message.Citations.Count > 0 ? StudioJson.Write(message.Citations, StudioJson.Default.IReadOnlyListCitation) : null,
        Given = message.Given.Count > 0 ? StudioJson.Write(message.Given, StudioJson.Default.IReadOnlyListGivenPassage) : null,
        Tools = message.Tools.Count > 0 ? StudioJson.Write(message.Tools, StudioJson.Default.IReadOnlyListToolUse) : null,
        AnswerCheck = message.Check is { } check ? StudioJson.Write(check, StudioJson.Default.AnswerCheck) : null,
        Confidence = message.Confidence.Count > 0 ? StudioJson.Write(message.Confidence, StudioJson.Default.IReadOnlyListTokenConfidence) : null,
        Feedback = message.Feedback?.Kind,
        FeedbackNote = message.Feedback?.Note,
        ErrorCode = message.Error?.Code,
        ErrorMessage = message.Error?.Message,
        ErrorNext = message.Error?.Next,
        CreatedAt = message.CreatedAt,
    };

    internal static Message ToMessage(MessageRow row) => new()
    {
        Id = row.Id,
        Conversation = row.ConversationId,
        Parent = row.ParentId,
        Role = row.Role,
        State = row.State,
        Text = row.Text,
        Images = row.Images is null ? [] : StudioJson.Read(row.Images, StudioJson.Default.IReadOnlyListMessageImage),
        Model = row.Model,
        Usage = row.Usage is null ? null : StudioJson.Read(row.Usage, StudioJson.Default.TokenUsage),
        Timings = row.Timings is null ? null : StudioJson.Read(row.Timings, StudioJson.Default.TurnTimings),
        Citations = row.Citations is null ? [] : StudioJson.Read(row.Citations, StudioJson.Default.IReadOnlyListCitation),
        Given = ReadGiven(row),
        Tools = row.Tools is null ? [] : StudioJson.Read(row.Tools, StudioJson.Default.IReadOnlyListToolUse),
        Check = row.AnswerCheck is null ? null : StudioJson.Read(row.AnswerCheck, StudioJson.Default.AnswerCheck),
        Confidence = row.Confidence is null ? [] : StudioJson.Read(row.Confidence, StudioJson.Default.IReadOnlyListTokenConfidence),
        Feedback = ReadFeedback(row),
        Error = StoredError.Read(row.ErrorCode, row.ErrorMessage, row.ErrorNext),
        CreatedAt = row.CreatedAt,
    };

    /// <summary>Passages that an answer was given.</summary>
    internal static IReadOnlyList<GivenPassage> ReadGiven(MessageRow row) => row.Given is null ? [] : StudioJson.Read(row.Given, StudioJson.Default.IReadOnlyListGivenPassage);

    /// <summary>What a person thought of an answer.</summary>
    internal static AnswerFeedback? ReadFeedback(MessageRow row) => row.Feedback is { } kind ? new AnswerFeedback(kind, row.FeedbackNote) : null;
}
