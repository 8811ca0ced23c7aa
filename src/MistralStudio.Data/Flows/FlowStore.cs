using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Audit;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Flows;

/// <inheritdoc cref="IFlowStore"/>
internal sealed class FlowStore(IDbContextFactory<StudioDbContext> contexts, IBlobStore blobs, TimeProvider time) : IFlowStore, IFlowVersions
{
    private const int MaxNameLength = 80;

    public async Task<Result<Flow>> CreateAsync(WorkspaceId workspace, string name, string draft, UserId createdBy, CancellationToken cancellationToken)
    {
        name = name.Trim();
        if (name.Length is 0 or > MaxNameLength)
        {
            return FlowStoreErrors.NameWrong(MaxNameLength);
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var slug = Slug.Of(name, "flow");
        var taken = await context.Flows.Where(row => row.WorkspaceId == workspace && row.Slug.StartsWith(slug)).Select(row => row.Slug).ToListAsync(cancellationToken);
        var now = time.GetUtcNow();
        var flow = new FlowRow
        {
            Id = FlowId.New(),
            WorkspaceId = workspace,
            Slug = Slug.Free(slug, taken.ToHashSet(StringComparer.Ordinal)),
            Name = name,
            NormalizedName = ListQuery.Normalize(name),
            Draft = draft,
            Revision = 1,
            CreatedAt = now,
            UpdatedAt = now,
            CreatedBy = createdBy.Value,
        };
        context.Flows.Add(flow);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ToFlow(flow);
    }

    public async Task<Listing<Flow>> ListAsync(WorkspaceId workspace, string? search, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = context.Flows.AsNoTracking().Where(row => row.WorkspaceId == workspace);
        if (ListQuery.Pattern(search) is { } pattern)
        {
            rows = rows.Where(row => EF.Functions.Like(row.NormalizedName, pattern, "\\"));
        }

        var cursor = Cursor.Parse(after);
        limit = ListQuery.Limit(limit);
        var read = await rows.Where(row => row.UpdatedAt <= cursor.Instant).OrderByDescending(row => row.UpdatedAt).ThenByDescending(row => row.Id)
            .Skip(cursor.Skip).Take(limit + 1).ToListAsync(cancellationToken);
        return cursor.Page([.. read.Select(ToFlow)], limit, item => item.UpdatedAt);
    }

    public async Task<Flow?> FindAsync(WorkspaceId workspace, FlowId id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await FindAsync(context, workspace, id, cancellationToken);
    }

    public async Task<Result<Flow>> SaveDraftAsync(
        WorkspaceId workspace, FlowId id, long revision, string name, string draft, CancellationToken cancellationToken)
    {
        name = name.Trim();
        if (name.Length is 0 or > MaxNameLength)
        {
            return FlowStoreErrors.NameWrong(MaxNameLength);
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var (normalized, now) = (ListQuery.Normalize(name), time.GetUtcNow());
        var saved = await context.Flows.Where(row => row.Id == id && row.WorkspaceId == workspace && row.Revision == revision).ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.Name, name)
                .SetProperty(row => row.NormalizedName, normalized)
                .SetProperty(row => row.Draft, draft)
                .SetProperty(row => row.Revision, revision + 1)
                .SetProperty(row => row.UpdatedAt, now),
            cancellationToken);
        return (saved, await FindAsync(context, workspace, id, cancellationToken)) switch
        {
            (_, null) => FlowStoreErrors.NotFound(),
            (0, _) => FlowStoreErrors.Conflict(),
            (_, { } flow) => flow,
        };
    }

    public async Task<Result<PublishedFlow>> PublishAsync(
        WorkspaceId workspace, FlowId id, long revision, string canonical, string hash, string message, IReadOnlyList<PlannedSchedule> schedules, UserId publishedBy,
        CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var flow = await context.Flows.FirstOrDefaultAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken);
        if (flow is null)
        {
            return FlowStoreErrors.NotFound();
        }

        if (flow.Revision != revision)
        {
            return FlowStoreErrors.Conflict();
        }

        if (flow.PublishedVersion is { } latest && await context.FlowVersions.AsNoTracking()
            .FirstOrDefaultAsync(row => row.FlowId == id && row.Number == latest && row.Hash == hash, cancellationToken) is { } same)
        {
            return ToPublished(same);
        }

        await AddDefinitionAsync(context, id, canonical, hash, cancellationToken);
        var version = new FlowVersionRow
        {
            FlowId = id,
            Number = (flow.PublishedVersion ?? 0) + 1,
            Hash = hash,
            Message = message.Trim(),
            PublishedBy = publishedBy.Value,
            PublishedAt = time.GetUtcNow(),
        };
        context.FlowVersions.Add(version);
        await context.FlowSchedules.Where(row => row.FlowId == id).ExecuteDeleteAsync(cancellationToken);
        context.FlowSchedules.AddRange(schedules.Select(one => new FlowScheduleRow { FlowId = id, Node = one.Node, Cron = one.Cron, TimeZone = one.TimeZone, NextAt = one.NextAt }));
        flow.PublishedVersion = version.Number;
        flow.Revision++;
        flow.UpdatedAt = version.PublishedAt;
        await AuditTrail.AppendAsync(context, workspace, publishedBy, "flow.published", flow.Slug, $"{version.Number}", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ToPublished(version);
    }

    public async Task<bool> KeepAsync(WorkspaceId workspace, FlowId id, string canonical, string hash, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await context.Flows.AnyAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken))
        {
            return false;
        }

        await AddDefinitionAsync(context, id, canonical, hash, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public async Task<Listing<PublishedFlow>?> ListVersionsAsync(WorkspaceId workspace, FlowId id, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await context.Flows.AnyAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken))
        {
            return null;
        }

        var before = int.TryParse(after, out var number) ? number : int.MaxValue;
        limit = ListQuery.Limit(limit);
        var rows = await context.FlowVersions.AsNoTracking().Where(row => row.FlowId == id && row.Number < before)
            .OrderByDescending(row => row.Number).Take(limit + 1).ToListAsync(cancellationToken);
        return new Listing<PublishedFlow>([.. rows.Take(limit).Select(ToPublished)], rows.Count > limit ? $"{rows[limit - 1].Number}" : null);
    }

    public async Task<Result<Unit>> DeleteAsync(WorkspaceId workspace, FlowId id, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var flow = context.Flows.Where(row => row.Id == id && row.WorkspaceId == workspace);
        if (await flow.Select(row => row.Slug).FirstOrDefaultAsync(cancellationToken) is not { } slug)
        {
            return FlowStoreErrors.NotFound();
        }

        var unfinished = await context.Runs.CountAsync(
            row => row.FlowId == id && (row.Status == RunStatus.Running || row.Status == RunStatus.Suspended || row.Status == RunStatus.Uncertain), cancellationToken);
        if (unfinished > 0)
        {
            return FlowStoreErrors.HasRuns(unfinished);
        }

        var where = await FlowUses.PlacesAsync(context, workspace, id, slug, cancellationToken);
        if (where.Count > 0)
        {
            return FlowStoreErrors.InUse(where);
        }

        var owners = (await context.Runs.Where(row => row.FlowId == id).Select(row => row.Id).ToListAsync(cancellationToken)).ConvertAll(FlowValue.OwnerOf).ToHashSet(StringComparer.Ordinal);
        await flow.ExecuteDeleteAsync(cancellationToken);
        await AuditTrail.AppendAsync(context, workspace, by, "flow.deleted", slug, "", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await ReleaseAsync(context, workspace, owners, cancellationToken);
        return default(Unit);
    }

    // The long values of the runs that went: after their commit, so that none is missing where it was not deleted after all.
    private async Task ReleaseAsync(StudioDbContext context, WorkspaceId workspace, HashSet<string> owners, CancellationToken cancellationToken)
    {
        var kept = await context.BlobReferences.AsNoTracking().Where(row => row.WorkspaceId == workspace && row.Owner.StartsWith(FlowValue.OwnerPrefix))
            .Select(row => new { row.Sha256, row.Owner }).ToListAsync(cancellationToken);
        foreach (var reference in kept.Where(reference => owners.Contains(reference.Owner)))
        {
            await blobs.ReleaseAsync(workspace, reference.Sha256, reference.Owner, cancellationToken);
        }
    }

    public async ValueTask<FlowVersion?> FindAsync(WorkspaceId workspace, string hash, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Versions(context, workspace).Where(found => found.Hash == hash).OrderByDescending(found => found.Number)
            .Select(found => new FlowVersion(found.Flow, found.Hash, found.Number, found.Json) { PublishedBy = found.By == null ? null : UserId.From(found.By.Value) }).FirstOrDefaultAsync(cancellationToken);
    }

    public async ValueTask<FlowVersion?> FindAsync(WorkspaceId workspace, string slug, int? number, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Versions(context, workspace).Where(found => found.Slug == slug && found.Number != null && (number == null ? found.Number == found.Latest : found.Number == number))
            .Select(found => new FlowVersion(found.Flow, found.Hash, found.Number, found.Json) { PublishedBy = found.By == null ? null : UserId.From(found.By.Value) }).FirstOrDefaultAsync(cancellationToken);
    }

    private static IQueryable<FoundVersion> Versions(StudioDbContext context, WorkspaceId workspace) =>
        from definition in context.FlowDefinitions.AsNoTracking()
        join flow in context.Flows.AsNoTracking() on definition.FlowId equals flow.Id
        join version in context.FlowVersions.AsNoTracking() on new { definition.FlowId, definition.Hash } equals new { version.FlowId, version.Hash } into published
        from version in published.DefaultIfEmpty()
        where flow.WorkspaceId == workspace
        select new FoundVersion
        {
            Flow = flow.Id, Slug = flow.Slug, Latest = flow.PublishedVersion, Hash = definition.Hash, Number = version == null ? null : version.Number, Json = definition.Json,
            By = version == null ? null : version.PublishedBy,
        };

    private static async Task AddDefinitionAsync(StudioDbContext context, FlowId id, string canonical, string hash, CancellationToken cancellationToken)
    {
        if (!await context.FlowDefinitions.AnyAsync(row => row.FlowId == id && row.Hash == hash, cancellationToken))
        {
            context.FlowDefinitions.Add(new FlowDefinitionRow { FlowId = id, Hash = hash, Json = canonical });
        }
    }

    private static async Task<Flow?> FindAsync(StudioDbContext context, WorkspaceId workspace, FlowId id, CancellationToken cancellationToken) =>
        await context.Flows.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id && row.WorkspaceId == workspace, cancellationToken) is { } row ? ToFlow(row) : null;

    private static Flow ToFlow(FlowRow row) => new(
        row.Id, row.WorkspaceId, row.Slug, row.Name, row.Draft, row.Revision, row.PublishedVersion, row.CreatedAt, row.UpdatedAt);

    private static PublishedFlow ToPublished(FlowVersionRow row) => new(
        row.FlowId, row.Number, row.Hash, row.Message, UserId.From(row.PublishedBy), row.PublishedAt);

    private sealed class FoundVersion
    {
        public FlowId Flow { get; init; }

        public required string Slug { get; init; }

        public int? Latest { get; init; }

        public required string Hash { get; init; }

        public int? Number { get; init; }

        public required string Json { get; init; }

        public Guid? By { get; init; }
    }
}
