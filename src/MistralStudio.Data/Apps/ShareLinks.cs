using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Audit;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Apps;

/// <summary>Links to published apps for people without an account, and how many answers each has left.</summary>
internal sealed class ShareLinks(IDbContextFactory<StudioDbContext> contexts, TimeProvider time)
{
    private const int DefaultAnswersPerHour = 60;
    private const int DefaultAnswersPerDay = 1000;
    private static readonly TimeSpan s_life = TimeSpan.FromDays(30);

    public async Task<ShareLink?> FindAsync(WorkspaceId workspace, AppId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        var row = await Of(context, workspace, id).AsNoTracking().Where(link => link.RevokedAt == null && link.ExpiresAt > now)
            .OrderByDescending(link => link.CreatedAt).FirstOrDefaultAsync(cancellationToken);
        return row is null ? null : ToLink(row);
    }

    public async Task<IReadOnlyList<ShareLink>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        var rows = await context.ShareLinks.AsNoTracking()
            .Where(link => link.RevokedAt == null && link.ExpiresAt > now && context.Apps.Any(app => app.Id == link.AppId && app.WorkspaceId == workspace))
            .ToListAsync(cancellationToken);
        return [.. rows.Select(ToLink)];
    }

    public async Task<Result<(ShareLink Link, string Token)>> RotateAsync(WorkspaceId workspace, AppId id, UserId by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var app = await context.Apps.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken);
        if (app is null)
        {
            return AppErrors.NotFound();
        }

        if (app.PublishedVersion is null)
        {
            return AppErrors.NotPublished();
        }

        await EndAllAsync(context, workspace, id, cancellationToken);
        var token = Token.NewLink();
        var now = time.GetUtcNow();
        var row = new ShareLinkRow
        {
            Id = ShareLinkId.New(),
            AppId = id,
            TokenHash = Token.Hash(token),
            CreatedBy = by.Value,
            CreatedAt = now,
            ExpiresAt = now + s_life,
            AnswersPerHour = DefaultAnswersPerHour,
            AnswersPerDay = DefaultAnswersPerDay,
        };
        context.ShareLinks.Add(row);
        await AuditTrail.AppendAsync(context, workspace, by, "link.created", app.Slug, "", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (ToLink(row), token);
    }

    public async Task<bool> RevokeAsync(WorkspaceId workspace, AppId id, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await EndAllAsync(context, workspace, id, cancellationToken) == 0)
        {
            return false;
        }

        var slug = await context.Apps.Where(app => app.Id == id).Select(app => app.Slug).FirstAsync(cancellationToken);
        await AuditTrail.AppendAsync(context, workspace, by, "link.revoked", slug, "", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public async Task<(ShareLink Link, AppVersion Version)?> OpenAsync(string token, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        var hash = Token.Hash(token);
        var found = await context.ShareLinks.AsNoTracking()
            .Where(link => link.TokenHash == hash && link.RevokedAt == null && link.ExpiresAt > now)
            .Join(context.Apps, link => link.AppId, app => app.Id, (link, app) => new { link, app })
            .Join(
                context.AppVersions,
                pair => new { pair.app.Id, Number = pair.app.PublishedVersion },
                version => new { Id = version.AppId, Number = (int?)version.Number },
                (pair, version) => new { pair.link, pair.app, version })
            .FirstOrDefaultAsync(cancellationToken);
        return found is null ? null : (ToLink(found.link), AppStore.ToVersion(found.app, found.version));
    }

    public async Task<Result<Unit>> TakeAnswerAsync(ShareLinkId id, string address, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var now = time.GetUtcNow();
        var link = await context.ShareLinks.AsNoTracking()
            .FirstOrDefaultAsync(row => row.Id == id && row.RevokedAt == null && row.ExpiresAt > now, cancellationToken);
        if (link is null)
        {
            return AppErrors.LinkEnded();
        }

        var day = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var hour = day.AddHours(now.UtcDateTime.Hour);
        if (!await CountAsync(context, id, day, "", link.AnswersPerDay, cancellationToken))
        {
            return AppErrors.LinkBusy("tomorrow");
        }

        // The link's own hash is the key: addresses are counted, not kept.
        var visitor = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(link.TokenHash), Encoding.UTF8.GetBytes(address)));
        if (!await CountAsync(context, id, hour, visitor, link.AnswersPerHour, cancellationToken))
        {
            return AppErrors.LinkBusy("within the hour");
        }

        await context.ShareLinkUsages.Where(row => row.LinkId == id && row.Window < day).ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return default(Unit);
    }

    private static async Task<bool> CountAsync(
        StudioDbContext context, ShareLinkId link, DateTimeOffset window, string address, int limit, CancellationToken cancellationToken)
    {
        var counted = context.ShareLinkUsages.Where(row => row.LinkId == link && row.Window == window && row.Address == address);
        if (await counted.Where(row => row.Answers < limit)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Answers, row => row.Answers + 1), cancellationToken) > 0)
        {
            return true;
        }

        if (limit < 1 || await counted.AnyAsync(cancellationToken))
        {
            return false;
        }

        context.ShareLinkUsages.Add(new ShareLinkUsageRow { LinkId = link, Window = window, Address = address, Answers = 1 });
        await context.SaveChangesAsync(cancellationToken);
        return true;
    }

    private static IQueryable<ShareLinkRow> Of(StudioDbContext context, WorkspaceId workspace, AppId id) => context.ShareLinks
        .Where(link => link.AppId == id && context.Apps.Any(app => app.Id == id && app.WorkspaceId == workspace));

    private static ShareLink ToLink(ShareLinkRow row) =>
        new(row.Id, row.AppId, row.CreatedAt, row.ExpiresAt, row.RevokedAt, row.AnswersPerHour, row.AnswersPerDay);

    private async Task<int> EndAllAsync(StudioDbContext context, WorkspaceId workspace, AppId id, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return await Of(context, workspace, id).Where(link => link.RevokedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(link => link.RevokedAt, now), cancellationToken);
    }
}
