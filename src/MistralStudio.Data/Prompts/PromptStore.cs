using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Data.Audit;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Prompts;

/// <inheritdoc cref="IPromptStore"/>
internal sealed class PromptStore(IDbContextFactory<StudioDbContext> contexts, PromptLabels labels, PromptUses uses, PromptImages images, TimeProvider time) : IPromptStore
{
    public Task<Result<Prompt>> CreateAsync(
        WorkspaceId workspace, PromptForm form, PromptContent content, string message, UserId by, CancellationToken cancellationToken) =>
        CreateAsync(workspace, form, content, message, parent: null, by, cancellationToken);

    public async Task<Listing<Prompt>> ListAsync(WorkspaceId workspace, PromptFilter filter, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = context.Prompts.AsNoTracking().Where(row => row.WorkspaceId == workspace && row.IsArchived == filter.IsArchived);
        if (ListQuery.Pattern(filter.Search) is { } pattern)
        {
            rows = rows.Where(row => EF.Functions.Like(row.SearchText, pattern, "\\"));
        }

        if (filter.Folder is { } folder)
        {
            var below = $"{folder}/";
            rows = rows.Where(row => row.Folder == folder || row.Folder.StartsWith(below));
        }

        if (filter.Tag is { } tag)
        {
            var line = $"\n{tag}\n";
            rows = rows.Where(row => row.Tags.Contains(line));
        }

        if (filter.Label is { } label)
        {
            rows = rows.Where(row => context.PromptLabels.Any(found => found.PromptId == row.Id && found.Name == label));
        }

        var cursor = Cursor.Parse(after);
        limit = ListQuery.Limit(limit);
        var read = await rows.Where(row => row.UpdatedAt <= cursor.Instant).OrderByDescending(row => row.UpdatedAt).ThenByDescending(row => row.Id)
            .Skip(cursor.Skip).Take(limit + 1).ToListAsync(cancellationToken);
        return cursor.Page([.. await WithVersionsAsync(context, read, cancellationToken)], limit, prompt => prompt.UpdatedAt);
    }

    public async Task<PromptShelves> ListShelvesAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var mine = context.Prompts.AsNoTracking().Where(row => row.WorkspaceId == workspace);
        var rows = await mine.Where(row => !row.IsArchived).Select(row => new { row.Folder, row.Tags }).ToListAsync(cancellationToken);
        var labelled = await mine.Where(row => !row.IsArchived).Join(context.PromptLabels, row => row.Id, label => label.PromptId, (_, label) => label.Name)
            .GroupBy(name => name).Select(group => new { group.Key, Count = group.Count() }).ToListAsync(cancellationToken);
        return new(
            rows.Count,
            await mine.CountAsync(row => row.IsArchived, cancellationToken),
            Groups(rows.Select(row => row.Folder).Where(folder => folder.Length > 0)),
            Groups(rows.SelectMany(row => row.Tags.Split('\n', StringSplitOptions.RemoveEmptyEntries))),
            [.. labelled.Select(group => new PromptGroup(group.Key, group.Count)).OrderBy(group => group.Name, StringComparer.Ordinal)]);
    }

    public Task<Prompt?> FindAsync(WorkspaceId workspace, PromptId id, CancellationToken cancellationToken) =>
        FindAsync(rows => rows.Where(row => row.Id == id && row.WorkspaceId == workspace), cancellationToken);

    public Task<Prompt?> FindAsync(WorkspaceId workspace, string slug, CancellationToken cancellationToken) =>
        FindAsync(rows => rows.Where(row => row.Slug == slug && row.WorkspaceId == workspace), cancellationToken);

    public async Task<Result<Prompt>> SaveFormAsync(WorkspaceId workspace, PromptId id, long revision, PromptForm form, CancellationToken cancellationToken)
    {
        var tidy = PromptForms.Tidy(form);
        if (!tidy.IsSuccess)
        {
            return tidy.Error;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await context.Prompts.FirstOrDefaultAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken) is not { } prompt)
        {
            return PromptStoreErrors.NotFound();
        }

        if (prompt.Revision != revision)
        {
            return PromptStoreErrors.Conflict();
        }

        var latest = await context.PromptVersions.AsNoTracking().FirstAsync(row => row.PromptId == id && row.Number == prompt.LatestVersion, cancellationToken);
        PromptForms.Write(prompt, tidy.Value, PromptVersions.Content(latest));
        prompt.Revision++;
        prompt.UpdatedAt = time.GetUtcNow();
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (await WithVersionsAsync(context, [prompt], cancellationToken))[0];
    }

    public async Task<Result<PromptVersion>> AddVersionAsync(
        WorkspaceId workspace, PromptId id, PromptContent content, string message, int? parent, UserId by, CancellationToken cancellationToken)
    {
        if (PromptRules.Check(content) is { } broken)
        {
            return broken;
        }

        message = message.Trim();
        if (message.Length > PromptForms.MaxMessage)
        {
            return PromptStoreErrors.MessageLong(PromptForms.MaxMessage);
        }

        if (content.Attached.Count > 0 && await FindAsync(workspace, id, cancellationToken) is null)
        {
            return PromptStoreErrors.NotFound();
        }

        return await KeepAsync(workspace, id, content, () => InsertVersionAsync(workspace, id, content, message, parent, by, cancellationToken), cancellationToken);
    }

    private async Task<Result<PromptVersion>> InsertVersionAsync(
        WorkspaceId workspace, PromptId id, PromptContent content, string message, int? parent, UserId by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await context.Prompts.FirstOrDefaultAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken) is not { } prompt)
        {
            return PromptStoreErrors.NotFound();
        }

        var hash = PromptJson.Hash(content);
        if (await context.PromptVersions.AsNoTracking().FirstOrDefaultAsync(row => row.PromptId == id && row.Number == prompt.LatestVersion && row.Hash == hash, cancellationToken) is { } same)
        {
            return PromptVersions.ToVersion(same);
        }

        if (await PromptImages.ShareAsync(context, workspace, id, content, by, cancellationToken) is { } gone)
        {
            return gone;
        }

        var version = PromptVersions.New(prompt, content, message, parent is { } number ? new(prompt.Slug, number) : null, by, time.GetUtcNow());
        context.PromptVersions.Add(version);
        PromptForms.Write(prompt, PromptForms.Read(prompt), content);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return PromptVersions.ToVersion(version);
    }

    public async Task<Result<PromptVersion>> RestoreAsync(WorkspaceId workspace, PromptId id, int number, string message, UserId by, CancellationToken cancellationToken)
    {
        var old = await FindVersionAsync(workspace, id, number, cancellationToken);
        return old.IsSuccess ? await AddVersionAsync(workspace, id, old.Value.Content, message, number, by, cancellationToken) : old.Error;
    }

    public async Task<Result<Prompt>> ForkAsync(WorkspaceId workspace, PromptId id, int number, PromptForm form, UserId by, CancellationToken cancellationToken)
    {
        var old = await FindVersionAsync(workspace, id, number, cancellationToken);
        return old.IsSuccess
            ? await CreateAsync(workspace, form, old.Value.Content, old.Value.Version.Message, new(old.Value.Slug, number), by, cancellationToken)
            : old.Error;
    }

    public async Task<Listing<PromptVersion>?> ListVersionsAsync(WorkspaceId workspace, PromptId id, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await context.Prompts.AnyAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken))
        {
            return null;
        }

        var before = int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;
        limit = ListQuery.Limit(limit);
        var rows = await PromptVersions.Heads(context.PromptVersions.Where(row => row.PromptId == id && row.Number < before))
            .OrderByDescending(row => row.Number).Take(limit + 1).ToListAsync(cancellationToken);
        return new Listing<PromptVersion>([.. rows.Take(limit).Select(head => head.ToVersion())], rows.Count > limit ? string.Create(CultureInfo.InvariantCulture, $"{rows[limit - 1].Number}") : null);
    }

    public async Task<PromptText?> ReadAsync(WorkspaceId workspace, PromptId id, int? number, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.Prompts.AsNoTracking().Where(row => row.Id == id && row.WorkspaceId == workspace)
            .Join(context.PromptVersions, row => row.Id, version => version.PromptId, (row, version) => new { row, version })
            .FirstOrDefaultAsync(pair => pair.version.Number == (number ?? pair.row.LatestVersion), cancellationToken);
        return found is null ? null : PromptVersions.ToText(found.row, found.version);
    }

    public async Task<Result<PromptText>> ResolveAsync(WorkspaceId workspace, string slug, string? detail, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await context.Prompts.AsNoTracking().FirstOrDefaultAsync(row => row.Slug == slug && row.WorkspaceId == workspace, cancellationToken) is not { } prompt)
        {
            return PromptStoreErrors.NotFound();
        }

        int? number = detail switch
        {
            null or PromptLabel.Latest => prompt.LatestVersion,
            _ when int.TryParse(detail, NumberStyles.None, CultureInfo.InvariantCulture, out var named) => named,
            _ => await context.PromptLabels.Where(row => row.PromptId == prompt.Id && row.Name == detail).Select(row => (int?)row.Version).FirstOrDefaultAsync(cancellationToken),
        };
        if (number is not null && await context.PromptVersions.AsNoTracking().FirstOrDefaultAsync(row => row.PromptId == prompt.Id && row.Number == number, cancellationToken) is { } version)
        {
            return PromptVersions.ToText(prompt, version);
        }

        var known = await context.PromptLabels.Where(row => row.PromptId == prompt.Id).OrderBy(row => row.Name).Select(row => row.Name).Take(20).ToListAsync(cancellationToken);
        return PromptStoreErrors.NoVersion(slug, detail ?? PromptLabel.Latest, known);
    }

    public Task<Result<PromptLabel>> MoveLabelAsync(
        WorkspaceId workspace, PromptId id, string label, int version, long? revision, UserId by, CancellationToken cancellationToken) =>
        labels.MoveAsync(workspace, id, label, version, revision, by, cancellationToken);

    public Task<Result<Unit>> RemoveLabelAsync(WorkspaceId workspace, PromptId id, string label, long revision, UserId? by, CancellationToken cancellationToken) =>
        labels.RemoveAsync(workspace, id, label, revision, by, cancellationToken);

    public async Task<Result<Unit>> DeleteVersionAsync(WorkspaceId workspace, PromptId id, int number, UserId? by, CancellationToken cancellationToken)
    {
        await uses.KeepAsync(cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await context.Prompts.FirstOrDefaultAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken) is not { } prompt)
        {
            return PromptStoreErrors.NotFound();
        }

        if (!await context.PromptVersions.AnyAsync(row => row.PromptId == id && row.Number == number, cancellationToken))
        {
            return PromptStoreErrors.NoVersion(prompt.Slug, string.Create(CultureInfo.InvariantCulture, $"{number}"), []);
        }

        var next = await context.PromptVersions.Where(row => row.PromptId == id && row.Number != number).OrderByDescending(row => row.Number)
            .FirstOrDefaultAsync(cancellationToken);
        if (next is null)
        {
            return PromptStoreErrors.OnlyVersion();
        }

        var where = await uses.PlacesAsync(context, prompt, number, cancellationToken);
        if (where.Count > 0)
        {
            return PromptStoreErrors.VersionInUse(number, where);
        }

        await context.PromptVersions.Where(row => row.PromptId == id && row.Number == number).ExecuteDeleteAsync(cancellationToken);
        if (prompt.LatestVersion == number)
        {
            prompt.LatestVersion = next.Number;
            PromptForms.Write(prompt, PromptForms.Read(prompt), PromptVersions.Content(next));
        }

        prompt.UpdatedAt = time.GetUtcNow();
        await AuditTrail.AppendAsync(context, workspace, by, "prompt.version_deleted", prompt.Slug, string.Create(CultureInfo.InvariantCulture, $"{number}"), time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await images.SettleAsync(workspace, id, cancellationToken);
        return default(Unit);
    }

    public async Task<Result<Unit>> DeleteAsync(WorkspaceId workspace, PromptId id, UserId? by, CancellationToken cancellationToken)
    {
        await uses.KeepAsync(cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await context.Prompts.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken) is not { } prompt)
        {
            return PromptStoreErrors.NotFound();
        }

        var where = await uses.PlacesAsync(context, prompt, number: null, cancellationToken);
        if (where.Count > 0)
        {
            return PromptStoreErrors.InUse(where);
        }

        await context.Prompts.Where(row => row.Id == id).ExecuteDeleteAsync(cancellationToken);
        await AuditTrail.AppendAsync(context, workspace, by, "prompt.deleted", prompt.Slug, prompt.Name, time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await images.SettleAsync(workspace, id, cancellationToken);
        return default(Unit);
    }

    public async Task<Result<Unit>> CheckAuthorAsync(PromptText version, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var author = version.Version.CreatedBy?.Value;
        var role = await context.Memberships.Where(row => row.WorkspaceId == version.Workspace && row.UserId == author && row.SuspendedAt == null)
            .Select(row => (Role?)row.Role).FirstOrDefaultAsync(cancellationToken);
        return role is { } present && RolePermissions.Grants(present, Permissions.KnowledgeSearch) ? default(Unit) : PromptStoreErrors.AuthorGone();
    }

    private async Task<Result<Prompt>> CreateAsync(
        WorkspaceId workspace, PromptForm form, PromptContent content, string message, PromptParent? parent, UserId by, CancellationToken cancellationToken)
    {
        var tidy = PromptForms.Tidy(form);
        if (!tidy.IsSuccess)
        {
            return tidy.Error;
        }

        message = message.Trim();
        if (PromptRules.Check(content) is { } broken)
        {
            return broken;
        }

        if (message.Length > PromptForms.MaxMessage)
        {
            return PromptStoreErrors.MessageLong(PromptForms.MaxMessage);
        }

        var id = PromptId.New();
        return await KeepAsync(workspace, id, content, () => InsertAsync(workspace, id, tidy.Value, content, message, parent, by, cancellationToken), cancellationToken);
    }

    // Bytes are kept before what names them is committed, and dropped where it is not.
    private async Task<Result<T>> KeepAsync<T>(WorkspaceId workspace, PromptId id, PromptContent content, Func<Task<Result<T>>> insert, CancellationToken cancellationToken)
    {
        var kept = await images.PutAsync(workspace, id, content, cancellationToken) is { } full ? full : await insert();
        if (!kept.IsSuccess && content.Attached.Count > 0)
        {
            await images.SettleAsync(workspace, id, cancellationToken);
        }

        return kept;
    }

    private async Task<Result<Prompt>> InsertAsync(
        WorkspaceId workspace, PromptId id, PromptForm form, PromptContent content, string message, PromptParent? parent, UserId by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await PromptImages.ShareAsync(context, workspace, id, content, by, cancellationToken) is { } gone)
        {
            return gone;
        }

        var slug = Slug.Of(form.Name, "prompt");
        var taken = await context.Prompts.Where(row => row.WorkspaceId == workspace && row.Slug.StartsWith(slug)).Select(row => row.Slug).ToListAsync(cancellationToken);
        var now = time.GetUtcNow();
        var prompt = new PromptRow
        {
            Id = id,
            WorkspaceId = workspace,
            Slug = Slug.Free(slug, taken.ToHashSet(StringComparer.Ordinal)),
            Name = "",
            Folder = "",
            Tags = "",
            SearchText = "",
            Revision = 1,
            CreatedAt = now,
            CreatedBy = by.Value,
        };
        PromptForms.Write(prompt, form, content);
        context.Prompts.Add(prompt);
        context.PromptVersions.Add(PromptVersions.New(prompt, content, message, parent, by, now));
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (await WithVersionsAsync(context, [prompt], cancellationToken))[0];
    }

    private async Task<Result<PromptText>> FindVersionAsync(WorkspaceId workspace, PromptId id, int number, CancellationToken cancellationToken) =>
        await ReadAsync(workspace, id, number, cancellationToken) is { } found
            ? found
            : await FindAsync(workspace, id, cancellationToken) is { } prompt
                ? PromptStoreErrors.NoVersion(prompt.Slug, string.Create(CultureInfo.InvariantCulture, $"{number}"), [.. prompt.Labels.Select(label => label.Name)])
                : PromptStoreErrors.NotFound();

    private async Task<Prompt?> FindAsync(Func<IQueryable<PromptRow>, IQueryable<PromptRow>> which, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await which(context.Prompts.AsNoTracking()).FirstOrDefaultAsync(cancellationToken) is { } row ? (await WithVersionsAsync(context, [row], cancellationToken))[0] : null;
    }

    private static async Task<List<Prompt>> WithVersionsAsync(StudioDbContext context, List<PromptRow> rows, CancellationToken cancellationToken)
    {
        var ids = rows.ConvertAll(row => row.Id);
        var heads = await PromptVersions.Heads(context.PromptVersions.Where(version =>
                ids.Contains(version.PromptId) && context.Prompts.Any(row => row.Id == version.PromptId && row.LatestVersion == version.Number)))
            .ToDictionaryAsync(head => head.Prompt, cancellationToken);
        var standing = (await PromptLabels.ReadAsync(context, context.PromptLabels.Where(label => ids.Contains(label.PromptId)), cancellationToken))
            .ToLookup(found => found.Prompt, found => found.Label);
        return rows.ConvertAll(row => new Prompt(
            row.Id, row.WorkspaceId, row.Slug, PromptForms.Read(row), row.Revision, heads[row.Id].ToVersion(), [.. standing[row.Id]], row.CreatedAt, row.UpdatedAt));
    }

    private static IReadOnlyList<PromptGroup> Groups(IEnumerable<string> names) =>
        [.. names.GroupBy(name => name, StringComparer.Ordinal).Select(group => new PromptGroup(group.Key, group.Count())).OrderBy(group => group.Name, StringComparer.OrdinalIgnoreCase)];
}
