using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Ids;

namespace MistralStudio.Web.Tests.Connections;

/// <summary>Connections, their servers and the borders of a workspace, in memory.</summary>
internal sealed class FakeConnections : IConnectionStore, IRemoteModels, IWorkspaceHosts, IDataClasses
{
    /// <summary>What the store was told of keys, save by save.</summary>
    public List<string?> Keys { get; } = [];

    public List<Connection> Kept { get; } = [];

    public Error? SaveFails { get; set; }

    public Result<IReadOnlyList<string>> Lists { get; set; } = Result<IReadOnlyList<string>>.Success(["large", "small"]);

    public Result<TimeSpan> Tests { get; set; } = TimeSpan.FromMilliseconds(20);

    public List<HostAndPort> Allowed { get; } = [];

    public Task<IReadOnlyList<Connection>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Connection>>([.. Kept]);

    public Task<Connection?> FindAsync(WorkspaceId workspace, ConnectionId id, CancellationToken cancellationToken) => Task.FromResult(Kept.Find(found => found.Id == id));

    public Task<Result<Connection>> CreateAsync(WorkspaceId workspace, string? slug, ConnectionSettings settings, string? key, UserId by, CancellationToken cancellationToken) =>
        Keep(new Connection(ConnectionId.New(), workspace, slug is { Length: > 0 } ? slug : "made", settings, null, 1, default, default), key);

    public Task<Result<Connection>> SaveAsync(
        WorkspaceId workspace, ConnectionId id, long revision, ConnectionSettings settings, string? key, UserId by, CancellationToken cancellationToken) =>
        Keep(Kept.Find(found => found.Id == id)! with { Settings = settings, Revision = revision + 1 }, key);

    public Task<Result<Unit>> DeleteAsync(WorkspaceId workspace, ConnectionId id, UserId by, CancellationToken cancellationToken)
    {
        if (SaveFails is { } error)
        {
            return Task.FromResult<Result<Unit>>(error);
        }

        Kept.RemoveAll(found => found.Id == id);
        return Task.FromResult<Result<Unit>>(default(Unit));
    }

    public Task<Result<OpenedConnection>?> OpenAsync(WorkspaceId workspace, string slug, CancellationToken cancellationToken) =>
        Task.FromResult(Kept.Find(found => found.Slug == slug) is { } found ? (Result<OpenedConnection>?)new OpenedConnection(found, null) : null);

    public Task<Result<OpenedConnection>> DraftAsync(WorkspaceId workspace, ConnectionId? id, ConnectionSettings settings, string? key, CancellationToken cancellationToken) =>
        Task.FromResult<Result<OpenedConnection>>(new OpenedConnection(new(ConnectionId.New(), workspace, "new", settings, null, 0, default, default), key));

    public IEmbeddingGenerator<string, Embedding<float>> Embedder(OpenedConnection connection, ConnectionModel model) => throw new NotSupportedException();

    public IChatClient Chat(OpenedConnection connection, ConnectionModel model, IReadOnlyList<StandIn> next) => throw new NotSupportedException();

    public Task<Result<IReadOnlyList<string>>> ListAsync(OpenedConnection connection, CancellationToken cancellationToken) => Task.FromResult(Lists);

    public Task<Result<TimeSpan>> TestAsync(OpenedConnection connection, CancellationToken cancellationToken) => Task.FromResult(Tests);

    public ValueTask<bool> IsAllowedAsync(WorkspaceId? workspace, HostAndPort place, CancellationToken cancellationToken) => ValueTask.FromResult(Allowed.Contains(place));

    Task<IReadOnlyList<AllowedHost>> IWorkspaceHosts.ListAsync(WorkspaceId workspace, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<AllowedHost>>([.. Allowed.Select(place => new AllowedHost(place, default))]);

    public Task AllowAsync(WorkspaceId workspace, HostAndPort place, UserId by, CancellationToken cancellationToken)
    {
        Allowed.Add(place);
        return Task.CompletedTask;
    }

    public Task<bool> WithdrawAsync(WorkspaceId workspace, HostAndPort place, UserId by, CancellationToken cancellationToken) => Task.FromResult(Allowed.Remove(place));

    public Task<bool> StaysAsync(WorkspaceId workspace, CancellationToken cancellationToken) => Task.FromResult(Stays);

    public bool Stays { get; private set; }

    public Task<Error?> FindRefusalAsync(WorkspaceId workspace, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken) => Task.FromResult<Error?>(null);

    public Task<Error?> FindRefusalOfDocumentsAsync(WorkspaceId workspace, IReadOnlyCollection<DocumentId> documents, CancellationToken cancellationToken) => Task.FromResult<Error?>(null);

    public Task SetAsync(WorkspaceId workspace, bool stays, UserId by, CancellationToken cancellationToken)
    {
        Stays = stays;
        return Task.CompletedTask;
    }

    public Task<bool> SetAsync(WorkspaceId workspace, KnowledgeBaseId id, bool stays, UserId by, CancellationToken cancellationToken) => Task.FromResult(true);

    private Task<Result<Connection>> Keep(Connection connection, string? key)
    {
        if (SaveFails is { } error)
        {
            return Task.FromResult<Result<Connection>>(error);
        }

        Keys.Add(key);
        connection = connection with { KeySetAt = key switch { null => connection.KeySetAt, "" => null, _ => DateTimeOffset.UnixEpoch } };
        Kept.RemoveAll(found => found.Id == connection.Id);
        Kept.Add(connection);
        return Task.FromResult<Result<Connection>>(connection);
    }
}
