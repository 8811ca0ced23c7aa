using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Audit;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Audit;

/// <inheritdoc cref="IAuditLog"/>
internal sealed class AuditLog(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IAuditLog
{
    public async Task<Listing<AuditEntry>> ListAsync(
        WorkspaceId workspace, AuditQuery query, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var before = long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue;
        limit = ListQuery.Limit(limit);
        var read = await Find(context, workspace, query).Where(row => row.Number < before)
            .OrderByDescending(row => row.Number).Take(limit + 1).ToListAsync(cancellationToken);
        List<AuditEntry> items = [.. read.Take(limit).Select(ToEntry)];
        return new Listing<AuditEntry>(items, read.Count > limit ? items[^1].Number.ToString(CultureInfo.InvariantCulture) : null);
    }

    public async IAsyncEnumerable<AuditEntry> ExportAsync(WorkspaceId workspace, UserId? by, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using (var transaction = await context.Database.BeginTransactionAsync(cancellationToken))
        {
            await AuditTrail.AppendAsync(context, workspace, by, "audit.exported", "", "", time, cancellationToken);
            await context.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        await foreach (var row in InOrder(context, workspace).WithCancellation(cancellationToken))
        {
            yield return ToEntry(row);
        }
    }

    public async Task<AuditCheck> CheckAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var (entries, hash) = (0L, "");
        await foreach (var row in InOrder(context, workspace).WithCancellation(cancellationToken))
        {
            entries++;
            if (row.Number != entries || row.Hash != AuditTrail.HashOf(row, hash))
            {
                return new(entries, row.Number);
            }

            hash = row.Hash;
        }

        return new(entries, null);
    }

    private static IAsyncEnumerable<AuditRow> InOrder(StudioDbContext context, WorkspaceId workspace) =>
        context.AuditEntries.AsNoTracking().Where(row => row.WorkspaceId == workspace).OrderBy(row => row.Number).AsAsyncEnumerable();

    private static IQueryable<AuditRow> Find(StudioDbContext context, WorkspaceId workspace, AuditQuery query)
    {
        var rows = context.AuditEntries.AsNoTracking().Where(row => row.WorkspaceId == workspace);
        if (query.By is { } by)
        {
            rows = rows.Where(row => row.By == by.Value);
        }

        if (query.Since is { } since)
        {
            rows = rows.Where(row => row.At >= since);
        }

        if (query.Area.Length > 0)
        {
            rows = rows.Where(row => row.Action.StartsWith(query.Area + "."));
        }

        if (ListQuery.Pattern(query.Search) is not { } pattern)
        {
            return rows;
        }

        var (named, ids) = (query.Named.Select(person => (Guid?)person.Value).ToList(), query.Named.Select(person => person.ToString()).ToList());
        return rows.Where(row => EF.Functions.Like(row.Action.ToUpper(), pattern, "\\") || EF.Functions.Like(row.Subject.ToUpper(), pattern, "\\")
            || EF.Functions.Like(row.Detail.ToUpper(), pattern, "\\") || named.Contains(row.By) || ids.Contains(row.Subject));
    }

    private static AuditEntry ToEntry(AuditRow row) =>
        new(row.Number, row.At, row.By is { } by ? new UserId(by) : null, row.Action, row.Subject, row.Detail, row.Hash);
}
