using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace MistralStudio.Tests.Shared.Servers;

/// <summary>A request as it came over the wire.</summary>
public sealed record SeenRequest(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, JsonObject? Body);

/// <summary>A real server that speaks OpenAI's chat over the wire: it answers with the next of its scripted answers, then with a greeting.</summary>
public sealed class OpenAiServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<Func<HttpContext, JsonObject, Task>> _script = [];
    private LocalServer _server = null!;

    private OpenAiServer()
    {
    }

    /// <summary>Where its API begins.</summary>
    public Uri Address => new(_server.Url, "/v1");

    /// <summary>Its root.</summary>
    public Uri Root => _server.Url;

    /// <summary><c>127.0.0.1:port</c>.</summary>
    public string Place => $"127.0.0.1:{_server.Port}";

    /// <summary>The key it wants; null for none.</summary>
    public string? Key { get; set; }

    /// <summary>What it lists; null makes it list nothing, with status 404.</summary>
    public string[]? Models { get; set; } = ["small", "large"];

    /// <summary>The words of chat answers that nothing was scripted for.</summary>
    public Func<JsonObject, string[]> Otherwise { get; set; } = _ => ["Hello", " there"];

    /// <summary>Writes chat answers that nothing was scripted for, where a test wants more than words of them.</summary>
    public Func<HttpContext, Task>? Streaming { get; set; }

    /// <summary>Every request for a chat or for vectors.</summary>
    public ConcurrentQueue<SeenRequest> Requests { get; } = [];

    /// <summary>Starts one.</summary>
    public static async Task<OpenAiServer> StartAsync()
    {
        var server = new OpenAiServer();
        server._server = await LocalServer.StartAsync(server.AnswerAsync);
        return server;
    }

    /// <summary>Adds the answer to the next chat request that has none yet.</summary>
    public OpenAiServer Next(Func<HttpContext, JsonObject, Task> answer)
    {
        _script.Enqueue(answer);
        return this;
    }

    /// <summary>Adds an error.</summary>
    public OpenAiServer NextStatus(int status, string message = "it went wrong", string? retryAfter = null) =>
        Next((http, _) => FailAsync(http, status, message, retryAfter));

    /// <summary>Adds an answer of these words, streamed where the request asks for it.</summary>
    public OpenAiServer NextText(params string[] words) => Next((http, body) => TextAsync(http, body, words));

    /// <summary>Adds an answer of tokens, with how likely each and what else was; bytes come with those that have alternatives.</summary>
    public OpenAiServer NextLogprobs(params (string Text, double Logprob, (string Text, double Logprob)[] Top)[] tokens) => Next(async (http, _) =>
    {
        await BeginAsync(http);
        foreach (var token in tokens)
        {
            var top = token.Top.Select(other => new { token = other.Text, logprob = other.Logprob, bytes = Encoding.UTF8.GetBytes(other.Text).Select(b => (int)b) });
            var told = new { token = token.Text, logprob = token.Logprob, bytes = token.Top.Length > 0 ? Encoding.UTF8.GetBytes(token.Text).Select(b => (int)b) : null, top_logprobs = top };
            var choice = new { index = 0, delta = new { content = token.Text }, logprobs = new { content = new[] { told } }, finish_reason = (string?)null };
            await http.Response.WriteAsync($"data: {JsonSerializer.Serialize(new { id = "c1", @object = "chat.completion.chunk", created = 1, model = "m", choices = new[] { choice } })}\n\n");
        }

        await EndAsync(http, "stop");
    });

    /// <summary>Adds an answer that breaks off after these words, once they were read: what was not is lost with the connection.</summary>
    public OpenAiServer NextBreak(Task read, params string[] words) => Next((http, body) => TextAsync(http, body, words, read));

    /// <summary>Adds an answer that never comes.</summary>
    public OpenAiServer NextSilence() => Next((http, _) => Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));

    /// <summary>Adds the call of a tool, its arguments in pieces.</summary>
    public OpenAiServer NextToolCall(string name, params string[] arguments) => Next(async (http, _) =>
    {
        await BeginAsync(http);
        var call = new { index = 0, id = "call_1", type = "function", function = new { name, arguments = "" } };
        await ChunkAsync(http, JsonSerializer.Serialize(new { role = "assistant", tool_calls = new[] { call } }));
        foreach (var piece in arguments)
        {
            await ChunkAsync(http, JsonSerializer.Serialize(new { tool_calls = new[] { new { index = 0, function = new { arguments = piece } } } }));
        }

        await EndAsync(http, "tool_calls");
    });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        var request = http.Request;
        var body = request.ContentLength is 0 || HttpMethods.IsGet(request.Method) ? null : await JsonNode.ParseAsync(request.Body) as JsonObject;
        var isChat = request.Path.Value!.EndsWith("/chat/completions", StringComparison.Ordinal);
        if (isChat)
        {
            Requests.Enqueue(new(
                request.Method, request.Path, request.QueryString.Value ?? "", request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body));
        }

        var sent = request.Headers.Authorization.ToString() is { Length: > 7 } bearer ? bearer[7..] : request.Headers["api-key"].ToString();
        if (Key is not null && sent != Key)
        {
            // As OpenAI does it: the wrong key stands in the answer.
            await FailAsync(http, 401, $"Incorrect API key provided: {sent}. You can find your API key in your account.", null);
        }
        else if (isChat)
        {
            await (_script.TryDequeue(out var scripted) ? scripted(http, body!) : Streaming is { } stream ? stream(http) : TextAsync(http, body!, Otherwise(body!)));
        }
        else if (request.Path.Value!.EndsWith("/embeddings", StringComparison.Ordinal))
        {
            Requests.Enqueue(new(request.Method, request.Path, request.QueryString.Value ?? "", new Dictionary<string, string>(), body));
            await (_script.TryDequeue(out var scripted) ? scripted(http, body!) : VectorsAsync(http, body!));
        }
        else if (request.Path.Value!.EndsWith("/models", StringComparison.Ordinal) && Models is { } models)
        {
            await http.Response.WriteAsJsonAsync(new { @object = "list", data = models.Select(id => new { id, @object = "model" }) });
        }
        else
        {
            await FailAsync(http, 404, "Not Found", null);
        }
    }

    // Of each text its length and one; backwards, since only the index says which is whose.
    private static Task VectorsAsync(HttpContext http, JsonObject body)
    {
        var data = body["input"]!.AsArray().Select((text, index) => new { @object = "embedding", index, embedding = new[] { text!.GetValue<string>().Length, 1f } }).Reverse();
        return http.Response.WriteAsJsonAsync(new { @object = "list", data, usage = new { prompt_tokens = 5, total_tokens = 5 } });
    }

    private static async Task TextAsync(HttpContext http, JsonObject body, string[] words, Task? breaks = null)
    {
        if (body["stream"]?.GetValue<bool>() is not true)
        {
            var message = new { role = "assistant", content = string.Concat(words) };
            await http.Response.WriteAsJsonAsync(new
            {
                id = "c1",
                @object = "chat.completion",
                created = 1,
                model = "m",
                choices = new[] { new { index = 0, finish_reason = "stop", message } },
                usage = new { prompt_tokens = 11, completion_tokens = 7, total_tokens = 18 },
            });
            return;
        }

        await BeginAsync(http);
        await ChunkAsync(http, """{"role":"assistant","content":""}""");
        foreach (var word in words)
        {
            await ChunkAsync(http, JsonSerializer.Serialize(new { content = word }));
        }

        if (breaks is not null)
        {
            await breaks;
            http.Abort();
            return;
        }

        await EndAsync(http, "stop");
    }

    private static Task BeginAsync(HttpContext http)
    {
        http.Response.ContentType = "text/event-stream";
        return http.Response.Body.FlushAsync();
    }

    private static async Task ChunkAsync(HttpContext http, string delta, string finish = "null")
    {
        const string Head = "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":";
        await http.Response.WriteAsync($"{Head}{delta},\"finish_reason\":{finish}}}]}}\n\n");
        await http.Response.Body.FlushAsync();
    }

    private static async Task EndAsync(HttpContext http, string finish)
    {
        await ChunkAsync(http, "{}", $"\"{finish}\"");
        await http.Response.WriteAsync("""data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}""" + "\n\ndata: [DONE]\n\n");
    }

    private static async Task FailAsync(HttpContext http, int status, string message, string? retryAfter)
    {
        http.Response.StatusCode = status;
        if (retryAfter is not null)
        {
            http.Response.Headers.RetryAfter = retryAfter;
        }

        await http.Response.WriteAsJsonAsync(new { error = new { message, type = "error", code = status.ToString(CultureInfo.InvariantCulture) } });
    }
}
