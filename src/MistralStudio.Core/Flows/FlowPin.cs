using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Flows;

/// <summary>What a node of a draft gives without being run: what it gave in a past run of the flow.</summary>
/// <param name="Run">The past run.</param>
/// <param name="Instance">Path of the node's instance there (<c>each[3]/draft</c>).</param>
public sealed record FlowPin(RunId Run, string Instance)
{
    /// <summary>Who pinned it; null where they have no account any more.</summary>
    public UserId? By { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset At { get; init; }
}

/// <summary>
/// The pins of drafts, by the paths of their nodes in the definition (<c>each/draft</c>). They are kept beside the draft and are no part of it: no
/// hash, no version and no export of the flow knows them.
/// </summary>
public interface IFlowPins
{
    /// <summary>The pins of a flow; none where there is no such flow.</summary>
    Task<IReadOnlyDictionary<string, FlowPin>> ListAsync(WorkspaceId workspace, FlowId flow, CancellationToken cancellationToken);

    /// <summary>Pins a node, or pins it to another run; false where the flow has no such run.</summary>
    Task<bool> PinAsync(WorkspaceId workspace, FlowId flow, string node, FlowPin pin, CancellationToken cancellationToken);

    /// <summary>A node is called otherwise: its pin goes with it, and those of what is inside of it.</summary>
    Task RenameAsync(WorkspaceId workspace, FlowId flow, string node, string renamed, CancellationToken cancellationToken);

    /// <summary>Lets a node run again.</summary>
    Task UnpinAsync(WorkspaceId workspace, FlowId flow, string node, CancellationToken cancellationToken);
}
