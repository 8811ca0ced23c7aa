using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Flows;

/// <summary>A definition as it is kept: its canonical JSON, named by its hash.</summary>
/// <param name="Hash">SHA-256 of the canonical JSON, lower-case hex.</param>
/// <param name="Number">Number of the published version; null for a draft that was run.</param>
public sealed record FlowVersion(FlowId Flow, string Hash, int? Number, string Json)
{
    /// <summary>Whose grants the published version has; null for a draft, and once the account is gone.</summary>
    public UserId? PublishedBy { get; init; }
}

/// <summary>The definitions of a workspace, by hash and by reference. A definition never changes, and stays while a run needs it.</summary>
public interface IFlowVersions
{
    /// <summary>The definition of a hash; null where the workspace has none.</summary>
    ValueTask<FlowVersion?> FindAsync(WorkspaceId workspace, string hash, CancellationToken cancellationToken);

    /// <summary>The published version of a flow by its slug: of a number, or the latest; null where there is none.</summary>
    ValueTask<FlowVersion?> FindAsync(WorkspaceId workspace, string slug, int? number, CancellationToken cancellationToken);
}
