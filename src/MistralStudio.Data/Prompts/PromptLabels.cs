using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;
using MistralStudio.Data.Audit;

namespace MistralStudio.Data.Prompts;

/// <summary>Labels of prompts: each stands on one version, and its moves are told to whoever did not see them.</summary>
internal sealed class PromptLabels(IDbContextFactory<StudioDbContext> contexts, PromptUses uses, TimeProvider time)
{
    public async Task<Result<PromptLabel>> MoveAsync(
        WorkspaceId workspace, PromptId id, string label, int version, long? revision, UserId by, CancellationToken cancellationToken)
    {
        if (!PromptLabel.IsName(label))
        {
            return PromptStoreErrors.LabelName(label);
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await context.Prompts.FirstOrDefaultAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken) is not { } prompt)
        {
            return PromptStoreErrors.NotFound();
        }

        var standing = await context.PromptLabels.FirstOrDefaultAsync(row => row.PromptId == id && row.Name == label, cancellationToken);
        if (standing?.Revision != revision)
        {
            return standing is null ? PromptStoreErrors.LabelGone(label) : PromptStoreErrors.LabelMoved((await ReadAsync(context, id, label, cancellationToken))!);
        }

        if (!await context.PromptVersions.AnyAsync(row => row.PromptId == id && row.Number == version, cancellationToken))
        {
            return PromptStoreErrors.NoVersion(prompt.Slug, string.Create(CultureInfo.InvariantCulture, $"{version}"), []);
        }

        var before = standing?.Version;
        if (standing is null)
        {
            standing = new PromptLabelRow { PromptId = id, Name = label };
            context.PromptLabels.Add(standing);
        }

        (standing.Version, standing.Revision, standing.MovedBy, standing.MovedAt) = (version, ++prompt.LabelMoves, by.Value, time.GetUtcNow());
        var detail = before is null ? $"{label}: {version}" : $"{label}: {before} > {version}";
        await AuditTrail.AppendAsync(context, workspace, by, "prompt.label_moved", prompt.Slug, detail, time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (await ReadAsync(context, id, label, cancellationToken))!;
    }

    public async Task<Result<Unit>> RemoveAsync(WorkspaceId workspace, PromptId id, string label, long revision, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await context.Prompts.FirstOrDefaultAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken) is not { } prompt)
        {
            return PromptStoreErrors.NotFound();
        }

        if (await ReadAsync(context, id, label, cancellationToken) is not { } standing)
        {
            return PromptStoreErrors.LabelGone(label);
        }

        if (standing.Revision != revision)
        {
            return PromptStoreErrors.LabelMoved(standing);
        }

        var followers = await uses.FollowersAsync(context, prompt, label, cancellationToken);
        if (followers.Count > 0)
        {
            return PromptStoreErrors.LabelInUse(label, followers);
        }

        prompt.LabelMoves++;
        await context.PromptLabels.Where(row => row.PromptId == id && row.Name == label).ExecuteDeleteAsync(cancellationToken);
        await AuditTrail.AppendAsync(context, workspace, by, "prompt.label_removed", prompt.Slug, $"{label}: {standing.Version}", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return default(Unit);
    }

    /// <summary>Labels with the names of those who moved them, by name.</summary>
    public static async Task<IReadOnlyList<(PromptId Prompt, PromptLabel Label)>> ReadAsync(
        StudioDbContext context, IQueryable<PromptLabelRow> rows, CancellationToken cancellationToken)
    {
        var read = await rows.AsNoTracking().OrderBy(row => row.Name)
            .Select(row => new { Row = row, By = context.Users.Where(user => user.Id == row.MovedBy).Select(user => user.DisplayName).FirstOrDefault() })
            .ToListAsync(cancellationToken);
        return [.. read.Select(found => (found.Row.PromptId, new PromptLabel(
            found.Row.Name, found.Row.Version, found.Row.Revision, UserId.From(found.Row.MovedBy), found.By ?? "", found.Row.MovedAt)))];
    }

    private static async Task<PromptLabel?> ReadAsync(StudioDbContext context, PromptId id, string label, CancellationToken cancellationToken) =>
        (await ReadAsync(context, context.PromptLabels.Where(row => row.PromptId == id && row.Name == label), cancellationToken)).Select(found => found.Label).FirstOrDefault();
}
