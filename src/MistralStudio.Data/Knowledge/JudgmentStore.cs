using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Knowledge;

/// <inheritdoc cref="IJudgmentStore"/>
internal sealed class JudgmentStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IJudgmentStore
{
    private const int MostQuestions = 2_000;

    public async Task<bool> JudgeAsync(
        WorkspaceId workspace, KnowledgeBaseId id, string question, PassageId passage, Relevance? relevance, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var asked = Normalize(question);
        var documents = context.Documents(workspace, id);
        if (asked.Length == 0 || !await context.Passages.AnyAsync(
            found => found.Id == passage && documents.Any(document => document.Id == found.DocumentId), cancellationToken))
        {
            return false;
        }

        var row = await context.Judgments.FirstOrDefaultAsync(found => found.KnowledgeBaseId == id && found.Question == asked && found.PassageId == passage, cancellationToken);
        if (relevance is not { } judged)
        {
            if (row is not null)
            {
                context.Judgments.Remove(row);
            }
        }
        else
        {
            if (row is null)
            {
                context.Judgments.Add(row = new JudgmentRow { KnowledgeBaseId = id, Question = asked, PassageId = passage });
            }

            (row.Relevance, row.By, row.UpdatedAt) = (judged, by?.Value, time.GetUtcNow());
        }

        await context.SaveChangesAsync(cancellationToken);
        return true;
    }

    public async Task<IReadOnlyList<JudgedQuestion>> ListAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await Own(context, workspace, id).AsNoTracking().OrderBy(row => row.UpdatedAt).ToListAsync(cancellationToken);
        return [.. rows.GroupBy(row => row.Question)
            .Select(group => new JudgedQuestion(group.Key, [.. group.Select(row => new Judgment(row.PassageId, row.Relevance))], group.Last().UpdatedAt))
            .OrderByDescending(judged => judged.UpdatedAt).ThenBy(judged => judged.Question, StringComparer.Ordinal).Take(MostQuestions)];
    }

    public async Task<bool> RemoveAsync(WorkspaceId workspace, KnowledgeBaseId id, string question, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var asked = Normalize(question);
        return await Own(context, workspace, id).Where(row => row.Question == asked).ExecuteDeleteAsync(cancellationToken) > 0;
    }

    private static IQueryable<JudgmentRow> Own(StudioDbContext context, WorkspaceId workspace, KnowledgeBaseId id) =>
        context.Judgments.Where(row => row.KnowledgeBaseId == id && context.Bases(workspace).Any(own => own.Id == id));

    private static string Normalize(string question)
    {
        var trimmed = question.Trim();
        return trimmed.Length <= JudgedQuestion.QuestionLength ? trimmed : trimmed[..JudgedQuestion.QuestionLength];
    }
}
