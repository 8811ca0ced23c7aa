using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Audit;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Flows;

/// <inheritdoc cref="IFlowTriggers"/>
internal sealed class FlowTriggerStore(IDbContextFactory<StudioDbContext> contexts, IDataProtectionProvider protection, TimeProvider time) : IFlowTriggers
{
    private const string Purpose = "MistralStudio.Flows.Webhook";
    private const string SecretPrefix = "whsec_";

    public async Task<FlowTriggers?> FindAsync(WorkspaceId workspace, FlowId flow, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await context.Flows.AnyAsync(row => row.Id == flow && row.WorkspaceId == workspace, cancellationToken))
        {
            return null;
        }

        var triggers = await context.FlowTriggers.AsNoTracking().FirstOrDefaultAsync(row => row.FlowId == flow, cancellationToken);
        var schedules = await context.FlowSchedules.AsNoTracking().Where(row => row.FlowId == flow).OrderBy(row => row.Node).ToListAsync(cancellationToken);
        return new FlowTriggers(triggers?.IsPaused == true, triggers?.SecretAt, [.. schedules.Select(row => ToSchedule(row, workspace))]);
    }

    public async Task<bool> PauseAsync(WorkspaceId workspace, FlowId flow, bool isPaused, UserId by, CancellationToken cancellationToken) =>
        await ChangeAsync(workspace, flow, by, isPaused ? "flow.paused" : "flow.unpaused", row => row.IsPaused = isPaused, cancellationToken);

    public async Task<string?> RotateWebhookAsync(WorkspaceId workspace, FlowId flow, UserId by, CancellationToken cancellationToken)
    {
        // The form of Standard Webhooks: what follows the prefix is base64.
        var secret = SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var changed = await ChangeAsync(
            workspace, flow, by, "flow.webhook_made", row => (row.Secret, row.SecretAt) = (For(flow).Protect(secret), time.GetUtcNow()), cancellationToken);
        return changed ? secret : null;
    }

    public async Task<bool> RevokeWebhookAsync(WorkspaceId workspace, FlowId flow, UserId by, CancellationToken cancellationToken) =>
        (await FindAsync(workspace, flow, cancellationToken))?.WebhookSince is not null
        && await ChangeAsync(workspace, flow, by, "flow.webhook_ended", row => (row.Secret, row.SecretAt) = (null, null), cancellationToken);

    public async Task<FlowWebhook?> FindWebhookAsync(FlowId flow, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.FlowTriggers.AsNoTracking().Where(row => row.FlowId == flow && row.Secret != null)
            .Join(context.Flows, row => row.FlowId, row => row.Id, (trigger, row) => new { trigger.Secret, trigger.IsPaused, row.WorkspaceId })
            .FirstOrDefaultAsync(cancellationToken);
        if (found is null)
        {
            return null;
        }

        try
        {
            return new FlowWebhook(flow, found.WorkspaceId, For(flow).Unprotect(found.Secret!), found.IsPaused);
        }
        catch (CryptographicException)
        {
            // Encrypted with keys that are not here.
            return null;
        }
    }

    public async Task<IReadOnlyList<FlowSchedule>> ListDueAsync(DateTimeOffset until, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var due = await context.FlowSchedules.AsNoTracking()
            .Where(row => row.NextAt != null && row.NextAt <= until && !context.FlowTriggers.Any(trigger => trigger.FlowId == row.FlowId && trigger.IsPaused))
            .Join(context.Flows, row => row.FlowId, row => row.Id, (schedule, row) => new { Schedule = schedule, row.WorkspaceId })
            .OrderBy(found => found.Schedule.NextAt).Take(limit).ToListAsync(cancellationToken);
        return [.. due.Select(found => ToSchedule(found.Schedule, found.WorkspaceId))];
    }

    public async Task AdvanceAsync(FlowSchedule due, DateTimeOffset? next, RunId? run, Error? error, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.FlowSchedules.Where(row => row.FlowId == due.Flow && row.Node == due.Node && row.NextAt == due.NextAt).ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.NextAt, next)
                .SetProperty(row => row.LastAt, due.NextAt)
                .SetProperty(row => row.LastRun, run)
                .SetProperty(row => row.ErrorCode, error == null ? null : error.Code)
                .SetProperty(row => row.ErrorMessage, error == null ? null : error.Message)
                .SetProperty(row => row.ErrorNext, error == null ? null : error.Next),
            cancellationToken);
    }

    private async Task<bool> ChangeAsync(
        WorkspaceId workspace, FlowId flow, UserId by, string action, Action<FlowTriggerRow> change, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await context.Flows.Where(row => row.Id == flow && row.WorkspaceId == workspace).Select(row => row.Slug).FirstOrDefaultAsync(cancellationToken) is not { } slug)
        {
            return false;
        }

        var row = await context.FlowTriggers.AsTracking().FirstOrDefaultAsync(found => found.FlowId == flow, cancellationToken);
        if (row is null)
        {
            row = new FlowTriggerRow { FlowId = flow };
            context.FlowTriggers.Add(row);
        }

        change(row);
        await AuditTrail.AppendAsync(context, workspace, by, action, slug, "", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private IDataProtector For(FlowId flow) => protection.CreateProtector(Purpose, flow.ToString());

    private static FlowSchedule ToSchedule(FlowScheduleRow row, WorkspaceId workspace) => new(row.FlowId, workspace, row.Node, row.Cron, row.TimeZone, row.NextAt)
    {
        LastAt = row.LastAt,
        LastRun = row.LastRun,
        LastError = StoredError.Read(row.ErrorCode, row.ErrorMessage, row.ErrorNext),
    };
}
