using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Connections;

/// <summary>The connections of workspaces. Keys go in encrypted and come out only by <see cref="OpenAsync"/>; every change is audited.</summary>
public interface IConnectionStore
{
    /// <summary>By name.</summary>
    Task<IReadOnlyList<Connection>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken);

    Task<Connection?> FindAsync(WorkspaceId workspace, ConnectionId id, CancellationToken cancellationToken);

    /// <summary>Adds a connection; fails for wrong settings and a slug that is taken.</summary>
    /// <param name="slug">Null makes one of the name.</param>
    /// <param name="key">Null or empty for a server that wants none.</param>
    Task<Result<Connection>> CreateAsync(
        WorkspaceId workspace, string? slug, ConnectionSettings settings, string? key, UserId by, CancellationToken cancellationToken);

    /// <summary>Changes a connection; fails with <see cref="ConnectionErrors.Conflict"/> where somebody else did since <paramref name="revision"/>.</summary>
    /// <param name="key">Null keeps the key, which fails where the address leads to another server; empty removes it.</param>
    Task<Result<Connection>> SaveAsync(
        WorkspaceId workspace, ConnectionId id, long revision, ConnectionSettings settings, string? key, UserId by, CancellationToken cancellationToken);

    /// <summary>Removes a connection with its key; refused while an app or another connection names one of its models.</summary>
    Task<Result<Unit>> DeleteAsync(WorkspaceId workspace, ConnectionId id, UserId by, CancellationToken cancellationToken);

    /// <summary>A connection with its key; null where there is none of that name.</summary>
    Task<Result<OpenedConnection>?> OpenAsync(WorkspaceId workspace, string slug, CancellationToken cancellationToken);

    /// <summary>A connection as it would be after a save, to try it before; the same checks, nothing is kept.</summary>
    /// <param name="id">The one that is edited, whose key counts where <paramref name="key"/> is null; null for a new one.</param>
    Task<Result<OpenedConnection>> DraftAsync(
        WorkspaceId workspace, ConnectionId? id, ConnectionSettings settings, string? key, CancellationToken cancellationToken);
}
