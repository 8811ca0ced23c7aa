using Microsoft.Extensions.AI;
using MistralStudio.Agents.Connections;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.Agents.Tests.Connections;

/// <summary>A server, and the client of the product that reaches it by an owner's word.</summary>
internal sealed class ConnectionRoom : IAsyncDisposable
{
    public const string Key = "sk-0123456789abcdef";

    private readonly List<GuardedEgress> _opened = [];

    private ConnectionRoom(OpenAiServer server, TimeProvider time) => (Server, Models) = (server, new RemoteModels(Egress(server.Place), time));

    public OpenAiServer Server { get; }

    public RemoteModels Models { get; }

    /// <summary>How the next connection is set.</summary>
    public Func<ConnectionSettings, ConnectionSettings> Set { get; set; } = settings => settings;

    private ConnectionId Id { get; } = ConnectionId.New();

    public static async Task<ConnectionRoom> OpenAsync(TimeProvider? time = null) => new(await OpenAiServer.StartAsync(), time ?? TimeProvider.System);

    public OpenedConnection Connection(string? key = Key, string slug = "there")
    {
        var settings = Set(new ConnectionSettings
        {
            Name = "There",
            Kind = ConnectionKind.Compatible,
            Address = Server.Address,
            Models = [new ConnectionModel("small", new ModelPrice(2m, 10m))],
            Retries = 0,
        });
        return new(new(Id, WorkspaceId.New(), slug, settings, null, 1, default, default), key);
    }

    public IChatClient Chat(string? key = Key, params IChatClient[] next)
    {
        var connection = Connection(key);
        return Models.Chat(connection, connection.Connection.Settings.Models[0], [.. next.Select((client, place) => new StandIn($"spare/{place}", _ => ValueTask.FromResult<IChatClient?>(client)))]);
    }

    public Task<ChatResponse> AskAsync(ChatOptions? options = null) =>
        Chat().GetResponseAsync([new ChatMessage(ChatRole.User, "Hi")], options, TestContext.Current.CancellationToken);

    /// <summary>Another way out, for another connection.</summary>
    public GuardedEgress Egress(params string[] allowed)
    {
        var egress = new GuardedEgress([OperatorHosts.Read(allowed).Hosts!], new SystemNetwork(), TimeProvider.System);
        _opened.Add(egress);
        return egress;
    }

    public async ValueTask DisposeAsync()
    {
        _opened.ForEach(egress => egress.Dispose());
        await Server.DisposeAsync();
    }
}
