using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Egress;

/// <summary>A host that an owner allowed.</summary>
public sealed record AllowedHost(HostAndPort Place, DateTimeOffset AllowedAt);

/// <summary>The hosts that owners allowed to their workspaces, kept; changes are audited.</summary>
public interface IWorkspaceHosts : IAllowedHosts
{
    /// <summary>By name.</summary>
    Task<IReadOnlyList<AllowedHost>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken);

    /// <summary>Allows a place; nothing changes where it is allowed already.</summary>
    Task AllowAsync(WorkspaceId workspace, HostAndPort place, UserId by, CancellationToken cancellationToken);

    /// <summary>Takes it back; false where it was not allowed.</summary>
    Task<bool> WithdrawAsync(WorkspaceId workspace, HostAndPort place, UserId by, CancellationToken cancellationToken);
}
