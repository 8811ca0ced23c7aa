using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Audit;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Audit;

/// <inheritdoc cref="IAuditLog"/>
internal sealed class AuditLog(IDbContextFactory<StudioDbContext> contexts) : IAuditLog
{
    public async Task<Listing<AuditEntry>> ListAsync(WorkspaceId workspace, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var before = long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue;
        limit = ListQuery.Limit(limit);
        var read = await context.AuditEntries.AsNoTracking().Where(row => row.WorkspaceId == workspace && row.Number < before)
            .OrderByDescending(row => row.Number).Take(limit + 1).ToListAsync(cancellationToken);
        List<AuditEntry> items = [.. read.Take(limit).Select(row => new AuditEntry(
            row.Number, row.At, row.By is { } by ? new UserId(by) : null, row.Action, row.Subject, row.Detail, row.Hash))];
        return new Listing<AuditEntry>(items, read.Count > limit ? items[^1].Number.ToString(CultureInfo.InvariantCulture) : null);
    }

    public async Task<long?> FindBreakAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var (expected, before) = (1L, "");
        await foreach (var row in context.AuditEntries.AsNoTracking().Where(row => row.WorkspaceId == workspace).OrderBy(row => row.Number)
            .AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            if (row.Number != expected || row.Hash != AuditTrail.HashOf(row, before))
            {
                return row.Number;
            }

            (expected, before) = (expected + 1, row.Hash);
        }

        return null;
    }
}
