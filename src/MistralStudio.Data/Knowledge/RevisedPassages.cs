using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Knowledge;

/// <summary>A passage as it was cut, what people made of it, and who did.</summary>
internal sealed class RevisedPassage
{
    public required PassageRow Row { get; init; }

    public required PassageRevisionRow? Revision { get; init; }

    public required string? By { get; init; }

    public Passage ToPassage() => new(
        Row.Id, Row.DocumentId, Row.Ordinal, Row.Text, Row.Page, Row.Start, Row.End, Row.Section, Row.ContentHash, Row.Header, Row.ParentStart, Row.ParentEnd)
    {
        Revision = Revision is not { } revision ? null : new PassageRevision(
            revision.Text,
            revision.TextHash,
            revision.IsDisabled,
            revision.Keywords?.Split('\n') ?? [],
            revision.Version,
            revision.By is { } by ? new UserId(by) : null,
            By,
            revision.UpdatedAt),
    };
}

/// <summary>Reads passages as people see them.</summary>
internal static class RevisedPassages
{
    // A sentence that stands everywhere is not worth a long list.
    private const int MostTwins = 500;

    /// <summary>Passages with what people made of them.</summary>
    public static IQueryable<RevisedPassage> WithRevisions(this IQueryable<PassageRow> rows, StudioDbContext context) => rows.LeftJoin(
        context.PassageRevisions,
        row => row.Id,
        revision => revision.PassageId,
        (row, revision) => new RevisedPassage
        {
            Row = row,
            Revision = revision,
            By = context.Users.Where(user => revision != null && user.Id == revision.By).Select(user => user.DisplayName).FirstOrDefault(),
        });

    /// <summary>Passages that say what their document says.</summary>
    public static Expression<Func<PassageRow, bool>> Unedited(StudioDbContext context) =>
        row => !context.PassageRevisions.Any(revision => revision.PassageId == row.Id && revision.Text != null);

    /// <summary>The passages with those of the base that say the same.</summary>
    public static async Task<IReadOnlyList<Passage>> WithTwinsAsync(
        this StudioDbContext context, KnowledgeBaseId id, IReadOnlyList<Passage> passages, CancellationToken cancellationToken)
    {
        var hashes = passages.Select(passage => passage.ContentHash).Distinct().ToList();
        var same = await context.Passages.AsNoTracking()
            .Where(row => hashes.Contains(row.ContentHash))
            .Where(Unedited(context))
            .Join(
                context.Documents.Where(document => document.KnowledgeBaseId == id && document.State != DocumentState.Deleting),
                row => row.DocumentId,
                document => document.Id,
                (row, document) => new { row.ContentHash, row.Id, row.Ordinal, DocumentId = document.Id, document.Name, document.CreatedAt })
            .OrderBy(found => found.CreatedAt).ThenBy(found => found.Ordinal)
            .Take(MostTwins + passages.Count)
            .ToListAsync(cancellationToken);
        var byHash = same.ToLookup(found => found.ContentHash, found => new PassageTwin(found.Id, found.DocumentId, found.Name));
        return [.. passages.Select(passage => passage.Edit is null && byHash[passage.ContentHash].Where(twin => twin.PassageId != passage.Id).ToList() is { Count: > 0 } twins
            ? passage with { Twins = twins }
            : passage)];
    }
}
