using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Agents.Mcp;
using MistralStudio.Agents.Outside;
using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using OpenAI;

namespace MistralStudio.Agents.Connections;

/// <inheritdoc cref="IRemoteModels"/>
internal sealed class RemoteModels(IEgress egress, TimeProvider time, ToolServers? tools = null) : IRemoteModels
{
    // What the client library signs with; ConnectionDoor replaces it.
    private static readonly ApiKeyCredential s_noKey = new("none");
    private static readonly EgressLimits s_list = new() { MaxBytes = 4 << 20, HeadTimeout = TimeSpan.FromSeconds(15), TotalTimeout = TimeSpan.FromSeconds(20) };
    private const int MostPings = 3;
    private const int PingTokens = 16;

    // One channel a connection, so that its breaker remembers; a change of the connection begins anew.
    private readonly ConcurrentDictionary<ConnectionId, Channel> _channels = [];

    public IChatClient Chat(OpenedConnection connection, ConnectionModel model, IReadOnlyList<StandIn> next)
    {
        var client = Chat(connection, model, ChannelOf(connection));
        return next.Count == 0 ? client : new FallbackChatClient(client, next);
    }

    public IEmbeddingGenerator<string, Embedding<float>> Embedder(OpenedConnection connection, ConnectionModel model) =>
        Embedder(connection, model, ChannelOf(connection));

    public async Task<Result<IReadOnlyList<string>>> ListAsync(OpenedConnection connection, CancellationToken cancellationToken)
    {
        var settings = connection.Connection.Settings;
        if (settings.Kind == ConnectionKind.AzureOpenAi)
        {
            // Azure lists what could be deployed, not what is.
            return ConnectionErrors.CannotList();
        }

        using var client = new HttpMessageInvoker(new ConnectionDoor(connection, egress.CreateHandler(connection.Connection.Workspace, s_list)));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(settings.Address.ToString().TrimEnd('/') + "/models"));
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            return (int)response.StatusCode switch
            {
                200 => Names(body, connection),
                404 or 405 or 501 => ConnectionErrors.CannotList(),
                var status => RemoteFailures.Of(status, connection, "models", RemoteFailures.ReasonOf(body, connection.Key)),
            };
        }
        catch (Exception exception) when (EgressException.Find(exception) is { } error)
        {
            return error;
        }
    }

    public async Task<Result<TimeSpan>> TestAsync(OpenedConnection connection, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        if (!connection.Connection.Settings.Kind.HasModels())
        {
            return await KnockAsync(connection, cancellationToken) is { } refused ? refused : time.GetElapsedTime(began);
        }

        var listed = await ListAsync(connection, cancellationToken);
        if (!listed.IsSuccess && listed.Error.Code != ConnectionErrors.CannotList().Code)
        {
            return listed.Error;
        }

        var settings = connection.Connection.Settings;
        if (settings.Models.Count == 0)
        {
            return ConnectionErrors.NoModels();
        }

        // What the server does not list it may know all the same (an alias, a deployment): one word tells.
        var known = listed.IsSuccess ? listed.Value : [];
        foreach (var model in settings.Models.Where(model => !known.Contains(model.Name)).Take(MostPings))
        {
            if (await PingAsync(connection, model, cancellationToken) is { } error)
            {
                return error;
            }
        }

        return time.GetElapsedTime(began);
    }

    // A server that flows speak to: its tools are listed; of any other it is only known that it answers and takes the key.
    private async Task<Error?> KnockAsync(OpenedConnection connection, CancellationToken cancellationToken)
    {
        var settings = connection.Connection.Settings;
        if (settings.Kind == ConnectionKind.Mcp)
        {
            var listed = await tools!.ListToolsAsync(connection, cancellationToken);
            return listed.IsSuccess ? null : listed.Error;
        }

        using var request = new HttpRequestMessage(HttpMethod.Head, settings.Address);
        if (settings.Kind == ConnectionKind.Http)
        {
            ServerKey.Put(request, connection);
        }

        var sent = await egress.SendAsync(connection.Connection.Workspace, request, s_list, cancellationToken);
        if (!sent.IsSuccess)
        {
            return sent.Error;
        }

        using var response = sent.Value;
        return (int)response.StatusCode is 401 or 403 && settings.Kind == ConnectionKind.Http ? ConnectionErrors.Unauthorized(connection.Connection.Slug) : null;
    }

    private async Task<Error?> PingAsync(OpenedConnection connection, ConnectionModel model, CancellationToken cancellationToken)
    {
        using var channel = new Channel(connection, egress, time, isPatient: false);
        try
        {
            await (model.Task == ModelTask.Embedding
                ? Embedder(connection, model, channel).GenerateAsync(["hi"], cancellationToken: cancellationToken) as Task
                : Chat(connection, model, channel).GetResponseAsync([new ChatMessage(ChatRole.User, "Say hi.")], new() { MaxOutputTokens = PingTokens }, cancellationToken));
            return null;
        }
        catch (ModelException failure)
        {
            return failure.Error;
        }
    }

    private RemoteChatClient Chat(OpenedConnection connection, ConnectionModel model, Channel channel)
    {
        var options = new OpenAIClientOptions
        {
            Endpoint = AddressOf(connection.Connection.Settings, model),
            Transport = new HttpClientPipelineTransport(channel.Http),
            // Patience is the channel's, time limits are the way out's, and their logs would hold what was said.
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            ClientLoggingOptions = new ClientLoggingOptions { EnableLogging = false },
            EnableDistributedTracing = false,
        };
        return new RemoteChatClient(new OpenAIClient(s_noKey, options).GetChatClient(model.Name).AsIChatClient(), connection, model, time);
    }

    private RemoteEmbedder Embedder(OpenedConnection connection, ConnectionModel model, Channel channel) => new(
        channel.Http, new Uri(AddressOf(connection.Connection.Settings, model).ToString().TrimEnd('/') + "/embeddings"), connection, model, time);

    private static Uri AddressOf(ConnectionSettings settings, ConnectionModel model) => settings.Kind == ConnectionKind.AzureOpenAi
        ? new Uri($"{settings.Address.ToString().TrimEnd('/')}/openai/deployments/{Uri.EscapeDataString(model.Name)}")
        : settings.Address;

    private Channel ChannelOf(OpenedConnection connection) => _channels.AddOrUpdate(
        connection.Connection.Id,
        _ => new Channel(connection, egress, time, isPatient: true),
        // An answer that still runs over the channel before keeps it alive.
        (_, known) => known.Revision == connection.Connection.Revision ? known : new Channel(connection, egress, time, isPatient: true));

    private static Result<IReadOnlyList<string>> Names(string body, OpenedConnection connection)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var list = json.RootElement.ValueKind == JsonValueKind.Array ? json.RootElement : json.RootElement.GetProperty("data");
            IReadOnlyList<string> names = [.. list.EnumerateArray().Select(model => model.GetProperty("id").GetString()!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            return Result<IReadOnlyList<string>>.Success(names);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return ConnectionErrors.Unreadable(connection.Connection.Slug);
        }
    }

    private sealed class Channel : IDisposable
    {
        private const long MaxBytes = 256L << 20;
        private static readonly TimeSpan s_longestAnswer = TimeSpan.FromMinutes(30);

        public Channel(OpenedConnection connection, IEgress egress, TimeProvider time, bool isPatient)
        {
            var settings = connection.Connection.Settings;
            Revision = connection.Connection.Revision;
            var wait = TimeSpan.FromSeconds(settings.TimeoutSeconds);
            var limits = new EgressLimits { MaxBytes = MaxBytes, HeadTimeout = wait, IdleTimeout = wait, TotalTimeout = s_longestAnswer };
            HttpMessageHandler handler = new ConnectionDoor(connection, egress.CreateHandler(connection.Connection.Workspace, limits));
            Http = new HttpClient(isPatient ? new PatientHandler(ServerPatience.Create(settings, time), handler) : handler) { Timeout = Timeout.InfiniteTimeSpan };
        }

        public long Revision { get; }

        public HttpClient Http { get; }

        public void Dispose() => Http.Dispose();
    }
}
