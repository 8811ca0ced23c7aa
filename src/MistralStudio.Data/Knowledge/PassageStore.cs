using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Flows;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Knowledge;

/// <inheritdoc cref="IPassageStore"/>
internal sealed class PassageStore(IDbContextFactory<StudioDbContext> contexts, RunErasure runs, TimeProvider time) : IPassageStore
{
    private const string SetAside = "document.changes_set_aside";

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

    public async Task<bool> FinishAsync(DocumentId document, int revisions, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await EnterAsync(
            context.Documents.Where(row => row.Id == document && row.State != DocumentState.Deleting && row.Revisions == revisions),
            DocumentState.Indexed, time.GetUtcNow(), cancellationToken) > 0;
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
            var notes = await NotesAsync(context, document, cancellationToken);
            await context.Documents.Where(row => row.Id == document).ExecuteUpdateAsync(
                set => set.SetProperty(row => row.PassageCount, passages.Count).SetProperty(row => row.Notes, notes), cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<Passage>> ReadPassagesAsync(DocumentId document, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.Passages.AsNoTracking().Where(row => row.DocumentId == document).OrderBy(row => row.Ordinal).WithRevisions(context)
            .ToListAsync(cancellationToken);
        return [.. rows.Select(row => row.ToPassage())];
    }

    public async Task<IReadOnlyList<Passage>> ReadRangeAsync(DocumentId document, int first, int last, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.Passages.AsNoTracking()
            .Where(row => row.DocumentId == document && row.Ordinal >= first && row.Ordinal <= last).OrderBy(row => row.Ordinal).WithRevisions(context)
            .ToListAsync(cancellationToken);
        return [.. rows.Select(row => row.ToPassage())];
    }

    public async Task<IReadOnlyList<Passage>> ReadChangedAsync(DocumentId document, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.Passages.AsNoTracking()
            .Where(row => row.DocumentId == document && context.PassageRevisions.Any(
                revision => revision.PassageId == row.Id && revision.DocumentId == document && (revision.Text != null || revision.IsDisabled)))
            .OrderBy(row => row.Ordinal).WithRevisions(context)
            .ToListAsync(cancellationToken);
        return [.. rows.Select(row => row.ToPassage())];
    }

    public async Task<IReadOnlyList<LocatedPassage>> GetAsync(
        KnowledgeAccess access, IReadOnlyCollection<PassageId> passages, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var ids = passages.ToList();
        var rows = await context.Passages.AsNoTracking()
            // As one parameter: with one for each, the SQL of every search would be written and planned anew.
            .Where(row => EF.Parameter(ids).Contains(row.Id))
            .WithRevisions(context)
            .Join(
                context.Documents(access).Where(document => document.State != DocumentState.Deleting),
                found => found.Row.DocumentId,
                document => document.Id,
                (found, document) => new { Found = found, document.KnowledgeBaseId, document.Name })
            .ToListAsync(cancellationToken);
        return [.. rows.Select(row => new LocatedPassage(row.Found.ToPassage(), row.KnowledgeBaseId, row.Name))];
    }

    public async Task RemoveAsync(DocumentId document, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Documents.Where(row => row.Id == document).ExecuteDeleteAsync(cancellationToken);
        await runs.EraseAsync(document, cancellationToken);
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

    // What people changed waits for passages that come back as they were; a reader is told so.
    private static async Task<string?> NotesAsync(StudioDbContext context, DocumentId document, CancellationToken cancellationToken)
    {
        var kept = await context.Documents.Where(row => row.Id == document).Select(row => row.Notes).FirstAsync(cancellationToken);
        List<DocumentNote> notes = kept is null ? [] : [.. StudioJson.Read(kept, StudioJson.Default.IReadOnlyListDocumentNote)];
        notes.RemoveAll(note => note.Code == SetAside);
        var waiting = await context.PassageRevisions.CountAsync(
            row => row.DocumentId == document && (row.Text != null || row.IsDisabled || row.Keywords != null)
                && !context.Passages.Any(passage => passage.Id == row.PassageId),
            cancellationToken);
        if (waiting > 0)
        {
            notes.Add(new(SetAside, waiting == 1
                ? "1 passage that was changed by hand is no longer in the text as it was; its change is kept in case it comes back."
                : $"{waiting:N0} passages that were changed by hand are no longer in the text as they were; their changes are kept in case they come back."));
        }

        return notes.Count == 0 ? null : StudioJson.Write(notes, StudioJson.Default.IReadOnlyListDocumentNote);
    }

    private async Task<bool> EnterAsync(StudioDbContext context, DocumentId document, DocumentState state, CancellationToken cancellationToken) =>
        await EnterAsync(
            context.Documents.Where(row => row.Id == document && (row.State != DocumentState.Deleting || state == DocumentState.Deleting)),
            state, time.GetUtcNow(), cancellationToken) > 0;
}
