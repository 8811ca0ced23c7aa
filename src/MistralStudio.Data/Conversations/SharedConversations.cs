using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Knowledge;

namespace MistralStudio.Data.Conversations;

/// <summary>What a member sees of a conversation that another one shares, and their copy of it.</summary>
internal static class SharedConversations
{
    /// <summary>Reads it with the rights of its reader; null where it is not shared in their workspace.</summary>
    public static async Task<SharedConversation?> ReadAsync(
        StudioDbContext context, WorkspaceId workspace, UserId reader, ConversationId id, CancellationToken cancellationToken)
    {
        // Only the first of those side by side is ever shared; the others follow it.
        var rows = await context.Conversations.AsNoTracking()
            .Where(row => row.Id == id || row.BesideId == id)
            .Where(row => row.WorkspaceId == workspace && row.AppId == null)
            .Where(row => context.Conversations.Any(lead => lead.Id == id && lead.WorkspaceId == workspace && lead.SharedAt != null && lead.BesideId == null && lead.OwnerId == row.OwnerId))
            .OrderBy(row => row.CreatedAt).ThenBy(row => row.Id).ToListAsync(cancellationToken);
        var conversations = rows.OrderBy(row => row.Id != id).Select(ConversationStore.ToConversation).ToList();
        if (conversations is not [var lead, ..])
        {
            return null;
        }

        var visible = (await context.Bases(KnowledgeAccess.Of(workspace, reader)).Select(row => row.Id).ToListAsync(cancellationToken)).ToHashSet();
        var hidden = 0;
        var bare = new HashSet<MessageId>();
        var columns = new List<SharedColumn>();
        foreach (var conversation in conversations.Take(lead.Draft?.Columns ?? 1))
        {
            var messages = await context.Messages.AsNoTracking().Where(row => row.ConversationId == conversation.Id).OrderBy(row => row.Ordinal).ToListAsync(cancellationToken);
            columns.Add(new(conversation with { Knowledge = [.. conversation.Knowledge.Where(visible.Contains)] }, [.. messages.Select(row => Show(ConversationStore.ToMessage(row)))]) { Bare = bare });
        }

        var owner = await context.Users.AsNoTracking().Where(user => user.Id == lead.Owner.Value).Select(user => user.DisplayName).FirstOrDefaultAsync(cancellationToken);
        return new SharedConversation(owner ?? "", columns, hidden);

        Message Show(Message message)
        {
            IReadOnlyList<GivenPassage> given = [.. message.Given.Where(passage => visible.Contains(passage.Base))];
            IReadOnlyList<Citation> citations = [.. message.Citations.Where(citation => visible.Contains(citation.Base))];
            var left = message.Given.Where(passage => !visible.Contains(passage.Base)).Select(passage => passage.PassageId)
                .Union(message.Citations.Where(citation => !visible.Contains(citation.Base)).Select(citation => citation.PassageId)).Count();
            hidden += left;
            if (left > 0 && citations.Count == 0)
            {
                bare.Add(message.Id);
            }

            // What the owner thought of an answer is said to those who keep the documents, not to readers.
            return message with { Given = given, Citations = citations, Feedback = null };
        }
    }

    /// <summary>Adds the reader's own copy; it has heard everything that the shared one had, so that it goes nowhere where that could not go.</summary>
    public static ConversationRow Copy(StudioDbContext context, SharedConversation shared, UserId reader, DateTimeOffset now)
    {
        ConversationRow? lead = null;
        foreach (var column in shared.Columns)
        {
            var (conversation, messages) = column;
            var row = ConversationStore.ToRow(
                new NewConversation(
                    conversation.Workspace, reader, null, conversation.Title, conversation.Model, conversation.Instructions, conversation.Settings, conversation.Knowledge, conversation.Reading)
                {
                    Beside = lead?.Id,
                    Draft = conversation.Draft is { } draft ? draft with { Preferences = [], Content = draft.Content with { Knowledge = conversation.Knowledge } } : null,
                    Heard = conversation.Heard,
                },
                now);
            lead ??= row;
            context.Conversations.Add(row);
            var ids = messages.ToDictionary(message => message.Id, _ => MessageId.New());
            context.Messages.AddRange(messages.Select((message, i) => ConversationStore.ToRow(
                message with
                {
                    Id = ids[message.Id],
                    Conversation = row.Id,
                    Parent = message.Parent is { } parent && ids.TryGetValue(parent, out var copied) ? copied : null,
                    // Whose search is not theirs to see has none of it: an answer that was searched for and quotes nothing is warned of.
                    Timings = message.Timings is { } timings && column.Bare.Contains(message.Id) ? timings with { RetrievalMs = 0, Search = null } : message.Timings,
                }, i)));
        }

        return lead!;
    }
}
