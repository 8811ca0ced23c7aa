using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Audit;

namespace MistralStudio.Data.Knowledge;

/// <inheritdoc cref="IPassageRevisions"/>
internal sealed class PassageRevisionStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IPassageRevisions
{
    public async Task<bool> ReviseAsync(
        WorkspaceId workspace, KnowledgeBaseId id, PassageId passage, PassageRevision revision, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var found = await context.Passages
            .Where(row => row.Id == passage)
            .Join(
                context.Documents(workspace, id).Where(document => document.State != DocumentState.Deleting),
                row => row.DocumentId,
                document => document.Id,
                (row, document) => new { row.DocumentId, row.Ordinal, document.Name })
            .FirstOrDefaultAsync(cancellationToken);
        var kept = await context.PassageRevisions.FirstOrDefaultAsync(row => row.PassageId == passage, cancellationToken);
        if (found is null || (kept?.Version ?? 0) != revision.Version - 1)
        {
            return false;
        }

        var deeds = Deeds(kept, revision).ToList();
        if (kept is null)
        {
            context.PassageRevisions.Add(kept = new PassageRevisionRow { PassageId = passage, DocumentId = found.DocumentId });
        }

        (kept.Text, kept.TextHash, kept.IsDisabled) = (revision.Text, revision.TextHash, revision.IsDisabled);
        (kept.Keywords, kept.Version, kept.By, kept.UpdatedAt) = (WriteKeywords(revision), revision.Version, revision.By?.Value, revision.At);
        var rows = context.Documents.Where(document => document.Id == found.DocumentId);
        await rows.ExecuteUpdateAsync(set => set.SetProperty(document => document.Revisions, document => document.Revisions + 1), cancellationToken);
        await PassageStore.EnterAsync(rows.Where(document => document.State == DocumentState.Indexed), DocumentState.Embedding, time.GetUtcNow(), cancellationToken);
        foreach (var deed in deeds)
        {
            await AuditTrail.AppendAsync(context, workspace, revision.By, deed, found.Name, $"#{found.Ordinal + 1}", time, cancellationToken);
        }

        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    // What was done, never what was written.
    private static IEnumerable<string> Deeds(PassageRevisionRow? was, PassageRevision revision)
    {
        if (was?.Text != revision.Text)
        {
            yield return revision.Text is null ? "passage.restored" : "passage.edited";
        }

        if ((was?.IsDisabled ?? false) != revision.IsDisabled)
        {
            yield return revision.IsDisabled ? "passage.disabled" : "passage.enabled";
        }

        if (was?.Keywords != WriteKeywords(revision))
        {
            yield return "passage.keywords";
        }
    }

    private static string? WriteKeywords(PassageRevision revision) => revision.Keywords.Count == 0 ? null : string.Join('\n', revision.Keywords);
}
