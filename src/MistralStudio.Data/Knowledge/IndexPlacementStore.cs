using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Audit;

namespace MistralStudio.Data.Knowledge;

/// <inheritdoc cref="IIndexPlacements"/>
internal sealed class IndexPlacementStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IIndexPlacements, IVectorMakers
{
    public async Task<IndexPlacement?> FindAsync(KnowledgeBaseId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await context.KnowledgeBases.AsNoTracking().FirstOrDefaultAsync(found => found.Id == id, cancellationToken);
        return row?.ToPlacement();
    }

    public async Task<bool> WriteAsync(KnowledgeBaseId id, IndexPlacement placement, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await WriteAsync(context.KnowledgeBases.Where(row => row.Id == id), placement, cancellationToken);
    }

    public async Task<bool> TryWriteAsync(KnowledgeBaseId id, IndexPlacement was, IndexPlacement placement, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await WriteAsync(
            context.KnowledgeBases.Where(row => row.Id == id && row.Store == was.Store && row.MovingTo == was.MovingTo), placement, cancellationToken);
    }

    public async Task<bool> StartMoveAsync(
        WorkspaceId workspace, KnowledgeBaseId id, IndexPlacement was, IndexPlacement placement, bool leaves, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var rows = context.Bases(workspace).Where(row => row.Id == id && row.Store == was.Store && row.MovingTo == was.MovingTo);
        if (leaves)
        {
            rows = rows.Where(row => !row.StaysOnMachine && !context.Workspaces.Any(found => found.Id == row.WorkspaceId && found.StaysOnMachine));
        }

        // The write first: it takes the turn of a writer, and of two moves the second finds another placement than it read.
        if (!await WriteAsync(rows, placement, cancellationToken))
        {
            return false;
        }

        var name = await context.KnowledgeBases.Where(row => row.Id == id).Select(row => row.Name).FirstAsync(cancellationToken);
        await AuditTrail.AppendAsync(context, workspace, by, "knowledge.moved", name, Words(was, placement), time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public async Task<bool> StaysAsync(KnowledgeBaseId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.KnowledgeBases.AnyAsync(
            row => row.Id == id && (row.StaysOnMachine || context.Workspaces.Any(found => found.Id == row.WorkspaceId && found.StaysOnMachine)), cancellationToken);
    }

    public async Task<IReadOnlyList<string>> ListInAsync(WorkspaceId workspace, KnowledgeBaseId? id, IndexStore store, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.KnowledgeBases
            .Where(row => row.WorkspaceId == workspace && (id == null || row.Id == id) && (row.Store == store || row.MovingTo == store))
            .OrderBy(row => row.Name).Select(row => row.Name).ToListAsync(cancellationToken);
    }

    async Task<string?> IVectorMakers.FindAsync(KnowledgeBaseId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.KnowledgeBases.Where(row => row.Id == id).Select(row => row.VectorsMadeBy).FirstOrDefaultAsync(cancellationToken);
    }

    async Task<bool> IVectorMakers.TryWriteAsync(KnowledgeBaseId id, string? was, string maker, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.KnowledgeBases.Where(row => row.Id == id && row.VectorsMadeBy == was)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.VectorsMadeBy, maker), cancellationToken) > 0;
    }

    public async Task<IReadOnlyList<KnowledgeBaseId>> ListMovingAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.KnowledgeBases.Where(row => row.MovingTo != null).OrderBy(row => row.CreatedAt).Select(row => row.Id).ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<DocumentId>> ListDocumentsAsync(KnowledgeBaseId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Documents.Where(row => row.KnowledgeBaseId == id && row.State == DocumentState.Indexed)
            .OrderBy(row => row.CreatedAt).ThenBy(row => row.Id).Select(row => row.Id).ToListAsync(cancellationToken);
    }

    // Of one that turns back on its way: from where it was going.
    private static string Words(IndexPlacement was, IndexPlacement placement) =>
        $"{Name(was.MovingTo ?? was.Store)} to {Name(placement.MovingTo ?? placement.Store)}";

    private static string Name(IndexStore store) => store == IndexStore.Embedded ? "this machine" : "Qdrant";

    private static async Task<bool> WriteAsync(IQueryable<KnowledgeBaseRow> rows, IndexPlacement placement, CancellationToken cancellationToken) =>
        await rows.ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.Store, placement.Store)
                .SetProperty(row => row.MovingTo, placement.MovingTo)
                .SetProperty(row => row.MoveProgress, placement.Progress)
                .SetProperty(row => row.MoveErrorCode, placement.Waiting == null ? null : placement.Waiting.Code)
                .SetProperty(row => row.MoveErrorMessage, placement.Waiting == null ? null : placement.Waiting.Message)
                .SetProperty(row => row.MoveErrorNext, placement.Waiting == null ? null : placement.Waiting.Next),
            cancellationToken) > 0;
}
