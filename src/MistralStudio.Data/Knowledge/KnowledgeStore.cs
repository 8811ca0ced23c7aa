using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Audit;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Knowledge;

/// <inheritdoc cref="IKnowledgeStore"/>
internal sealed class KnowledgeStore(IDbContextFactory<StudioDbContext> contexts, DataFolder folder, TimeProvider time) : IKnowledgeStore
{
    public async Task<KnowledgeBase> CreateBaseAsync(
        WorkspaceId workspace, string name, string embeddingModel, UserId? createdBy, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var row = new KnowledgeBaseRow
        {
            Id = KnowledgeBaseId.New(),
            WorkspaceId = workspace,
            Name = name.Trim(),
            NormalizedName = ListQuery.Normalize(name),
            EmbeddingModel = embeddingModel,
            CreatedAt = time.GetUtcNow(),
            CreatedBy = createdBy?.Value,
            Store = folder.NewBases,
        };
        context.KnowledgeBases.Add(row);
        await context.SaveChangesAsync(cancellationToken);
        return new KnowledgeBase(row.Id, row.WorkspaceId, row.Name, row.EmbeddingModel, row.CreatedAt, 0, 0) { Placement = row.ToPlacement() };
    }

    public async Task<Listing<KnowledgeBase>> ListBasesAsync(
        WorkspaceId workspace, string? search, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = context.Bases(workspace).AsNoTracking();
        if (ListQuery.Pattern(search) is { } pattern)
        {
            rows = rows.Where(row => EF.Functions.Like(row.NormalizedName, pattern, "\\"));
        }

        var cursor = Cursor.Parse(after);
        limit = ListQuery.Limit(limit);
        rows = rows.Where(row => row.CreatedAt <= cursor.Instant).OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id);
        List<KnowledgeBase> read = [.. (await Project(context, rows.Skip(cursor.Skip).Take(limit + 1)).ToListAsync(cancellationToken)).Select(row => row.ToBase())];
        return cursor.Page(read, limit, item => item.CreatedAt);
    }

    public async Task<KnowledgeBase?> FindBaseAsync(KnowledgeAccess access, KnowledgeBaseId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return (await Project(context, context.Bases(access).AsNoTracking().Where(row => row.Id == id))
            .FirstOrDefaultAsync(cancellationToken))?.ToBase();
    }

    public async Task<bool> RenameBaseAsync(WorkspaceId workspace, KnowledgeBaseId id, string name, string? was, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var normalized = ListQuery.Normalize(name);
        return await context.Bases(workspace).Where(row => row.Id == id && (was == null || row.Name == was))
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Name, name.Trim()).SetProperty(row => row.NormalizedName, normalized), cancellationToken) > 0;
    }

    public async Task<bool> ChangeSettingsAsync(
        WorkspaceId workspace, KnowledgeBaseId id, KnowledgeSettings settings, int wasVersion, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var json = StudioJson.Write(settings, StudioJson.Default.KnowledgeSettings);
        return await context.Bases(workspace).Where(row => row.Id == id && row.SettingsVersion == wasVersion).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.Settings, json).SetProperty(row => row.SettingsVersion, wasVersion + 1), cancellationToken) > 0;
    }

    public async Task<bool> DeleteEmptyBaseAsync(KnowledgeAccess access, KnowledgeBaseId id, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var empty = context.Bases(access)
            .Where(row => row.Id == id && !context.Documents.Any(document => document.KnowledgeBaseId == row.Id));
        // Asked again and again while its documents go; only the last time takes the turn of a writer.
        if (!await empty.AnyAsync(cancellationToken))
        {
            return false;
        }

        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await empty.Select(row => new { row.Name, row.ConversationId }).FirstOrDefaultAsync(cancellationToken) is not { } found)
        {
            return false;
        }

        await empty.ExecuteDeleteAsync(cancellationToken);
        // What is in a person's conversations is not written where administrators read.
        if (found.ConversationId is null)
        {
            await AuditTrail.AppendAsync(context, access.Workspace, by, "knowledge.deleted", found.Name, "", time, cancellationToken);
            await context.SaveChangesAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public async Task<KnowledgeDocument?> AddDocumentAsync(
        KnowledgeAccess access, KnowledgeBaseId id, NewDocument document, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await context.Bases(access).AnyAsync(row => row.Id == id, cancellationToken))
        {
            return null;
        }

        var now = time.GetUtcNow();
        var added = new DocumentRow
        {
            Id = DocumentId.New(),
            KnowledgeBaseId = id,
            WorkspaceId = access.Workspace,
            Name = document.Name,
            NormalizedName = ListQuery.Normalize(document.Name),
            ContentType = document.ContentType,
            Bytes = document.Bytes,
            Sha256 = document.Sha256,
            State = DocumentState.Stored,
            CreatedAt = now,
            UpdatedAt = now,
            AddedBy = document.AddedBy?.Value,
            SourceId = document.Source?.Source,
            SourceKey = document.Source?.Key,
            SourceStamp = document.Source?.Stamp,
        };
        context.Documents.Add(added);
        await context.SaveChangesAsync(cancellationToken);
        return added.ToDocument();
    }

    public async Task<bool> BeginDeletionAsync(
        KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var rows = context.Documents(access, id).Where(row => row.Id == document && row.State != DocumentState.Deleting);
        if (await rows.Select(row => row.Name).FirstOrDefaultAsync(cancellationToken) is not { } name)
        {
            return false;
        }

        await PassageStore.EnterAsync(rows, DocumentState.Deleting, time.GetUtcNow(), cancellationToken);
        var parent = await context.KnowledgeBases.Where(row => row.Id == id).Select(row => new { row.Name, row.ConversationId }).FirstAsync(cancellationToken);
        if (parent.ConversationId is null)
        {
            await AuditTrail.AppendAsync(context, access.Workspace, by, "document.deleted", name, parent.Name, time, cancellationToken);
            await context.SaveChangesAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public async Task<Listing<KnowledgeDocument>> ListDocumentsAsync(
        KnowledgeAccess access, KnowledgeBaseId id, string? search, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = context.Documents(access, id).AsNoTracking();
        if (ListQuery.Pattern(search) is { } pattern)
        {
            rows = rows.Where(row => EF.Functions.Like(row.NormalizedName, pattern, "\\"));
        }

        var cursor = Cursor.Parse(after);
        limit = ListQuery.Limit(limit);
        var read = await rows.Where(row => row.CreatedAt <= cursor.Instant).OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id)
            .Skip(cursor.Skip).Take(limit + 1).Select(WithDuplicate(context)).ToListAsync(cancellationToken);
        return cursor.Page([.. read.Select(found => found.Row.ToDocument(found.DuplicateOf))], limit, item => item.CreatedAt);
    }

    public async Task<IReadOnlyList<KnowledgeBase>> ListBusyBasesAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var busy = context.Documents.Where(row => row.WorkspaceId == workspace && row.State != DocumentState.Indexed && row.State != DocumentState.Failed
            && row.State != DocumentState.Cancelled && row.State != DocumentState.Deleting).Select(row => row.KnowledgeBaseId);
        var rows = context.Bases(workspace).AsNoTracking().Where(row => busy.Contains(row.Id)).OrderBy(row => row.CreatedAt);
        return [.. (await Project(context, rows).ToListAsync(cancellationToken)).Select(row => row.ToBase())];
    }

    public async Task<KnowledgeDocument?> FindDocumentAsync(
        KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.Documents(access, id).AsNoTracking().Where(row => row.Id == document).Select(WithDuplicate(context)).FirstOrDefaultAsync(cancellationToken);
        return found?.Row.ToDocument(found.DuplicateOf);
    }

    public async Task<KnowledgeDocument?> DescribeDocumentAsync(
        WorkspaceId workspace, KnowledgeBaseId id, DocumentId document, IReadOnlyDictionary<string, MetadataValue> metadata, int wasVersion,
        CancellationToken cancellationToken)
    {
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            var json = metadata.Count == 0 ? null : StudioJson.Write(metadata, StudioJson.Default.IReadOnlyDictionaryStringMetadataValue);
            var changed = await context.Documents(workspace, id)
                .Where(row => row.Id == document && row.MetadataVersion == wasVersion)
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.Metadata, json).SetProperty(row => row.MetadataVersion, wasVersion + 1), cancellationToken);
            if (changed == 0)
            {
                return null;
            }
        }

        return await FindDocumentAsync(workspace, id, document, cancellationToken);
    }

    public async Task<ExtractedText?> ReadTextAsync(
        KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await context.Documents(access, id).AsNoTracking().Where(row => row.Id == document)
            .Join(context.DocumentTexts, found => found.Id, text => text.DocumentId, (_, text) => text)
            .FirstOrDefaultAsync(cancellationToken);
        return row?.ToText();
    }

    public async Task<Listing<Passage>> ListPassagesAsync(
        KnowledgeAccess access, KnowledgeBaseId id, DocumentId document, PassageFilter filter, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var first = int.TryParse(after, out var ordinal) ? ordinal + 1 : 0;
        limit = ListQuery.Limit(limit);
        var rows = await context.Documents(access, id).AsNoTracking().Where(row => row.Id == document)
            .Join(context.Passages.Where(passage => passage.Ordinal >= first), found => found.Id, passage => passage.DocumentId, (_, passage) => passage)
            .WithRevisions(context)
            .Where(Fits(context, id, filter))
            .OrderBy(found => found.Row.Ordinal)
            .Take(limit + 1)
            .ToListAsync(cancellationToken);
        var more = rows.Count > limit;
        var items = await context.WithTwinsAsync(id, [.. rows.Take(limit).Select(row => row.ToPassage())], cancellationToken);
        return new Listing<Passage>(items, more ? $"{items[^1].Ordinal}" : null);
    }

    public async Task<Passage?> FindPassageAsync(KnowledgeAccess access, KnowledgeBaseId id, PassageId passage, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var documents = context.Documents(access, id);
        var row = await context.Passages.AsNoTracking()
            .Where(found => found.Id == passage && documents.Any(document => document.Id == found.DocumentId))
            .WithRevisions(context)
            .FirstOrDefaultAsync(cancellationToken);
        return row is null ? null : (await context.WithTwinsAsync(id, [row.ToPassage()], cancellationToken))[0];
    }

    private static Expression<Func<RevisedPassage, bool>> Fits(StudioDbContext context, KnowledgeBaseId id, PassageFilter filter)
    {
        // SQLite's LIKE knows no case, but only of ASCII; PostgreSQL's knows it, and its lower() all of it.
        var pattern = ListQuery.PatternAsWritten(filter.Search);
        var lower = pattern?.ToLowerInvariant();
        var mark = filter.Mark;
        return found =>
            (pattern == null
                || EF.Functions.Like(found.Revision != null && found.Revision.Text != null ? found.Revision.Text : found.Row.Text, pattern, "\\")
                || EF.Functions.Like((found.Revision != null && found.Revision.Text != null ? found.Revision.Text : found.Row.Text).ToLower(), lower!, "\\")
                || (found.Revision != null && found.Revision.Keywords != null
                    && (EF.Functions.Like(found.Revision.Keywords, pattern, "\\") || EF.Functions.Like(found.Revision.Keywords.ToLower(), lower!, "\\"))))
            && (mark == null
                || (mark == PassageMark.Edited && found.Revision != null && found.Revision.Text != null)
                || (mark == PassageMark.Disabled && found.Revision != null && found.Revision.IsDisabled)
                || (mark == PassageMark.Keywords && found.Revision != null && found.Revision.Keywords != null)
                || (mark == PassageMark.Repeated && (found.Revision == null || found.Revision.Text == null) && context.Passages.Where(RevisedPassages.Unedited(context)).Any(other => other.ContentHash == found.Row.ContentHash && other.Id != found.Row.Id
                    && context.Documents.Any(document => document.Id == other.DocumentId && document.KnowledgeBaseId == id && document.State != DocumentState.Deleting))));
    }

    private static Expression<Func<DocumentRow, NamedRow>> WithDuplicate(StudioDbContext context) => row => new NamedRow(
        row,
        row.TextSha256 == null ? null : context.Documents
            .Where(other => other.KnowledgeBaseId == row.KnowledgeBaseId && other.TextSha256 == row.TextSha256 && other.State != DocumentState.Deleting)
            .OrderBy(other => other.CreatedAt).ThenBy(other => other.Id)
            .Select(other => other.Id == row.Id ? null : other.Name)
            .FirstOrDefault());

    private static IQueryable<CountedBase> Project(StudioDbContext context, IQueryable<KnowledgeBaseRow> rows) => rows.Select(row => new CountedBase(
        row,
        context.Documents.Count(document => document.KnowledgeBaseId == row.Id && document.State != DocumentState.Deleting),
        context.Documents.Where(document => document.KnowledgeBaseId == row.Id && document.State == DocumentState.Indexed).Sum(document => document.PassageCount)));

    private sealed record NamedRow(DocumentRow Row, string? DuplicateOf);

    private sealed record CountedBase(KnowledgeBaseRow Row, int Documents, int Passages)
    {
        public KnowledgeBase ToBase() => new(
            Row.Id, Row.WorkspaceId, Row.Name, Row.EmbeddingModel, Row.CreatedAt, Documents, Passages, Row.StaysOnMachine)
        {
            Settings = RowProjections.ToSettings(Row.Settings),
            SettingsVersion = Row.SettingsVersion,
            Placement = Row.ToPlacement(),
            Conversation = Row.ConversationId,
            VectorsMadeBy = Row.VectorsMadeBy,
        };
    }
}
