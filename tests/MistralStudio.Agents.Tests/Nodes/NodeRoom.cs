using System.Collections.Frozen;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Agents.Mail;
using MistralStudio.Agents.Mcp;
using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.Agents.Tests.Nodes;

/// <summary>The node types of this room over a real way out, with connections that a test keeps.</summary>
internal sealed class NodeRoom : IAsyncDisposable
{
    public const string Secret = "sk-0123456789abcdef";

    private readonly ServiceProvider _provider;

    /// <param name="allowed">Places that the operator allows.</param>
    public NodeRoom(string[] allowed, TimeProvider? time = null, Action<McpOptions>? mcp = null, Action<MailOptions>? mail = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddSingleton<IConnectionStore>(Connections);
        services.AddSingleton<IDataClasses>(Connections);
        services.AddSingleton<INetwork>(Network);
        services.AddSingleton<IAllowedHosts>(OperatorHosts.Read(allowed).Hosts!);
        services.AddSingleton<IEgress, GuardedEgress>();
        // What the nodes need that ask models; nobody asks any here.
        services.AddSingleton<IModelRouter>(new FakeModelRouter(new ScriptedChatClient(_ => "")));
        services.AddSingleton<IModelHost>(new ModelShelf());
        services.AddSingleton<IKnowledgeStates>(Knowledge);
        services.AddSingleton<IKnowledgeStore>(Knowledge);
        services.AddSingleton<IKnowledgeSearch>(new FakeKnowledgeSearch());
        services.AddAgents(mcp, mail);
        _provider = services.BuildServiceProvider();
    }

    public WorkspaceId Workspace { get; } = WorkspaceId.New();

    public KeptConnections Connections { get; } = new();

    public InMemoryKnowledge Knowledge { get; } = new();

    public MappedNetwork Network { get; } = new MappedNetwork().Name("localhost", "127.0.0.1");

    public IToolServers Tools => _provider.GetRequiredService<IToolServers>();

    public IRemoteModels Remote => _provider.GetRequiredService<IRemoteModels>();

    public void Keep(string slug, ConnectionKind kind, Uri address, string? key = Secret, string? keyHeader = null) => Connections.Keep(
        new Connection(
            ConnectionId.New(), Workspace, slug, new ConnectionSettings { Name = slug, Kind = kind, Address = address, KeyHeader = keyHeader, TimeoutSeconds = 5 }, null, 1, default, default),
        key);

    /// <summary>Runs a node as the engine would, its fields evaluated already.</summary>
    public async Task<NodeOutcome> RunAsync(string type, object config, object? inputs = null, string key = "run/node", DocumentId[]? sources = null, TimeProvider? time = null)
    {
        var known = _provider.GetServices<NodeType>().Single(one => one.Id == type);
        var json = JsonSerializer.SerializeToElement(config, FlowJson.Relaxed);
        var executor = _provider.GetServices<INodeExecutor>().Single(one => one.Type == type);
        return await executor.ExecuteAsync(
            new NodeExecution
            {
                Run = RunId.New(),
                Start = new RunStart { Workspace = Workspace, Flow = FlowId.New(), Definition = "", Authority = new RunAuthority(UserId.New(), null) },
                Path = "node",
                Attempt = 1,
                Config = json.Deserialize(known.ConfigType!, FlowJson.Relaxed)!,
                Inputs = JsonSerializer.SerializeToElement(inputs ?? new { }, FlowJson.Relaxed).EnumerateObject().ToDictionary(one => one.Name, one => FlowValue.Of(one.Value)),
                Sources = sources ?? [],
                Rights = new RunRights(new Caller(Workspace, null, FrozenSet<string>.Empty), "all"),
                IdempotencyKey = key,
                Steps = null!,
                Stream = _ => { },
                Time = time ?? TimeProvider.System,
            },
            TestContext.Current.CancellationToken);
    }

    public async Task<Error> FailAsync(string type, object config, object? inputs = null, DocumentId[]? sources = null) =>
        Assert.IsType<NodeOutcome.Failed>(await RunAsync(type, config, inputs, sources: sources)).Error;

    /// <summary>Problems of a configuration that its schema cannot express.</summary>
    public IReadOnlyList<ConfigProblem> Check(string type, string config) =>
        [.. _provider.GetServices<NodeType>().Single(one => one.Id == type).Check(JsonElement.Parse(config))];

    public NodeType Type(string type) => _provider.GetServices<NodeType>().Single(one => one.Id == type);

    public ValueTask DisposeAsync() => _provider.DisposeAsync();
}

/// <summary>Connections in memory, and what stays on this machine.</summary>
internal sealed class KeptConnections : IConnectionStore, IDataClasses
{
    private readonly List<OpenedConnection> _kept = [];

    public bool Stays { get; set; }

    /// <summary>Documents of a base that stays.</summary>
    public List<DocumentId> Staying { get; } = [];

    /// <summary>Knowledge bases that stay on this machine.</summary>
    public List<KnowledgeBaseId> StayingBases { get; } = [];

    public void Keep(Connection connection, string? key) => _kept.Add(new OpenedConnection(connection, key));

    public Task<IReadOnlyList<Connection>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Connection>>([.. _kept.Select(one => one.Connection).Where(one => one.Workspace == workspace)]);

    public Task<Result<OpenedConnection>?> OpenAsync(WorkspaceId workspace, string slug, CancellationToken cancellationToken) => Task.FromResult(
        _kept.Find(one => one.Connection.Workspace == workspace && one.Connection.Slug == slug) is { } found ? (Result<OpenedConnection>?)found : null);

    public Task<Error?> FindRefusalOfDocumentsAsync(WorkspaceId workspace, IReadOnlyCollection<DocumentId> documents, CancellationToken cancellationToken) =>
        Task.FromResult(Stays ? ConnectionErrors.WorkspaceStays() : documents.Any(Staying.Contains) ? ConnectionErrors.KnowledgeStays("Salaries") : null);

    public Task<bool> StaysAsync(WorkspaceId workspace, CancellationToken cancellationToken) => Task.FromResult(Stays);

    public Task<Error?> FindRefusalAsync(WorkspaceId workspace, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken) =>
        Task.FromResult(Stays ? ConnectionErrors.WorkspaceStays() : knowledge.Any(StayingBases.Contains) ? ConnectionErrors.KnowledgeStays("Salaries") : null);

    public Task<Connection?> FindAsync(WorkspaceId workspace, ConnectionId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Result<Connection>> CreateAsync(WorkspaceId workspace, string? slug, ConnectionSettings settings, string? key, UserId by, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Result<Connection>> SaveAsync(WorkspaceId workspace, ConnectionId id, long revision, ConnectionSettings settings, string? key, UserId by, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Result<Unit>> DeleteAsync(WorkspaceId workspace, ConnectionId id, UserId by, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Result<OpenedConnection>> DraftAsync(WorkspaceId workspace, ConnectionId? id, ConnectionSettings settings, string? key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SetAsync(WorkspaceId workspace, bool stays, UserId by, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> SetAsync(WorkspaceId workspace, KnowledgeBaseId id, bool stays, UserId by, CancellationToken cancellationToken) => throw new NotSupportedException();
}
