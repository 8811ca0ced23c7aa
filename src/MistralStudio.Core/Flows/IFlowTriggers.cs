using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Flows;

/// <summary>When a published version runs by itself.</summary>
/// <param name="Node">Id of the schedule's node.</param>
/// <param name="Cron">Five fields.</param>
/// <param name="TimeZone">IANA name; null for UTC.</param>
/// <param name="NextAt">When it is due; null where that never comes.</param>
public sealed record PlannedSchedule(string Node, string Cron, string? TimeZone, DateTimeOffset? NextAt);

/// <summary>A schedule as it stands.</summary>
public sealed record FlowSchedule(FlowId Flow, WorkspaceId Workspace, string Node, string Cron, string? TimeZone, DateTimeOffset? NextAt)
{
    /// <summary>The time that it was last due; null before the first.</summary>
    public DateTimeOffset? LastAt { get; init; }

    /// <summary>The run of that; null where none began.</summary>
    public RunId? LastRun { get; init; }

    /// <summary>Why none began; null where one did.</summary>
    public Error? LastError { get; init; }
}

/// <summary>What starts runs of a flow beside people.</summary>
/// <param name="IsPaused">True where schedules and webhooks start none for now.</param>
/// <param name="WebhookSince">When the webhook's secret was made; null where there is no webhook.</param>
public sealed record FlowTriggers(bool IsPaused, DateTimeOffset? WebhookSince, IReadOnlyList<FlowSchedule> Schedules);

/// <summary>A webhook that can be called.</summary>
/// <param name="Secret">What its calls are signed with.</param>
public sealed record FlowWebhook(FlowId Flow, WorkspaceId Workspace, string Secret, bool IsPaused);

/// <summary>
/// Schedules and webhooks of flows. Schedules are those of the latest published version, and are replaced in the transaction that publishes it.
/// </summary>
public interface IFlowTriggers
{
    /// <summary>Null where there is no such flow.</summary>
    Task<FlowTriggers?> FindAsync(WorkspaceId workspace, FlowId flow, CancellationToken cancellationToken);

    /// <summary>Stops schedules and webhooks from starting runs, or lets them again; false where there is no such flow.</summary>
    Task<bool> PauseAsync(WorkspaceId workspace, FlowId flow, bool isPaused, UserId by, CancellationToken cancellationToken);

    /// <summary>Makes a webhook, or gives it another secret, which is returned once; null where there is no such flow.</summary>
    Task<string?> RotateWebhookAsync(WorkspaceId workspace, FlowId flow, UserId by, CancellationToken cancellationToken);

    /// <summary>Ends the webhook; false where there is none.</summary>
    Task<bool> RevokeWebhookAsync(WorkspaceId workspace, FlowId flow, UserId by, CancellationToken cancellationToken);

    /// <summary>The webhook of a flow of any workspace; null where there is none.</summary>
    Task<FlowWebhook?> FindWebhookAsync(FlowId flow, CancellationToken cancellationToken);

    /// <summary>Schedules of every workspace that are due no later than <paramref name="until"/> and not paused, the soonest first.</summary>
    Task<IReadOnlyList<FlowSchedule>> ListDueAsync(DateTimeOffset until, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Says what came of a time that was due, and when the next is. Does nothing where the schedule has moved on from that time meanwhile.
    /// </summary>
    /// <param name="due">The schedule as it was listed.</param>
    Task AdvanceAsync(FlowSchedule due, DateTimeOffset? next, RunId? run, Error? error, CancellationToken cancellationToken);
}
