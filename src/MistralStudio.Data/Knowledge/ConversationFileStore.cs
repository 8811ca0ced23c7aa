using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Knowledge;

/// <inheritdoc cref="IConversationFiles"/>
internal sealed class ConversationFileStore(IDbContextFactory<StudioDbContext> contexts, IKnowledgeStore knowledge, DataFolder folder, TimeProvider time) : IConversationFiles
{
    // Shown to administrators where they ask what a model is used for: not what the conversation is about.
    private const string Name = "Files of a conversation";

    public async Task<KnowledgeBase?> FindAsync(WorkspaceId workspace, UserId owner, ConversationId conversation, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var access = KnowledgeAccess.Of(workspace, owner);
        var found = await context.Bases(access).Where(row => row.ConversationId == conversation).Select(row => row.Id).ToListAsync(cancellationToken);
        return found is [var id] ? await knowledge.FindBaseAsync(access, id, cancellationToken) : null;
    }

    public async Task<KnowledgeBase?> OpenAsync(
        WorkspaceId workspace, UserId owner, ConversationId conversation, string embeddingModel, CancellationToken cancellationToken)
    {
        if (await FindAsync(workspace, owner, conversation, cancellationToken) is { } found)
        {
            return found;
        }

        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            if (!await context.Conversations.AnyAsync(
                row => row.Id == conversation && row.WorkspaceId == workspace && row.OwnerId == owner.Value, cancellationToken))
            {
                return null;
            }

            context.KnowledgeBases.Add(new KnowledgeBaseRow
            {
                Id = KnowledgeBaseId.New(),
                WorkspaceId = workspace,
                ConversationId = conversation,
                Name = Name,
                NormalizedName = ListQuery.Normalize(Name),
                EmbeddingModel = embeddingModel,
                CreatedAt = time.GetUtcNow(),
                CreatedBy = owner.Value,
                Store = folder.NewBases,
            });
            try
            {
                await context.SaveChangesAsync(cancellationToken);
            }
            catch (DbUpdateException)
            {
                // Two files arrived at once: the index lets one of them make it.
                if (await FindAsync(workspace, owner, conversation, cancellationToken) is { } made)
                {
                    return made;
                }

                throw;
            }
        }

        return await FindAsync(workspace, owner, conversation, cancellationToken);
    }

    public async Task<IReadOnlyList<(WorkspaceId Workspace, KnowledgeBaseId Base)>> ListLeftAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var left = await context.KnowledgeBases
            .Where(row => row.ConversationId != null && !context.Conversations.Any(kept => kept.Id == row.ConversationId))
            .OrderBy(row => row.CreatedAt).Select(row => new { row.WorkspaceId, row.Id }).ToListAsync(cancellationToken);
        return [.. left.Select(row => (row.WorkspaceId, row.Id))];
    }
}
