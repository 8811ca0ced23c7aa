using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Knowledge;

/// <inheritdoc cref="IIndexPlacements"/>
internal sealed class IndexPlacementStore(IDbContextFactory<StudioDbContext> contexts) : IIndexPlacements
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
