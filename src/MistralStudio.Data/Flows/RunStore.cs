using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Audit;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Flows;

/// <inheritdoc cref="IRunStore"/>
internal sealed class RunStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IRunStore
{
    public async Task<Listing<RunSummary>> ListAsync(WorkspaceId workspace, RunFilter filter, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        // What a run cost is stored as text; both databases read that as a number.
        IQueryable<RunRow> all = filter.LeastCost is { } cost ? context.Runs.FromSql($"""SELECT * FROM "Runs" WHERE CAST("Cost" AS double precision) >= {(double)cost}""") : context.Runs;
        var rows = all.AsNoTracking().Where(row => row.WorkspaceId == workspace);
        if (filter.Flow is { } flow)
        {
            rows = rows.Where(row => row.FlowId == flow);
        }

        if (filter.Status is { } status)
        {
            rows = rows.Where(row => row.Status == status);
        }

        if (filter.StartedBy is { } person)
        {
            rows = rows.Where(row => row.StartedBy == person.Value);
        }

        if (filter.Since is { } since)
        {
            rows = rows.Where(row => row.StartedAt >= since);
        }

        if (filter.Node is { Length: > 0 } node)
        {
            var inside = $"/{node}";
            rows = rows.Where(row => context.RunEvents.Any(one => one.RunId == row.Id && one.Kind != RunEventKind.NodeSkipped && (one.Node == node || one.Node.EndsWith(inside))));
        }

        if (filter.Text is { Length: > 0 } text)
        {
            var said = Saying(context, text);
            rows = rows.Where(row => (row.ErrorMessage != null && row.ErrorMessage.Contains(text)) || said.Any(one => one.RunId == row.Id));
        }

        var cursor = Cursor.Parse(after);
        limit = ListQuery.Limit(limit);
        var read = await rows.Where(row => row.StartedAt <= cursor.Instant).OrderByDescending(row => row.StartedAt).ThenByDescending(row => row.Id)
            .Skip(cursor.Skip).Take(limit + 1).ToListAsync(cancellationToken);
        return cursor.Page([.. read.Select(RunRows.ToSummary)], limit, item => item.StartedAt);
    }

    public async Task<Listing<RunSummary>> ListWaitingAsync(WorkspaceId workspace, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        // The other way round than other lists: none, and one that nobody was given, begin with the oldest.
        var cursor = Cursor.Parse(after) is var given && given == Cursor.Start ? new Cursor(DateTimeOffset.UnixEpoch, 0) : given;
        limit = ListQuery.Limit(limit);
        var read = await context.Runs.AsNoTracking()
            .Where(row => row.WorkspaceId == workspace && (row.Status == RunStatus.Suspended || row.Status == RunStatus.Uncertain) && row.UpdatedAt >= cursor.Instant)
            .OrderBy(row => row.UpdatedAt).ThenBy(row => row.Id).Skip(cursor.Skip).Take(limit + 1).ToListAsync(cancellationToken);
        return cursor.Page([.. read.Select(RunRows.ToSummary)], limit, item => item.UpdatedAt);
    }

    public async Task<RunSummary?> FindAsync(WorkspaceId workspace, RunId id, UserId? startedBy, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = context.Runs.AsNoTracking().Where(row => row.Id == id && row.WorkspaceId == workspace);
        if (startedBy is { } person)
        {
            rows = rows.Where(row => row.StartedBy == person.Value);
        }

        return (await rows.FirstOrDefaultAsync(cancellationToken))?.ToSummary();
    }

    public async Task NoteExportAsync(WorkspaceId workspace, RunId id, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await AuditTrail.AppendAsync(context, workspace, by, "run.exported", $"{id}", "", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    // Payloads are UTF-8 JSON: the text is looked for as JSON has it.
    private static IQueryable<RunEventRow> Saying(StudioDbContext context, string text)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(text, FlowJson.Relaxed)[1..^1];
        return context.Database.IsNpgsql()
            ? context.RunEvents.FromSql($"""SELECT * FROM "RunEvents" WHERE position({json} in "Payload") > 0""")
            : context.RunEvents.FromSql($"""SELECT * FROM "RunEvents" WHERE instr("Payload", {json}) > 0""");
    }

    public async Task<IReadOnlyList<RunId>> ListRunningAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Runs.Where(row => row.Status == RunStatus.Running).OrderBy(row => row.StartedAt).Select(row => row.Id).ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<(RunId Run, DateTimeOffset At)>> ListDueAsync(DateTimeOffset until, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var due = await context.Runs.Where(row => (row.Status == RunStatus.Suspended || row.Status == RunStatus.Uncertain) && row.ClockAt <= until)
            .OrderBy(row => row.ClockAt).Take(limit).Select(row => new { row.Id, row.ClockAt }).ToListAsync(cancellationToken);
        return [.. due.Select(row => (row.Id, row.ClockAt!.Value))];
    }
}
