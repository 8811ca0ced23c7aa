using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Editing;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Hosting;
using MistralStudio.Web.Features.FlowsApi;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>Pins outputs of past runs to nodes of drafts; everybody who has the draft open sees it at once.</summary>
public sealed class DraftPins(IFlowPins pins, FlowRuns runs, RunDecisions decisions, FlowDrafts drafts)
{
    /// <summary>The pins of a flow.</summary>
    public Task<IReadOnlyDictionary<string, FlowPin>> ListAsync(WorkspaceId workspace, FlowId flow, CancellationToken cancellationToken) => pins.ListAsync(workspace, flow, cancellationToken);

    /// <summary>
    /// Makes a node of a flow's draft give what its instance gave in a past run. Fails where the run is none of the flow's that the caller may see, or
    /// the instance gave nothing there.
    /// </summary>
    /// <param name="instance">Path of the node's instance in the run.</param>
    /// <param name="node">Path of the node in the draft.</param>
    public async Task<Result<Unit>> PinAsync(Caller caller, FlowId flow, RunId run, string instance, string node, CancellationToken cancellationToken)
    {
        Need(caller);
        if (await decisions.FindRunAsync(caller, run, cancellationToken) is not { } past || past.Flow != flow)
        {
            return FlowRunErrors.NotFound();
        }

        var state = await runs.StateAsync(run, cancellationToken, keepsRounds: true);
        if (!state.IsSuccess)
        {
            return state.Error;
        }

        if (state.Value.Nodes(Scopes.Split(instance).Scope).FirstOrDefault(view => view.Path == instance) is not { Status: NodeStatus.Succeeded or NodeStatus.Reused })
        {
            return PinErrors.NothingToPin(node);
        }

        if (!await pins.PinAsync(caller.Workspace, flow, node, new FlowPin(run, instance) { By = caller.User }, cancellationToken))
        {
            return FlowRunErrors.NotFound();
        }

        await TellAsync(caller.Workspace, flow, cancellationToken);
        return default(Unit);
    }

    /// <summary>Lets a node of a flow's draft run again.</summary>
    public async Task UnpinAsync(Caller caller, FlowId flow, string node, CancellationToken cancellationToken)
    {
        Need(caller);
        await pins.UnpinAsync(caller.Workspace, flow, node, cancellationToken);
        await TellAsync(caller.Workspace, flow, cancellationToken);
    }

    private async Task TellAsync(WorkspaceId workspace, FlowId flow, CancellationToken cancellationToken) =>
        drafts.Find(workspace, flow)?.Pin(await pins.ListAsync(workspace, flow, cancellationToken));

    private static void Need(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (!caller.May(Permissions.FlowsWrite) || caller.User is null)
        {
            throw new UnauthorizedAccessException($"This needs {Permissions.FlowsWrite}.");
        }
    }
}
