using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Knowledge;

/// <summary>The bases and documents that exist for who asks; a query that names one by its id begins here.</summary>
internal static class VisibleBases
{
    /// <summary>The bases that exist with this access.</summary>
    public static IQueryable<KnowledgeBaseRow> Bases(this StudioDbContext context, KnowledgeAccess access)
    {
        var (workspace, rows) = (access.Workspace, context.KnowledgeBases.AsQueryable());
        rows = rows.Where(row => row.WorkspaceId == workspace);
        return access switch
        {
            { IsStudio: true } => rows,
            { Reader: { } reader } => rows.Where(row => row.ConversationId == null || context.Conversations.Any(
                own => own.Id == row.ConversationId && own.WorkspaceId == workspace && own.OwnerId == reader.Value)),
            _ => rows.Where(row => row.ConversationId == null),
        };
    }

    /// <summary>The documents of the bases that exist with this access.</summary>
    public static IQueryable<DocumentRow> Documents(this StudioDbContext context, KnowledgeAccess access)
    {
        var (workspace, bases) = (access.Workspace, context.Bases(access));
        return context.Documents.Where(row => row.WorkspaceId == workspace && bases.Any(parent => parent.Id == row.KnowledgeBaseId));
    }

    /// <summary>The documents of one base, where that exists with this access.</summary>
    public static IQueryable<DocumentRow> Documents(this StudioDbContext context, KnowledgeAccess access, KnowledgeBaseId id) =>
        context.Documents(access).Where(row => row.KnowledgeBaseId == id);
}
