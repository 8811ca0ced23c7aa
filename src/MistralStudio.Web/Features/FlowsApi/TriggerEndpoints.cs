using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Hosting;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>What starts runs of a flow beside people, under <c>/api/flows/{id}/triggers</c> and <c>/api/flows/{id}/webhook</c>.</summary>
internal static class TriggerEndpoints
{
    /// <summary>Maps them below the group of flows.</summary>
    public static void MapTriggers(this RouteGroupBuilder flows)
    {
        flows.MapGet("/{id:guid}/triggers", FindAsync).RequirePermission(Permissions.FlowsRead)
            .WithSummary("Schedules of the latest version with their next times, and whether there is a webhook.").Produces<WireTriggers>().ProducesProblems(404);
        flows.MapPut("/{id:guid}/triggers", PauseAsync).RequirePermission(Permissions.FlowsPublish)
            .WithSummary("Stops schedules and webhooks from starting runs, or lets them again.").Produces<WireTriggers>().ProducesProblems(404, 422);
        flows.MapPost("/{id:guid}/webhook", RotateAsync).RequirePermission(Permissions.FlowsPublish).WithIdempotency()
            .WithSummary("Makes the webhook and answers its secret once; a secret before it no longer counts.").Produces<WireWebhook>(201).ProducesProblems(404, 409, 422);
        flows.MapDelete("/{id:guid}/webhook", RevokeAsync).RequirePermission(Permissions.FlowsPublish).WithSummary("Ends the webhook.").Produces(204).ProducesProblems(404);
    }

    private static async Task<IResult> FindAsync(FlowId id, HttpContext http, [FromServices] IFlowTriggers triggers) =>
        await triggers.FindAsync(http.GetCaller().Workspace, id, http.RequestAborted) is { } found
            ? TypedResults.Ok(WireTriggers.From(found))
            : ErrorResults.From(FlowStoreErrors.NotFound());

    private static async Task<IResult> PauseAsync(FlowId id, WirePause body, HttpContext http, [FromServices] IFlowTriggers triggers)
    {
        var caller = http.GetCaller();
        return await triggers.PauseAsync(caller.Workspace, id, body.Paused, caller.User!.Value, http.RequestAborted)
            ? await FindAsync(id, http, triggers)
            : ErrorResults.From(FlowStoreErrors.NotFound());
    }

    private static async Task<IResult> RotateAsync(FlowId id, HttpContext http, [FromServices] IFlowTriggers triggers, [FromServices] StudioOptions studio)
    {
        var caller = http.GetCaller();
        return await triggers.RotateWebhookAsync(caller.Workspace, id, caller.User!.Value, http.RequestAborted) is { } secret
            ? TypedResults.Created($"/api/flows/{id}/triggers", new WireWebhook(studio.LinkTo(Webhooks.AddressOf(id), http.Request).ToString(), secret))
            : ErrorResults.From(FlowStoreErrors.NotFound());
    }

    private static async Task<IResult> RevokeAsync(FlowId id, HttpContext http, [FromServices] IFlowTriggers triggers)
    {
        var caller = http.GetCaller();
        return await triggers.RevokeWebhookAsync(caller.Workspace, id, caller.User!.Value, http.RequestAborted)
            ? TypedResults.NoContent()
            : ErrorResults.From(WebhookErrors.None());
    }
}

/// <summary>Whether schedules and webhooks start runs.</summary>
internal sealed record WirePause(bool Paused);

/// <summary>A webhook; its secret is shown once.</summary>
internal sealed record WireWebhook(string Url, string Secret);

/// <summary>What starts runs of a flow beside people.</summary>
internal sealed record WireTriggers(bool Paused, DateTimeOffset? WebhookSince, IReadOnlyList<WireSchedule> Schedules)
{
    public static WireTriggers From(FlowTriggers triggers) => new(triggers.IsPaused, triggers.WebhookSince, [.. triggers.Schedules.Select(WireSchedule.From)]);
}

/// <summary>A schedule.</summary>
internal sealed record WireSchedule(string Node, string Cron, string? TimeZone, DateTimeOffset? NextAt, DateTimeOffset? LastAt, RunId? LastRun, Error? LastError)
{
    public static WireSchedule From(FlowSchedule schedule) =>
        new(schedule.Node, schedule.Cron, schedule.TimeZone, schedule.NextAt, schedule.LastAt, schedule.LastRun, schedule.LastError);
}
