using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Hosting;
using MistralStudio.Flows.Nodes.Schedule;
using MistralStudio.Web.Features.Flows.Editor;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>What a publication came to: a version, or problems of the draft, or a refusal.</summary>
public sealed record Publication(PublishedFlow? Version, IReadOnlyList<FlowProblem> Problems, Error? Refusal);

/// <summary>Makes drafts versions: nothing is published that does not compile.</summary>
public sealed class FlowPublication(IFlowStore flows, FlowPlans plans, FlowClock clock, FlowDrafts drafts, TimeProvider time)
{
    /// <summary>Publishes the draft of a flow.</summary>
    /// <param name="revision">The draft that was seen; null: whatever it is now.</param>
    public async Task<Publication> PublishAsync(
        WorkspaceId workspace, FlowId id, long? revision, string message, UserId by, CancellationToken cancellationToken)
    {
        if (await flows.FindAsync(workspace, id, cancellationToken) is not { } flow)
        {
            return new(null, [], FlowStoreErrors.NotFound());
        }

        var read = FlowDefinitions.Read(flow.Draft);
        if (!read.IsSuccess)
        {
            return new(null, [], read.Error);
        }

        var compiled = await plans.CompileAsync(workspace, read.Value, cancellationToken);
        if (compiled.Plan is null)
        {
            return new(null, compiled.Problems, null);
        }

        var schedules = ScheduleTimes.Of(read.Value, time.GetUtcNow());
        var published = await flows.PublishAsync(
            workspace, id, revision ?? flow.Revision, FlowDefinitions.Write(read.Value), FlowDefinitions.Hash(read.Value), message, schedules, by, cancellationToken);
        if (schedules.Min(schedule => schedule.NextAt) is { } next)
        {
            clock.Note(next);
        }

        // Whoever has the draft open hears of it now, not when they save next.
        if (published.IsSuccess && drafts.Find(workspace, id) is { } open && await flows.FindAsync(workspace, id, cancellationToken) is { } stored)
        {
            open.Published(stored);
        }

        return new(published.IsSuccess ? published.Value : null, [], published.Error);
    }
}
