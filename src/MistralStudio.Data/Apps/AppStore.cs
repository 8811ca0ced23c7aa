using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Data.Audit;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Apps;

/// <inheritdoc cref="IAppStore"/>
internal sealed class AppStore(IDbContextFactory<StudioDbContext> contexts, ShareLinks links, TimeProvider time) : IAppStore
{
    private const int MaxNameLength = 80;

    public async Task<Result<App>> CreateAsync(
        WorkspaceId workspace, string name, AppDefinition draft, UserId createdBy, CancellationToken cancellationToken)
    {
        name = name.Trim();
        if (name.Length is 0 or > MaxNameLength)
        {
            return AppErrors.NameEmpty();
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var slug = Slug.Of(name, "app");
        var taken = await context.Apps.Where(row => row.Slug.StartsWith(slug)).Select(row => row.Slug).ToListAsync(cancellationToken);
        var now = time.GetUtcNow();
        var app = new AppRow
        {
            Id = AppId.New(),
            WorkspaceId = workspace,
            Slug = Slug.Free(slug, taken.ToHashSet(StringComparer.Ordinal)),
            Name = name,
            NormalizedName = ListQuery.Normalize(name),
            Draft = StudioJson.Write(draft, StudioJson.Default.AppDefinition),
            Revision = 1,
            CreatedAt = now,
            UpdatedAt = now,
            CreatedBy = createdBy.Value,
        };
        context.Apps.Add(app);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ToApp(app, null);
    }

    public async Task<Listing<App>> ListAsync(WorkspaceId workspace, string? search, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = context.Apps.AsNoTracking().Where(row => row.WorkspaceId == workspace);
        if (ListQuery.Pattern(search) is { } pattern)
        {
            rows = rows.Where(row => EF.Functions.Like(row.NormalizedName, pattern, "\\"));
        }

        var cursor = Cursor.Parse(after);
        limit = ListQuery.Limit(limit);
        rows = rows.Where(row => row.UpdatedAt <= cursor.Instant).OrderByDescending(row => row.UpdatedAt).ThenByDescending(row => row.Id);
        var read = await WithPublished(context, rows.Skip(cursor.Skip).Take(limit + 1)).ToListAsync(cancellationToken);
        return cursor.Page([.. read.Select(found => ToApp(found.App, found.Published))], limit, item => item.UpdatedAt);
    }

    public async Task<App?> FindAsync(WorkspaceId workspace, AppId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await FindAsync(context, workspace, id, cancellationToken);
    }

    public async Task<Result<App>> SaveDraftAsync(
        WorkspaceId workspace, AppId id, long revision, string name, AppDefinition draft, CancellationToken cancellationToken)
    {
        name = name.Trim();
        if (name.Length is 0 or > MaxNameLength)
        {
            return AppErrors.NameEmpty();
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var json = StudioJson.Write(draft, StudioJson.Default.AppDefinition);
        var normalized = ListQuery.Normalize(name);
        var now = time.GetUtcNow();
        var saved = await context.Apps.Where(row => row.Id == id && row.WorkspaceId == workspace && row.Revision == revision).ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.Name, name)
                .SetProperty(row => row.NormalizedName, normalized)
                .SetProperty(row => row.Draft, json)
                .SetProperty(row => row.Revision, revision + 1)
                .SetProperty(row => row.UpdatedAt, now),
            cancellationToken);
        var app = await FindAsync(context, workspace, id, cancellationToken);
        return (saved, app) switch
        {
            (_, null) => AppErrors.NotFound(),
            (0, _) => AppErrors.Conflict(),
            _ => app,
        };
    }

    public async Task<Result<AppVersion>> PublishAsync(WorkspaceId workspace, AppId id, UserId publishedBy, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var app = await context.Apps.FirstOrDefaultAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken);
        if (app is null)
        {
            return AppErrors.NotFound();
        }

        var version = new AppVersionRow
        {
            AppId = id,
            Number = (app.PublishedVersion ?? 0) + 1,
            Name = app.Name,
            Definition = app.Draft,
            Hash = StudioJson.Hash(app.Draft),
            PublishedBy = publishedBy.Value,
            PublishedAt = time.GetUtcNow(),
        };
        context.AppVersions.Add(version);
        app.PublishedVersion = version.Number;
        app.Revision++;
        app.UpdatedAt = version.PublishedAt;
        await AuditTrail.AppendAsync(context, workspace, publishedBy, "app.published", app.Slug, $"{version.Number}", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ToVersion(app, version);
    }

    public async Task<Listing<AppVersion>?> ListVersionsAsync(WorkspaceId workspace, AppId id, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var app = await context.Apps.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken);
        if (app is null)
        {
            return null;
        }

        var cursor = Cursor.Parse(after);
        limit = ListQuery.Limit(limit);
        var rows = context.AppVersions.AsNoTracking().Where(row => row.AppId == id && row.PublishedAt <= cursor.Instant)
            .OrderByDescending(row => row.PublishedAt).ThenByDescending(row => row.Number);
        var read = await rows.Skip(cursor.Skip).Take(limit + 1).ToListAsync(cancellationToken);
        return cursor.Page([.. read.Select(version => ToVersion(app, version))], limit, version => version.PublishedAt);
    }

    public async Task<Result<Unit>> CheckPublisherAsync(AppVersion version, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var role = await context.Memberships
            .Where(row => row.WorkspaceId == version.Workspace && row.UserId == version.PublishedBy.Value && row.SuspendedAt == null)
            .Select(row => (Role?)row.Role).FirstOrDefaultAsync(cancellationToken);
        var holds = role is { } present && RolePermissions.Grants(present, Permissions.ModelsUse)
            && (version.Definition.Knowledge.Count == 0 || RolePermissions.Grants(present, Permissions.KnowledgeSearch));
        return holds ? default(Unit) : AppErrors.PublisherGone();
    }

    public async Task<bool> DeleteAsync(WorkspaceId workspace, AppId id, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var app = context.Apps.Where(row => row.Id == id && row.WorkspaceId == workspace);
        if (await app.Select(row => row.Slug).FirstOrDefaultAsync(cancellationToken) is not { } slug)
        {
            return false;
        }

        await app.ExecuteDeleteAsync(cancellationToken);
        await AuditTrail.AppendAsync(context, workspace, by, "app.deleted", slug, "", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public async Task<AppVersion?> FindPublishedAsync(string slug, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.Apps.AsNoTracking().Where(row => row.Slug == slug)
            .Join(context.AppVersions, row => new { row.Id, Number = row.PublishedVersion }, version => new { Id = version.AppId, Number = (int?)version.Number }, (row, version) => new { row, version })
            .FirstOrDefaultAsync(cancellationToken);
        return found is null ? null : ToVersion(found.row, found.version);
    }

    public Task<ShareLink?> FindLinkAsync(WorkspaceId workspace, AppId id, CancellationToken cancellationToken) =>
        links.FindAsync(workspace, id, cancellationToken);

    public Task<IReadOnlyList<ShareLink>> ListLinksAsync(WorkspaceId workspace, CancellationToken cancellationToken) => links.ListAsync(workspace, cancellationToken);

    public Task<Result<(ShareLink Link, string Token)>> RotateLinkAsync(WorkspaceId workspace, AppId id, UserId by, CancellationToken cancellationToken) =>
        links.RotateAsync(workspace, id, by, cancellationToken);

    public Task<bool> RevokeLinkAsync(WorkspaceId workspace, AppId id, UserId? by, CancellationToken cancellationToken) =>
        links.RevokeAsync(workspace, id, by, cancellationToken);

    public Task<(ShareLink Link, AppVersion Version)?> OpenLinkAsync(string token, CancellationToken cancellationToken) =>
        links.OpenAsync(token, cancellationToken);

    public Task<Result<Unit>> TakeAnswerAsync(ShareLinkId link, string address, CancellationToken cancellationToken) =>
        links.TakeAnswerAsync(link, address, cancellationToken);

    internal static AppVersion ToVersion(AppRow app, AppVersionRow version) => new(
        app.Id,
        app.WorkspaceId,
        app.Slug,
        version.Name,
        version.Number,
        StudioJson.Read(version.Definition, StudioJson.Default.AppDefinition),
        version.Hash,
        new UserId(version.PublishedBy),
        version.PublishedAt);

    private static async Task<App?> FindAsync(StudioDbContext context, WorkspaceId workspace, AppId id, CancellationToken cancellationToken)
    {
        var found = await WithPublished(context, context.Apps.AsNoTracking().Where(row => row.Id == id && row.WorkspaceId == workspace))
            .FirstOrDefaultAsync(cancellationToken);
        return found is null ? null : ToApp(found.App, found.Published);
    }

    private static IQueryable<AppAndPublished> WithPublished(StudioDbContext context, IQueryable<AppRow> rows) => rows.Select(row => new AppAndPublished(
        row, context.AppVersions.FirstOrDefault(version => version.AppId == row.Id && version.Number == row.PublishedVersion)));

    private static App ToApp(AppRow row, AppVersionRow? published) => new(
        row.Id,
        row.WorkspaceId,
        row.Slug,
        row.Name,
        StudioJson.Read(row.Draft, StudioJson.Default.AppDefinition),
        row.Revision,
        row.PublishedVersion,
        published is null || published.Definition != row.Draft || published.Name != row.Name,
        row.CreatedAt,
        row.UpdatedAt);

    private sealed record AppAndPublished(AppRow App, AppVersionRow? Published);
}
