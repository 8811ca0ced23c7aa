using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Knowledge;

/// <inheritdoc cref="IQualityRuns"/>
internal sealed class QualityRunStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IQualityRuns
{
    public async Task AddAsync(WorkspaceId workspace, KnowledgeBaseId id, RankingQuality mean, string settings, CancellationToken cancellationToken)
    {
        if (mean.Questions == 0)
        {
            return;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await context.Bases(workspace).AnyAsync(row => row.Id == id, cancellationToken))
        {
            return;
        }

        var now = time.GetUtcNow();
        var runs = context.QualityRuns.Where(row => row.KnowledgeBaseId == id);
        var last = await runs.OrderByDescending(row => row.At).FirstOrDefaultAsync(cancellationToken);
        if (last is not null && (last.At >= now || (Says(last, mean, settings) && last.At.UtcDateTime.Date == now.UtcDateTime.Date)))
        {
            return;
        }

        context.QualityRuns.Add(new QualityRunRow
        {
            KnowledgeBaseId = id,
            At = now,
            Questions = mean.Questions,
            Recall = mean.Recall,
            Ndcg = mean.Ndcg,
            ReciprocalRank = mean.ReciprocalRank,
            Depth = mean.Depth,
            Settings = settings,
        });
        await context.SaveChangesAsync(cancellationToken);
        if (await runs.OrderByDescending(row => row.At).Skip(IQualityRuns.Most).FirstOrDefaultAsync(cancellationToken) is { } oldest)
        {
            await runs.Where(row => row.At <= oldest.At).ExecuteDeleteAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<QualityRun>> ListAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var bases = context.Bases(workspace);
        var rows = await context.QualityRuns.AsNoTracking().Where(row => row.KnowledgeBaseId == id && bases.Any(own => own.Id == id))
            .OrderBy(row => row.At).ToListAsync(cancellationToken);
        return [.. rows.Select(row => new QualityRun(row.At, new(row.Questions, row.Recall, row.Ndcg, row.ReciprocalRank, row.Depth), row.Settings))];
    }

    private static bool Says(QualityRunRow row, RankingQuality mean, string settings) =>
        row.Settings == settings && (row.Questions, row.Recall, row.Ndcg, row.ReciprocalRank) == (mean.Questions, mean.Recall, mean.Ndcg, mean.ReciprocalRank);
}
