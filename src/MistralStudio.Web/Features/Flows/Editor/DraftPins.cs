using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Hosting;
using MistralStudio.Web.Features.FlowsApi;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>Pins outputs of past runs to nodes of drafts; everybody who has the draft open sees it at once. A node that gets another id, or goes into a container or out of one, keeps its pin.</summary>
public sealed partial class DraftPins : IDisposable
{
    private readonly IFlowPins _pins;
    private readonly FlowRuns _runs;
    private readonly RunDecisions _decisions;
    private readonly FlowDrafts _drafts;
    private readonly ILogger<DraftPins> _logger;
    private readonly SemaphoreSlim _renaming = new(1);

    public DraftPins(IFlowPins pins, FlowRuns runs, RunDecisions decisions, FlowDrafts drafts, ILogger<DraftPins> logger)
    {
        ArgumentNullException.ThrowIfNull(drafts);
        (_pins, _runs, _decisions, _drafts, _logger) = (pins, runs, decisions, drafts, logger);
        drafts.Edited += Carry;
    }

    /// <summary>The pins of a flow.</summary>
    public async Task<IReadOnlyDictionary<string, FlowPin>> ListAsync(WorkspaceId workspace, FlowId flow, CancellationToken cancellationToken)
    {
        // What is being renamed is read afterwards.
        await _renaming.WaitAsync(cancellationToken);
        try
        {
            return await _pins.ListAsync(workspace, flow, cancellationToken);
        }
        finally
        {
            _renaming.Release();
        }
    }

    /// <summary>Of the pins of a flow those whose nodes a definition has.</summary>
    public static Dictionary<string, FlowPin> In(FlowDefinition definition, IReadOnlyDictionary<string, FlowPin> pins) =>
        pins.Where(pin => Scopes.FindNode(definition, pin.Key) is not null).ToDictionary(pin => pin.Key, pin => pin.Value, StringComparer.Ordinal);

    /// <summary>
    /// Makes a node of a flow's draft give what its instance gave in a past run. Fails where the run is none of the flow's that the caller may see, or
    /// the instance gave nothing there, or the draft has no such node any more.
    /// </summary>
    /// <param name="instance">Path of the node's instance in the run.</param>
    /// <param name="node">Path of the node in the draft.</param>
    public async Task<Result<Unit>> PinAsync(Caller caller, FlowId flow, RunId run, string instance, string node, CancellationToken cancellationToken)
    {
        Need(caller);
        if (await _decisions.FindRunAsync(caller, run, cancellationToken) is not { } past || past.Flow != flow)
        {
            return FlowRunErrors.NotFound();
        }

        var state = await _runs.StateAsync(run, cancellationToken, keepsRounds: true);
        if (!state.IsSuccess)
        {
            return state.Error;
        }

        if (state.Value.Nodes(Scopes.Split(instance).Scope).FirstOrDefault(view => view.Path == instance) is not { Status: NodeStatus.Succeeded or NodeStatus.Reused })
        {
            return PinErrors.NothingToPin(node);
        }

        // It may have got another id since that run, or be gone.
        if (await _drafts.DefinitionAsync(caller.Workspace, flow, cancellationToken) is not { } draft || Scopes.FindNode(draft, node) is null)
        {
            return PinErrors.NotInDraft(node);
        }

        if (!await _pins.PinAsync(caller.Workspace, flow, node, new FlowPin(run, instance) { By = caller.User }, cancellationToken))
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
        await _pins.UnpinAsync(caller.Workspace, flow, node, cancellationToken);
        await TellAsync(caller.Workspace, flow, cancellationToken);
    }

    /// <summary>A program stored another draft: nodes that have another id or place in it keep their pins.</summary>
    public async Task CarryAsync(WorkspaceId workspace, FlowId flow, FlowDefinition before, FlowDefinition after, CancellationToken cancellationToken)
    {
        var renames = FlowDelta.Between(before, after).Renames.ToList();
        foreach (var (node, renamed) in renames)
        {
            await RenameAsync(workspace, flow, node, renamed);
        }

        if (renames.Count > 0)
        {
            await TellAsync(workspace, flow, cancellationToken);
        }
    }

    private async Task TellAsync(WorkspaceId workspace, FlowId flow, CancellationToken cancellationToken) =>
        _drafts.Find(workspace, flow)?.Pin(await ListAsync(workspace, flow, cancellationToken));

    // On the page at once, in the store right after: a run that starts in between has it.
    private void Carry(FlowDraft draft, FlowEdit edit)
    {
        foreach (var (before, after) in draft.Pins.Count == 0 ? [] : edit.Delta.Renames)
        {
            if (draft.Pins.Keys.Any(node => IsAt(node, before)))
            {
                draft.Pin(draft.Pins.Where(pin => !IsAt(pin.Key, after)).ToDictionary(pin => IsAt(pin.Key, before) ? after + pin.Key[before.Length..] : pin.Key, pin => pin.Value, StringComparer.Ordinal));
                _ = RenameAsync(draft.Flow.Workspace, draft.Flow.Id, before, after);
            }
        }
    }

    private async Task RenameAsync(WorkspaceId workspace, FlowId flow, string before, string after)
    {
        await _renaming.WaitAsync();
        try
        {
            await _pins.RenameAsync(workspace, flow, before, after, CancellationToken.None);
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            NotRenamed(failed, before, flow.ToString());
        }
        finally
        {
            _renaming.Release();
        }
    }

    private static bool IsAt(string path, string node) => path == node || path.StartsWith($"{node}/", StringComparison.Ordinal);

    [LoggerMessage(Level = LogLevel.Error, Message = "The pin of {Node} in flow {Flow} could not be renamed.")]
    private partial void NotRenamed(Exception failure, string node, string flow);

    private static void Need(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (!caller.May(Permissions.FlowsWrite) || caller.User is null)
        {
            throw new UnauthorizedAccessException($"This needs {Permissions.FlowsWrite}.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _drafts.Edited -= Carry;
        _renaming.Dispose();
    }
}
