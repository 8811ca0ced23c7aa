using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Knowledge;

/// <inheritdoc cref="IPassageStore"/>
internal sealed class PassageStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IPassageStore
{
    public async Task<KnowledgeDocument?> FindAsync(DocumentId document, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await context.Documents.AsNoTracking().FirstOrDefaultAsync(found => found.Id == document, cancellationToken);
        return row?.ToDocument();
    }

    public async Task<IReadOnlyList<DocumentId>> ListUnfinishedAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Documents
            .Where(row => row.State != DocumentState.Indexed && row.State != DocumentState.Failed && row.State != DocumentState.Cancelled)
            .OrderBy(row => row.CreatedAt)
            .Select(row => row.Id)
            .ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<DocumentId>> ListIndexedAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Documents.Where(row => row.State == DocumentState.Indexed).OrderBy(row => row.CreatedAt).Select(row => row.Id)
            .ToListAsync(cancellationToken);
    }

    public async Task<bool> EnterAsync(DocumentId document, DocumentState state, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await EnterAsync(context, document, state, cancellationToken);
    }

    public async Task ReportProgressAsync(DocumentId document, double progress, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Documents.Where(row => row.Id == document)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Progress, Math.Clamp(progress, 0, 1)), cancellationToken);
    }

    public async Task FailAsync(DocumentId document, Error error, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        await context.Documents.Where(row => row.Id == document && row.State != DocumentState.Deleting).ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.State, DocumentState.Failed)
                .SetProperty(row => row.ErrorCode, error.Code)
                .SetProperty(row => row.ErrorMessage, error.Message)
                .SetProperty(row => row.ErrorNext, error.Next)
                .SetProperty(row => row.UpdatedAt, now),
            cancellationToken);
    }

    public async Task SaveTextAsync(DocumentId document, ExtractedText text, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await context.DocumentTexts.Where(row => row.DocumentId == document).ExecuteDeleteAsync(cancellationToken);
        if (await EnterAsync(context, document, DocumentState.Splitting, cancellationToken))
        {
            context.DocumentTexts.Add(new DocumentTextRow
            {
                DocumentId = document,
                Text = text.Text,
                Pages = StudioJson.Write(text.Pages, StudioJson.Default.IReadOnlyListPageSpan),
                PagesWithoutText = StudioJson.Write(text.PagesWithoutText, StudioJson.Default.IReadOnlyListInt32),
                Blocks = StudioJson.Write(text.Blocks, StudioJson.Default.IReadOnlyListTextBlock),
            });
            await context.SaveChangesAsync(cancellationToken);
            var pages = text.Pages.Count == 0 ? 0 : text.Pages.Max(page => page.Number);
            pages = Math.Max(pages, text.PagesWithoutText.Count == 0 ? 0 : text.PagesWithoutText.Max());
            var said = StudioJson.Hash(text.Text);
            var notes = text.Notes.Count == 0 ? null : StudioJson.Write(text.Notes, StudioJson.Default.IReadOnlyListDocumentNote);
            await context.Documents.Where(row => row.Id == document).ExecuteUpdateAsync(
                set => set.SetProperty(row => row.Pages, pages).SetProperty(row => row.TextSha256, said).SetProperty(row => row.Notes, notes),
                cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    public async Task<ExtractedText?> ReadTextAsync(DocumentId document, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await context.DocumentTexts.AsNoTracking().FirstOrDefaultAsync(found => found.DocumentId == document, cancellationToken);
        return row?.ToText();
    }

    public async Task ReplacePassagesAsync(DocumentId document, IReadOnlyList<Passage> passages, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await context.Passages.Where(row => row.DocumentId == document).ExecuteDeleteAsync(cancellationToken);
        if (await EnterAsync(context, document, DocumentState.Embedding, cancellationToken))
        {
            context.Passages.AddRange(passages.Select(passage => new PassageRow
            {
                Id = passage.Id,
                DocumentId = document,
                Ordinal = passage.Ordinal,
                Text = passage.Text,
                Page = passage.Page,
                Start = passage.Start,
                End = passage.End,
                Section = passage.Section,
                ContentHash = passage.ContentHash,
                Header = passage.Header,
                ParentStart = passage.ParentStart,
                ParentEnd = passage.ParentEnd,
            }));
            await context.SaveChangesAsync(cancellationToken);
            await context.Documents.Where(row => row.Id == document)
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.PassageCount, passages.Count), cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<Passage>> ReadPassagesAsync(DocumentId document, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.Passages.AsNoTracking().Where(row => row.DocumentId == document).OrderBy(row => row.Ordinal).ToListAsync(cancellationToken);
        return [.. rows.Select(row => row.ToPassage())];
    }

    public async Task<IReadOnlyList<Passage>> ReadRangeAsync(DocumentId document, int first, int last, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.Passages.AsNoTracking()
            .Where(row => row.DocumentId == document && row.Ordinal >= first && row.Ordinal <= last).OrderBy(row => row.Ordinal).ToListAsync(cancellationToken);
        return [.. rows.Select(row => row.ToPassage())];
    }

    public async Task<IReadOnlyList<LocatedPassage>> GetAsync(
        WorkspaceId workspace, IReadOnlyCollection<PassageId> passages, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var ids = passages.ToList();
        var rows = await context.Passages.AsNoTracking()
            .Where(row => ids.Contains(row.Id))
            .Join(
                context.Documents.Where(document => document.WorkspaceId == workspace && document.State != DocumentState.Deleting),
                row => row.DocumentId,
                document => document.Id,
                (row, document) => new { Row = row, document.KnowledgeBaseId, document.Name })
            .ToListAsync(cancellationToken);
        return [.. rows.Select(found => new LocatedPassage(found.Row.ToPassage(), found.KnowledgeBaseId, found.Name))];
    }

    public async Task RemoveAsync(DocumentId document, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Documents.Where(row => row.Id == document).ExecuteDeleteAsync(cancellationToken);
    }

    /// <summary>Brings documents into a state with progress 0 and no error; how many they were.</summary>
    internal static Task<int> EnterAsync(IQueryable<DocumentRow> rows, DocumentState state, DateTimeOffset now, CancellationToken cancellationToken) =>
        rows.ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.State, state)
                .SetProperty(row => row.Progress, 0)
                .SetProperty(row => row.ErrorCode, (string?)null)
                .SetProperty(row => row.ErrorMessage, (string?)null)
                .SetProperty(row => row.ErrorNext, (string?)null)
                .SetProperty(row => row.UpdatedAt, now),
            cancellationToken);

    private async Task<bool> EnterAsync(StudioDbContext context, DocumentId document, DocumentState state, CancellationToken cancellationToken) =>
        await EnterAsync(
            context.Documents.Where(row => row.Id == document && (row.State != DocumentState.Deleting || state == DocumentState.Deleting)),
            state, time.GetUtcNow(), cancellationToken) > 0;
}
