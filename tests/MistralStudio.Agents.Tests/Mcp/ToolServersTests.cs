using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using MistralStudio.Agents.Mcp;
using MistralStudio.Agents.Tests.Nodes;
using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Agents.Tests.Mcp;

public sealed class ToolServersTests : IAsyncLifetime
{
    private McpServer _server = null!;
    private NodeRoom _room = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await McpServer.StartAsync();
        _room = new NodeRoom([_server.Place]);
        _room.Keep("tools", ConnectionKind.Mcp, _server.Address);
    }

    public async ValueTask DisposeAsync()
    {
        await _room.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Servers_AreTheWorkspacesConnections_AndTheOperatorsProcesses()
    {
        await using var room = new NodeRoom([], mcp: options => options.Servers["files"] = new McpProcess { Command = "mcp-files", Title = "Files" });
        room.Keep("tools", ConnectionKind.Mcp, _server.Address);
        room.Keep("orders", ConnectionKind.Http, _server.Address);

        Assert.Equal(
            [new ToolServer("files", "Files", true), new ToolServer("tools", "tools", false)],
            await room.Tools.ListAsync(room.Workspace, Cancel));
        Assert.Equal(["files"], (await room.Tools.ListAsync(WorkspaceId.New(), Cancel)).Select(server => server.Name));
    }

    [Fact]
    public async Task Tools_AreListed_PageByPage_WithTheKey()
    {
        _server.List = cursor => new JsonObject
        {
            ["tools"] = new JsonArray(new JsonObject { ["name"] = cursor is null ? "first" : "second", ["description"] = "Says.", ["inputSchema"] = new JsonObject { ["type"] = "object" } }),
            ["nextCursor"] = cursor is null ? "more" : null,
        };

        var tools = (await _room.Tools.ListToolsAsync(_room.Workspace, "tools", Cancel)).Value;

        Assert.Equal(["first", "second"], tools.Select(tool => tool.Name));
        Assert.Equal("""{"type":"object"}""", tools[0].Parameters.GetRawText());
        Assert.All(_server.Keys, key => Assert.Equal($"Bearer {NodeRoom.Secret}", key));
    }

    [Fact]
    public async Task AnEndlessList_Ends_AndWhatItSaysIsCut()
    {
        var page = 0;
        _server.List = _ => new JsonObject
        {
            ["tools"] = new JsonArray(
                new JsonObject { ["name"] = $"tool-{page++}", ["description"] = new string('x', 100_000) + "\u0000", ["inputSchema"] = new JsonObject { ["type"] = "object", ["title"] = new string('y', 100_000) } },
                new JsonObject { ["name"] = "a tool; rm -rf /", ["description"] = "", ["inputSchema"] = new JsonObject { ["type"] = "object" } }),
            ["nextCursor"] = "always",
        };

        var tools = (await _room.Tools.ListToolsAsync(_room.Workspace, "tools", Cancel)).Value;

        Assert.Equal(20, tools.Count);
        Assert.All(tools, tool => Assert.True(tool.Description.Length <= 4_000 && tool.Parameters.GetRawText().Length < 100 && tool.Name.StartsWith("tool-", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ACall_GivesTextAndStructuredContent_WithoutWhatNobodySees_AndWithoutTheKey()
    {
        JsonObject? asked = null;
        _server.Call = call =>
        {
            asked = call;
            return new JsonObject
            {
                ["content"] = new JsonArray(
                    new JsonObject { ["type"] = "text", ["text"] = "three\u0007\U000E0041 " + NodeRoom.Secret },
                    new JsonObject { ["type"] = "image", ["data"] = "AAAA", ["mimeType"] = "image/png" }),
                ["structuredContent"] = new JsonObject { ["sum"] = 3, ["echo"] = NodeRoom.Secret },
            };
        };

        var result = (await CallAsync("""{"a":1,"b":{"c":[2]}}""")).Value;

        Assert.Equal("three (key)\n[image image/png]", result.Text);
        Assert.Equal("""{"sum":3,"echo":"(key)"}""", result.Structured!.Value.GetRawText());
        Assert.False(result.IsError);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"a":1,"b":{"c":[2]}}"""), asked!["arguments"]));
    }

    [Fact]
    public async Task AToolThatFails_IsAResult()
    {
        _server.Call = _ => McpServer.Text("no such order", isError: true);

        Assert.Equal(new ToolResult("no such order", null, true), (await CallAsync()).Value);
    }

    [Fact]
    public async Task ACallThatTheServerRefuses_SaysWhy()
    {
        _server.Call = _ => new JsonObject { ["error"] = new JsonObject { ["code"] = -32602, ["message"] = $"Unknown tool {NodeRoom.Secret}" } };

        var error = (await CallAsync()).Error!;

        Assert.Equal("mcp.refused", error.Code);
        Assert.Contains("Unknown tool (key)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServerThatIsUnknown_OrAnotherWorkspaces_IsNotThere()
    {
        Assert.Equal("mcp.no_server", (await CallAsync(server: "other")).Error!.Code);
        Assert.Equal("mcp.no_server", (await _room.Tools.CallAsync(new ToolCall(WorkspaceId.New(), "tools", "add", JsonElement.Parse("{}")), Cancel)).Error!.Code);
        Assert.Empty(_server.Methods);
    }

    [Fact]
    public async Task APrivateAddress_IsRefused_BeforeAnythingIsSent()
    {
        await using var room = new NodeRoom([]);
        room.Keep("tools", ConnectionKind.Mcp, _server.Address);

        var error = (await room.Tools.CallAsync(new ToolCall(room.Workspace, "tools", "add", JsonElement.Parse("{}")), Cancel)).Error!;

        Assert.Equal("egress.refused", error.Code);
        Assert.Empty(_server.Methods);
    }

    [Theory]
    [InlineData(401, "mcp.unauthorized")]
    [InlineData(404, "mcp.unreadable")]
    [InlineData(500, "mcp.unreadable")]
    public async Task AServerThatAnswersSomethingElse_IsAClearSentence(int status, string code)
    {
        _server.Before = async http =>
        {
            http.Response.StatusCode = status;
            await http.Response.WriteAsync("<html>nothing</html>");
            return true;
        };

        var error = (await CallAsync()).Error!;

        Assert.Equal(code, error.Code);
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnEndlessAnswer_IsCutOff()
    {
        _server.Call = _ => McpServer.Text(new string('x', 5 << 20));

        Assert.Equal("egress.too_large", (await CallAsync()).Error!.Code);
    }

    [Fact]
    public async Task WhatStaysOnThisMachine_IsSentNowhere()
    {
        var document = DocumentId.New();
        _room.Connections.Staying.Add(document);
        Assert.Equal("connection.stays_on_machine", (await _room.Tools.CallAsync(Call("tools", "{}") with { Sources = [document] }, Cancel)).Error!.Code);
        var knowledge = KnowledgeBaseId.New();
        _room.Connections.StayingBases.Add(knowledge);
        Assert.Equal("connection.stays_on_machine", (await _room.Tools.CallAsync(Call("tools", "{}") with { Knowledge = [knowledge] }, Cancel)).Error!.Code);

        _room.Connections.Stays = true;
        Assert.Equal("connection.stays_on_machine", (await CallAsync()).Error!.Code);
        Assert.Empty(_server.Methods);
    }

    [Fact]
    public async Task AProcess_IsStartedFromTheConfigurationAlone_WithoutOurEnvironment()
    {
        // A server of one tool in a line of shell: reads a message a line, answers what it needs to.
        const string script = """
            while read -r line; do
              id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
              case "$line" in
                *'"method":"initialize"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"1"}}}\n' "$id";;
                *'"method":"tools/call"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"%s/%s"}]}}\n' "$id" "$STUDIO_TEST_SECRET" "$GIVEN";;
                *'"id":'*) printf '{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no"}}\n' "$id";;
              esac
            done
            """;
        Assert.SkipUnless(File.Exists("/bin/sh"), "There is no /bin/sh here.");
        Environment.SetEnvironmentVariable("STUDIO_TEST_SECRET", "ours");
        try
        {
            await using var room = new NodeRoom([], mcp: options => options.Servers["local"] = new McpProcess
            {
                Command = "/bin/sh", Arguments = { "-c", script }, Environment = { ["GIVEN"] = "given" }, StaysOnMachine = true,
            });
            room.Connections.Stays = true;

            var result = await room.Tools.CallAsync(new ToolCall(room.Workspace, "local", "any", JsonElement.Parse("{}")), Cancel);

            Assert.Equal("/given", result.IsSuccess ? result.Value.Text : result.Error.ToString());
        }
        finally
        {
            Environment.SetEnvironmentVariable("STUDIO_TEST_SECRET", null);
        }
    }

    [Fact]
    public async Task AProcess_ThatIsNotThere_SaysSo()
    {
        await using var room = new NodeRoom([], mcp: options => options.Servers["local"] = new McpProcess { Command = "/nowhere/mcp-server" });

        Assert.Equal("mcp.not_started", (await room.Tools.CallAsync(new ToolCall(room.Workspace, "local", "any", JsonElement.Parse("{}")), Cancel)).Error!.Code);
    }

    [Fact]
    public async Task TheNode_PassesValuesOn_AndFailsWhereTheToolDoes()
    {
        JsonNode? asked = null;
        _server.Call = call =>
        {
            asked = call["arguments"];
            return McpServer.Text("done");
        };

        var outcome = await _room.RunAsync("mcp-tool", new { server = "tools", tool = "add", arguments = new { a = "1" }, pass = new[] { "rows", "absent" } }, new { rows = new[] { 1, 2 }, unused = 3 });

        Assert.Equal("done", Assert.IsType<NodeOutcome.Succeeded>(outcome).Outputs["result"].Text);
        Assert.Equal("""{"a":"1","rows":[1,2]}""", asked!.ToJsonString());
        _server.Call = _ => McpServer.Text("no such\norder", isError: true);
        Assert.Equal("The tool \"add\" of \"tools\" failed: no such order.", (await _room.FailAsync("mcp-tool", new { server = "tools", tool = "add" })).Message);
    }

    [Fact]
    public void TheNode_ChangesTheWorld_UnlessItsAuthorSaysThatItOnlyReads()
    {
        Assert.Equal(NodeEffects.Changes, _room.Type("mcp-tool").Effects(JsonElement.Parse("""{"server":"a","tool":"b"}""")));
        Assert.Equal(NodeEffects.Reads, _room.Type("mcp-tool").Effects(JsonElement.Parse("""{"server":"a","tool":"b","readOnly":true}""")));
    }

    private ToolCall Call(string server, string arguments) => new(_room.Workspace, server, "add", JsonElement.Parse(arguments));

    private Task<Result<ToolResult>> CallAsync(string arguments = "{}", string server = "tools") => _room.Tools.CallAsync(Call(server, arguments), Cancel);
}
