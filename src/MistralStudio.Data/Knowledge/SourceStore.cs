using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Knowledge;

/// <inheritdoc cref="ISourceStore"/>
internal sealed class SourceStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : ISourceStore
{
    public async Task<KnowledgeSource?> AddAsync(
        WorkspaceId workspace, KnowledgeBaseId id, SourceSettings settings, DateTimeOffset? nextSyncAt, UserId? addedBy, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await context.Bases(workspace).AnyAsync(row => row.Id == id, cancellationToken))
        {
            return null;
        }

        var added = new SourceRow
        {
            Id = SourceId.New(),
            KnowledgeBaseId = id,
            WorkspaceId = workspace,
            Kind = settings.Kind,
            Location = settings.Location,
            Depth = settings.Depth,
            MaxItems = settings.MaxItems,
            Schedule = settings.Schedule,
            NextSyncAt = nextSyncAt,
            CreatedAt = time.GetUtcNow(),
            AddedBy = addedBy?.Value,
        };
        context.Sources.Add(added);
        await context.SaveChangesAsync(cancellationToken);
        return ToSource(added, 0);
    }

    public async Task<IReadOnlyList<KnowledgeSource>> ListAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await Counted(context, context.Sources.AsNoTracking().Where(row => row.KnowledgeBaseId == id && row.WorkspaceId == workspace)
            .OrderBy(row => row.CreatedAt).ThenBy(row => row.Id)).ToListAsync(cancellationToken);
        return [.. rows.Select(found => ToSource(found.Row, found.Documents))];
    }

    public async Task<KnowledgeSource?> FindAsync(SourceId source, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await Counted(context, context.Sources.AsNoTracking().Where(row => row.Id == source)).FirstOrDefaultAsync(cancellationToken);
        return found is null ? null : ToSource(found.Row, found.Documents);
    }

    public async Task<bool> ChangeAsync(SourceId source, SourceSettings settings, DateTimeOffset? nextSyncAt, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Sources.Where(row => row.Id == source).ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.Depth, settings.Depth)
                .SetProperty(row => row.MaxItems, settings.MaxItems)
                .SetProperty(row => row.Schedule, settings.Schedule)
                .SetProperty(row => row.NextSyncAt, nextSyncAt),
            cancellationToken) > 0;
    }

    public async Task RemoveAsync(SourceId source, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Sources.Where(row => row.Id == source).ExecuteDeleteAsync(cancellationToken);
    }

    public async Task BeginSyncAsync(SourceId source, DateTimeOffset? nextSyncAt, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Sources.Where(row => row.Id == source).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.IsSyncing, true).SetProperty(row => row.NextSyncAt, nextSyncAt), cancellationToken);
    }

    public async Task EndSyncAsync(SourceId source, SyncReport report, Error? error, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        var json = StudioJson.Write(report, StudioJson.Default.SyncReport);
        var (code, message, next) = (error?.Code, error?.Message, error?.Next);
        await context.Sources.Where(row => row.Id == source).ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.IsSyncing, false)
                .SetProperty(row => row.LastSyncAt, row => code == null ? now : row.LastSyncAt)
                .SetProperty(row => row.LastReport, json)
                .SetProperty(row => row.ErrorCode, code)
                .SetProperty(row => row.ErrorMessage, message)
                .SetProperty(row => row.ErrorNext, next),
            cancellationToken);
    }

    public async Task<IReadOnlyList<SourceId>> ListSyncingAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Sources.Where(row => row.IsSyncing).Select(row => row.Id).ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<SourceId>> ListDueAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Sources.Where(row => !row.IsSyncing && row.NextSyncAt != null && row.NextSyncAt <= now).OrderBy(row => row.NextSyncAt)
            .Select(row => row.Id).ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<KnowledgeSource>> ListFoldersAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.Sources.AsNoTracking().Where(row => row.Kind == SourceKind.Folder).OrderBy(row => row.CreatedAt).ToListAsync(cancellationToken);
        return [.. rows.Select(row => ToSource(row, 0))];
    }

    public async Task<IReadOnlyList<SourceItem>> ListItemsAsync(SourceId source, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Documents.Where(row => row.SourceId == source && row.State != DocumentState.Deleting)
            .Select(row => new SourceItem(row.Id, row.SourceKey!, row.SourceStamp, row.Sha256)).ToListAsync(cancellationToken);
    }

    public async Task TieAsync(DocumentId document, SourceId source, string key, string? stamp, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Documents.Where(row => row.Id == document).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.SourceId, source).SetProperty(row => row.SourceKey, key).SetProperty(row => row.SourceStamp, stamp), cancellationToken);
    }

    public async Task<bool> ReplaceContentAsync(DocumentId document, string contentType, long bytes, string sha256, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        return await context.Documents.Where(row => row.Id == document && row.State != DocumentState.Deleting).ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.ContentType, contentType)
                .SetProperty(row => row.Bytes, bytes)
                .SetProperty(row => row.Sha256, sha256)
                .SetProperty(row => row.State, DocumentState.Stored)
                .SetProperty(row => row.Progress, 0)
                .SetProperty(row => row.ErrorCode, (string?)null)
                .SetProperty(row => row.ErrorMessage, (string?)null)
                .SetProperty(row => row.ErrorNext, (string?)null)
                .SetProperty(row => row.UpdatedAt, now),
            cancellationToken) > 0;
    }

    public async Task<IReadOnlyList<DocumentId>> SplitAgainAsync(KnowledgeBaseId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var now = time.GetUtcNow();
        var found = context.Documents.Where(row => row.KnowledgeBaseId == id && row.State == DocumentState.Indexed);
        var ids = await found.OrderBy(row => row.CreatedAt).Select(row => row.Id).ToListAsync(cancellationToken);
        await found.ExecuteUpdateAsync(
            set => set.SetProperty(row => row.State, DocumentState.Splitting).SetProperty(row => row.Progress, 0).SetProperty(row => row.UpdatedAt, now), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ids;
    }

    private static IQueryable<CountedSource> Counted(StudioDbContext context, IQueryable<SourceRow> rows) => rows.Select(row => new CountedSource(
        row, context.Documents.Count(document => document.SourceId == row.Id && document.State != DocumentState.Deleting)));

    private static KnowledgeSource ToSource(SourceRow row, int documents) => new(
        row.Id,
        row.KnowledgeBaseId,
        row.WorkspaceId,
        new SourceSettings(row.Kind, row.Location, row.Depth, row.MaxItems, row.Schedule),
        row.IsSyncing,
        row.LastSyncAt,
        row.NextSyncAt,
        StoredError.Read(row.ErrorCode, row.ErrorMessage, row.ErrorNext),
        row.LastReport is null ? null : StudioJson.Read(row.LastReport, StudioJson.Default.SyncReport),
        documents,
        row.CreatedAt);

    private sealed record CountedSource(SourceRow Row, int Documents);
}
