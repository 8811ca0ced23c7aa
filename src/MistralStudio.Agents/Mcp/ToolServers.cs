using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MistralStudio.Agents.Outside;
using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Ids;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace MistralStudio.Agents.Mcp;

/// <inheritdoc cref="IToolServers"/>
/// <remarks>One session a call: nothing of one run, workspace or key is left at a server's connection for the next.</remarks>
internal sealed class ToolServers(
    IConnectionStore connections, OutsideGate gate, IEgress egress, IOptions<McpOptions> options, TimeProvider time) : IToolServers
{
    /// <summary>Bytes that one answer of a server may have.</summary>
    public const long MostBytes = 4 << 20;

    private const int MostTools = 500;
    private const int MostPages = 20;

    private static readonly Implementation s_client = new() { Name = "MistralStudio", Version = "1" };

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ToolServer>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        var kept = await connections.ListAsync(workspace, cancellationToken);
        return
        [
            .. kept.Where(connection => connection.Settings.Kind == ConnectionKind.Mcp)
                .Select(connection => new ToolServer(connection.Slug, connection.Settings.Name, IsProcess: false))
                .Concat(options.Value.Servers.Where(server => !kept.Any(connection => connection.Slug == server.Key && connection.Settings.Kind == ConnectionKind.Mcp))
                    .Select(server => new ToolServer(server.Key, server.Value.Title is { Length: > 0 } title ? title : server.Key, IsProcess: true)))
                .OrderBy(server => server.Name, StringComparer.Ordinal),
        ];
    }

    /// <inheritdoc/>
    public Task<Result<IReadOnlyList<ServerTool>>> ListToolsAsync(WorkspaceId workspace, string server, CancellationToken cancellationToken) =>
        TalkAsync(workspace, server, [], [], (client, _, token) => ToolsAsync(client, token), cancellationToken);

    /// <summary>The tools of a connection's server, as a test of the connection.</summary>
    public Task<Result<IReadOnlyList<ServerTool>>> ListToolsAsync(OpenedConnection connection, CancellationToken cancellationToken)
    {
        var wait = TimeSpan.FromSeconds(Math.Min(connection.Connection.Settings.TimeoutSeconds, 20));
        return TalkAsync(connection.Connection.Slug, new Session(Http(connection, wait), connection.Key, wait, IsProcess: false), (client, _, token) => ToolsAsync(client, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Result<ToolResult>> CallAsync(ToolCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.Arguments.ValueKind != JsonValueKind.Object)
        {
            return McpErrors.BadArguments();
        }

        return await TalkAsync(call.Workspace, call.Server, call.Sources, call.Knowledge, async (client, key, token) =>
        {
            var arguments = call.Arguments.EnumerateObject().GroupBy(one => one.Name, StringComparer.Ordinal).ToDictionary(one => one.Key, one => one.Last().Value, StringComparer.Ordinal);
            var result = await client.CallToolAsync(new CallToolRequestParams { Name = call.Tool, Arguments = arguments }, token);
            return ToolAnswer.Of(call.Server, result, key, MostBytes);
        }, cancellationToken);
    }

    private static async ValueTask<Result<IReadOnlyList<ServerTool>>> ToolsAsync(McpClient client, CancellationToken cancellationToken)
    {
        var tools = new List<ServerTool>();
        string? cursor = null;
        for (var page = 0; page < MostPages && tools.Count < MostTools; page++)
        {
            var listed = await client.ListToolsAsync(new ListToolsRequestParams { Cursor = cursor }, cancellationToken);
            tools.AddRange(listed.Tools.Select(ToolAnswer.Describe).OfType<ServerTool>());
            if (string.IsNullOrEmpty(cursor = listed.NextCursor))
            {
                break;
            }
        }

        return Result<IReadOnlyList<ServerTool>>.Success([.. tools.DistinctBy(tool => tool.Name).Take(MostTools)]);
    }

    private async Task<Result<T>> TalkAsync<T>(
        WorkspaceId workspace,
        string server,
        IReadOnlyCollection<DocumentId> sources,
        IReadOnlyCollection<KnowledgeBaseId> knowledge,
        Func<McpClient, string?, CancellationToken, ValueTask<Result<T>>> talk,
        CancellationToken cancellationToken)
    {
        var found = await FindAsync(workspace, server, sources, knowledge, cancellationToken);
        return found.IsSuccess ? await TalkAsync(server, found.Value, talk, cancellationToken) : found.Error;
    }

    private async Task<Result<T>> TalkAsync<T>(
        string server, Session found, Func<McpClient, string?, CancellationToken, ValueTask<Result<T>>> talk, CancellationToken cancellationToken)
    {
        var (transport, key, wait, isProcess) = found;
        await using var closing = transport as IAsyncDisposable;
        using var limit = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var session = new McpClientOptions { ClientInfo = s_client, InitializationTimeout = wait };
            await using var client = await McpClient.CreateAsync(transport, session, NullLoggerFactory.Instance, either.Token);
            return await talk(client, key, either.Token);
        }
        catch (Exception failed) when (!cancellationToken.IsCancellationRequested && ToolFailures.Of(failed, server, key, isProcess, wait) is { } error)
        {
            return error;
        }
    }

    private async ValueTask<Result<Session>> FindAsync(
        WorkspaceId workspace, string server, IReadOnlyCollection<DocumentId> sources, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken)
    {
        var isProcess = options.Value.Servers.TryGetValue(server, out var process);
        if (!(isProcess && process!.StaysOnMachine) && await gate.FindRefusalAsync(workspace, sources, knowledge, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var opened = await gate.OpenAsync(workspace, server, ConnectionKind.Mcp, cancellationToken);
        if (opened.IsSuccess)
        {
            var wait = TimeSpan.FromSeconds(opened.Value.Connection.Settings.TimeoutSeconds);
            return new Session(Http(opened.Value, wait), opened.Value.Key, wait, IsProcess: false);
        }

        if (!isProcess)
        {
            return opened.Error.Code is "outside.no_connection" or "outside.other_kind" ? McpErrors.NoServer(server) : opened.Error;
        }

        return new Session(Process(server, process!), null, TimeSpan.FromSeconds(options.Value.TimeoutSeconds), IsProcess: true);
    }

    private HttpClientTransport Http(OpenedConnection connection, TimeSpan wait)
    {
        var limits = new EgressLimits { MaxBytes = MostBytes, HeadTimeout = wait, IdleTimeout = wait, TotalTimeout = wait };
        var http = new HttpClient(new ServerKeyHandler(connection, egress.CreateHandler(connection.Connection.Workspace, limits))) { Timeout = Timeout.InfiniteTimeSpan };
        return new HttpClientTransport(
            new HttpClientTransportOptions
            {
                Endpoint = connection.Connection.Settings.Address,
                TransportMode = HttpTransportMode.StreamableHttp,
                ConnectionTimeout = wait,
                // Nothing that a server says unasked is listened to.
                EnableStandaloneGetStream = false,
                MaxReconnectionAttempts = 0,
            },
            http,
            NullLoggerFactory.Instance,
            ownsHttpClient: true);
    }

    private static StdioClientTransport Process(string name, McpProcess process)
    {
        var environment = StdioClientTransportOptions.GetDefaultEnvironmentVariables();
        foreach (var (variable, value) in process.Environment)
        {
            environment[variable] = value;
        }

        return new StdioClientTransport(
            new StdioClientTransportOptions
            {
                Name = name,
                Command = process.Command,
                Arguments = [.. process.Arguments],
                WorkingDirectory = process.WorkingDirectory is { Length: > 0 } folder ? folder : null,
                // Ours holds keys and passwords of the whole studio.
                InheritEnvironmentVariables = false,
                EnvironmentVariables = environment,
                ShutdownTimeout = TimeSpan.FromSeconds(2),
            },
            NullLoggerFactory.Instance);
    }

    private sealed record Session(IClientTransport Transport, string? Key, TimeSpan Wait, bool IsProcess);
}

/// <summary>What the protocol's library throws, as a failure of the product.</summary>
internal static class ToolFailures
{
    /// <summary>The failure; null for a bug.</summary>
    public static Error? Of(Exception failed, string server, string? key, bool isProcess, TimeSpan wait) => failed switch
    {
        _ when EgressException.Find(failed) is { } egress => egress,
        OperationCanceledException or TimeoutException => McpErrors.TimedOut(server, wait),
        HttpRequestException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } => McpErrors.Unauthorized(server),
        McpProtocolException refused => McpErrors.Refused(server, ServerKey.Hide(refused.Message, key)),
        _ when isProcess && failed is IOException or InvalidOperationException or System.ComponentModel.Win32Exception => McpErrors.NotStarted(server),
        McpException or HttpRequestException or IOException or JsonException or InvalidOperationException or NotSupportedException or FormatException or ArgumentException
            => McpErrors.Unreadable(server),
        AggregateException { InnerException: { } inner } => Of(inner, server, key, isProcess, wait),
        _ => null,
    };
}
