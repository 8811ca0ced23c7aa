using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Flows;

/// <summary>A place that calls a flow: as a model, as a step, or as a tool of an agent.</summary>
/// <param name="Number">The version that it names; null: the latest.</param>
/// <param name="Id">Of the app, flow, base or connection.</param>
/// <param name="Version">Number of the version of the app or flow that calls; null for a draft, and for what has no versions.</param>
public sealed record FlowUse(int? Number, DefinitionKind Kind, Guid Id, string Name, int? Version);

/// <summary>Runs of one version that one thing began in the last days.</summary>
/// <param name="Version">Null for runs of drafts.</param>
public sealed record FlowCallCount(int? Version, RunTrigger Trigger, int Count, DateTimeOffset LastAt);

/// <summary>Where flows are used.</summary>
public interface IFlowUses
{
    /// <summary>How many days runs are told of.</summary>
    const int Days = 30;

    /// <summary>Apps, other flows, knowledge bases and connections that call a flow in their draft or in what they published last.</summary>
    Task<IReadOnlyList<FlowUse>> ListAsync(WorkspaceId workspace, FlowId flow, CancellationToken cancellationToken);

    /// <summary>Runs of a flow in the last <see cref="Days"/> days by what began them, the most first; replays are not counted.</summary>
    Task<IReadOnlyList<FlowCallCount>> ListCallsAsync(WorkspaceId workspace, FlowId flow, CancellationToken cancellationToken);
}
