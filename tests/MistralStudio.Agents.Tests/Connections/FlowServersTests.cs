using MistralStudio.Agents.Tests.Mcp;
using MistralStudio.Agents.Tests.Nodes;
using MistralStudio.Core.Connections;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.Agents.Tests.Connections;

/// <summary>Testing connections that only flows use.</summary>
public sealed class FlowServersTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ConnectionKind.Http, 200, null)]
    [InlineData(ConnectionKind.Http, 404, null)]
    [InlineData(ConnectionKind.Http, 401, "connection.unauthorized")]
    [InlineData(ConnectionKind.Webhook, 405, null)]
    [InlineData(ConnectionKind.Webhook, 401, null)]
    public async Task AServer_IsKnockedAt_AndAWebhooksSecretStaysHere(ConnectionKind kind, int status, string? code)
    {
        var asked = "";
        await using var server = await LocalServer.StartAsync(http =>
        {
            asked = $"{http.Request.Method} {http.Request.Headers.Authorization}".Trim();
            http.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        await using var room = new NodeRoom([$"127.0.0.1:{server.Port}"]);
        room.Keep("there", kind, server.Url);

        var tested = await room.Remote.TestAsync((await room.Connections.OpenAsync(room.Workspace, "there", Cancel))!.Value.Value, Cancel);

        Assert.Equal(code, tested.Error?.Code);
        Assert.Equal(kind == ConnectionKind.Http ? $"HEAD Bearer {NodeRoom.Secret}" : "HEAD", asked);
    }

    [Fact]
    public async Task AnMcpServer_IsAskedForItsTools()
    {
        await using var server = await McpServer.StartAsync();
        await using var room = new NodeRoom([server.Place]);
        room.Keep("tools", ConnectionKind.Mcp, server.Address);
        var connection = (await room.Connections.OpenAsync(room.Workspace, "tools", Cancel))!.Value.Value;

        Assert.True((await room.Remote.TestAsync(connection, Cancel)).IsSuccess);
        Assert.Contains("tools/list", server.Methods);
        server.Before = http =>
        {
            http.Response.StatusCode = 401;
            return Task.FromResult(true);
        };
        Assert.Equal("mcp.unauthorized", (await room.Remote.TestAsync(connection, Cancel)).Error!.Code);
    }
}
