using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.Agents.Tests.Mcp;

/// <summary>
/// A server of tools over streamable HTTP that speaks the revision with the handshake (2025-06-18), and what a test scripts:
/// POST <c>{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{...}}</c> is answered with one JSON object.
/// </summary>
internal sealed class McpServer : IAsyncDisposable
{
    private LocalServer _server = null!;

    /// <summary>What a call of a tool returns; the whole <c>result</c>.</summary>
    public Func<JsonObject, JsonNode> Call { get; set; } = call => Text($"called {call["name"]}");

    /// <summary>What a list of tools returns; the whole <c>result</c>.</summary>
    public Func<string?, JsonNode> List { get; set; } = _ => new JsonObject
    {
        ["tools"] = new JsonArray(new JsonObject
        {
            ["name"] = "add", ["title"] = "Add", ["description"] = "Adds two numbers.",
            ["inputSchema"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["a"] = new JsonObject { ["type"] = "number" } } },
        }),
    };

    /// <summary>Asked before anything else; true where it answered itself.</summary>
    public Func<HttpContext, Task<bool>> Before { get; set; } = _ => Task.FromResult(false);

    /// <summary>Methods in the order in which they came.</summary>
    public ConcurrentQueue<string> Methods { get; } = [];

    /// <summary>Authorization of every request.</summary>
    public ConcurrentQueue<string> Keys { get; } = [];

    public Uri Address => new(_server.Url, "mcp");

    public string Place => $"127.0.0.1:{_server.Port}";

    public static JsonNode Text(string text, bool isError = false) =>
        new JsonObject { ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text }), ["isError"] = isError };

    public static async Task<McpServer> StartAsync()
    {
        var made = new McpServer();
        made._server = await LocalServer.StartAsync(made.AnswerAsync);
        return made;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        Keys.Enqueue(http.Request.Headers.Authorization.ToString());
        if (await Before(http))
        {
            return;
        }

        if (!HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        var message = (await JsonNode.ParseAsync(http.Request.Body))!.AsObject();
        var method = message["method"]?.GetValue<string>() ?? "(response)";
        Methods.Enqueue(method);
        if (message["id"] is not { } id || method == "(response)")
        {
            http.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        var parameters = message["params"] as JsonObject ?? [];
        JsonNode? result = method switch
        {
            "initialize" => new JsonObject
            {
                ["protocolVersion"] = "2025-06-18", ["capabilities"] = new JsonObject { ["tools"] = new JsonObject() }, ["serverInfo"] = new JsonObject { ["name"] = "scripted", ["version"] = "1" },
            },
            "tools/list" => List(parameters["cursor"]?.GetValue<string>()),
            "tools/call" => Call(parameters),
            _ => null,
        };
        var answer = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id.DeepClone() };
        if (result is JsonObject { Count: 1 } wrong && wrong["error"] is { } error)
        {
            answer["error"] = error.DeepClone();
        }
        else if (result is null)
        {
            answer["error"] = new JsonObject { ["code"] = -32601, ["message"] = "Method not found" };
        }
        else
        {
            answer["result"] = result;
        }

        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(answer.ToJsonString(new JsonSerializerOptions()));
    }
}
