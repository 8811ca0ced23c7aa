using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.Agents.Tests.Nodes;

public sealed class HttpRequestTests : IAsyncLifetime
{
    private LocalServer _server = null!;
    private NodeRoom _room = null!;
    private RequestDelegate _answer = _ => Task.CompletedTask;
    private readonly List<(string Line, Dictionary<string, string> Headers, string Body)> _asked = [];

    public async ValueTask InitializeAsync()
    {
        _server = await LocalServer.StartAsync(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            _asked.Add(($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}", http.Request.Headers.ToDictionary(one => one.Key, one => one.Value.ToString(), StringComparer.OrdinalIgnoreCase), await reader.ReadToEndAsync()));
            await _answer(http);
        });
        _room = new NodeRoom([$"127.0.0.1:{_server.Port}"]);
    }

    public async ValueTask DisposeAsync()
    {
        await _room.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task AJsonAnswer_IsJson_WithStatusAndHeaders()
    {
        _answer = http =>
        {
            http.Response.StatusCode = 201;
            http.Response.Headers.SetCookie = "session=1";
            http.Response.Headers["X-Rate"] = "9";
            http.Response.ContentType = "application/problem+json; charset=utf-8";
            return http.Response.WriteAsync("""{"id": 7}""");
        };

        var outputs = await GetAsync();

        Assert.Equal("201", outputs["status"].Text);
        Assert.Equal("""{"id": 7}""", outputs["body"].Json.GetRawText());
        var headers = outputs["headers"].Json;
        Assert.Equal("9", headers.GetProperty("x-rate").GetString());
        Assert.False(headers.TryGetProperty("set-cookie", out _));
    }

    [Theory]
    [InlineData("text/plain", "caf\u00e9", "caf\u00e9")]
    [InlineData("application/json", "{ not json", "{ not json")]
    [InlineData("application/octet-stream", "just text", "just text")]
    [InlineData("text/plain", "\uFEFFbom", "bom")]
    [InlineData("text/plain", "", null)]
    public async Task AnyOtherText_IsText(string type, string said, string? text)
    {
        _answer = http =>
        {
            http.Response.ContentType = type;
            return http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(said)).AsTask();
        };

        var body = (await GetAsync())["body"].Json;

        Assert.Equal(text, body.ValueKind == JsonValueKind.Null ? null : body.GetString());
    }

    [Fact]
    public async Task ACharset_IsHeeded()
    {
        _answer = http =>
        {
            http.Response.ContentType = "text/plain; charset=iso-8859-1";
            return http.Response.Body.WriteAsync(new byte[] { 0x63, 0xE9 }).AsTask();
        };

        Assert.Equal("c\u00e9", (await GetAsync())["body"].Text);
    }

    [Fact]
    public async Task WhatIsNoText_IsAClearSentence()
    {
        _answer = http =>
        {
            http.Response.ContentType = "image/png";
            return http.Response.Body.WriteAsync(new byte[] { 0x89, 0x50, 0x4E, 0x47, 0x00 }).AsTask();
        };

        var error = await _room.FailAsync("http-request", new { url = _server.Url });

        Assert.Equal("http.not_text", error.Code);
        Assert.Contains("image/png", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JsonWithoutBottom_IsText()
    {
        _answer = http =>
        {
            http.Response.ContentType = "application/json";
            return http.Response.WriteAsync(new string('[', 100_000));
        };

        Assert.Equal(JsonValueKind.String, (await GetAsync())["body"].Json.ValueKind);
    }

    [Fact]
    public async Task Method_Query_Headers_AndBody_AreSent_AndNothingOfOurs()
    {
        await _room.RunAsync("http-request", new
        {
            method = "POST",
            url = $"{_server.Url}orders?a=1",
            query = new Dictionary<string, string> { ["q"] = "a&b=c d/\u00e9" },
            headers = new Dictionary<string, string> { ["Accept"] = "application/json", ["X-Team"] = "blue" },
            body = """{"text": "hello"}""",
        });

        var (line, headers, body) = Assert.Single(_asked);
        Assert.Equal("POST /orders?a=1&q=a%26b%3Dc%20d%2F%C3%A9", line);
        Assert.Equal("""{"text": "hello"}""", body);
        Assert.Equal("application/json", headers["Content-Type"]);
        Assert.Equal(["accept", "content-length", "content-type", "host", "x-team"], headers.Keys.Select(name => name.ToLowerInvariant()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task AnIdempotentRequest_HasOneKey_ForEveryAttempt()
    {
        var config = new { method = "POST", url = _server.Url, body = "x", idempotent = true };
        await _room.RunAsync("http-request", config, key: "run/pay");
        await _room.RunAsync("http-request", config, key: "run/pay");
        await _room.RunAsync("http-request", config, key: "run/other");

        Assert.Equal(["run/pay", "run/pay", "run/other"], _asked.Select(one => one.Headers["Idempotency-Key"]));
    }

    [Theory]
    [InlineData("GET", false, NodeEffects.Reads, false)]
    [InlineData("HEAD", false, NodeEffects.Reads, false)]
    [InlineData("POST", false, NodeEffects.Changes, false)]
    [InlineData("DELETE", true, NodeEffects.Changes, true)]
    public void Effects_FollowTheMethod(string method, bool idempotent, NodeEffects effects, bool counted)
    {
        var config = JsonSerializer.SerializeToElement(new { method, url = "https://a.example", idempotent });

        Assert.Equal(effects, _room.Type("http-request").Effects(config));
        Assert.Equal(counted, _room.Type("http-request").IsIdempotent(config));
    }

    [Theory]
    [InlineData("GET", false, 429, true)]
    [InlineData("GET", false, 503, true)]
    [InlineData("GET", false, 500, true)]
    [InlineData("GET", false, 404, false)]
    [InlineData("POST", false, 503, false)]
    [InlineData("POST", true, 503, true)]
    [InlineData("POST", true, 422, false)]
    public async Task AnErrorStatus_Fails_AndIsTriedAgainWhereThatDoesNoHarm(string method, bool idempotent, int status, bool isTransient)
    {
        _answer = http =>
        {
            http.Response.StatusCode = status;
            http.Response.Headers.RetryAfter = "7";
            return http.Response.WriteAsync("secret words of the server");
        };

        var failed = Assert.IsType<NodeOutcome.Failed>(await _room.RunAsync("http-request", new { method, url = _server.Url, idempotent }));

        Assert.Equal("http.status", failed.Error.Code);
        Assert.Contains($"{status}", failed.Error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret words", failed.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal(isTransient, failed.IsTransient);
        Assert.Equal(TimeSpan.FromSeconds(7), failed.RetryAfter);
    }

    [Theory]
    [InlineData("315360000", 3600)]
    [InlineData("Wed, 21 Oct 2015 07:28:00 GMT", null)]
    [InlineData("soon", null)]
    public async Task APause_IsNoLongerThanAnHour_AndNoneWhereItIsNone(string asked, int? seconds)
    {
        _answer = http =>
        {
            http.Response.StatusCode = 503;
            http.Response.Headers.RetryAfter = asked;
            return Task.CompletedTask;
        };

        var failed = Assert.IsType<NodeOutcome.Failed>(await _room.RunAsync("http-request", new { url = _server.Url }));

        Assert.Equal(seconds, (int?)failed.RetryAfter?.TotalSeconds);
    }

    [Fact]
    public async Task AnyStatus_IsAnAnswer_WhereTheAuthorSaysSo()
    {
        _answer = http =>
        {
            http.Response.StatusCode = 404;
            return http.Response.WriteAsync("nothing here");
        };

        var outputs = Assert.IsType<NodeOutcome.Succeeded>(await _room.RunAsync("http-request", new { url = _server.Url, anyStatus = true })).Outputs;

        Assert.Equal("404", outputs["status"].Text);
        Assert.Equal("nothing here", outputs["body"].Text);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://10.0.0.1/")]
    [InlineData("http://rebound.test/")]
    public async Task PrivateAddresses_AreRefused(string url)
    {
        _room.Network.Name("rebound.test", "192.168.0.1");

        Assert.Equal("egress.refused", (await _room.FailAsync("http-request", new { url })).Code);
        Assert.Empty(_room.Network.Dialled);
    }

    [Fact]
    public async Task ARedirect_IntoThisMachine_IsRefused()
    {
        await using var inside = await LocalServer.StartAsync(http => http.Response.WriteAsync("metadata"));
        _answer = http =>
        {
            http.Response.Redirect(inside.Url.ToString());
            return Task.CompletedTask;
        };

        Assert.Equal("egress.refused", (await _room.FailAsync("http-request", new { url = _server.Url })).Code);
    }

    [Fact]
    public async Task APost_ThatIsSentOn_IsNotFollowed()
    {
        _answer = http =>
        {
            http.Response.Redirect("https://elsewhere.example/", permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        };

        Assert.Equal("egress.redirected", (await _room.FailAsync("http-request", new { method = "POST", url = _server.Url, body = "x" })).Code);
    }

    [Fact]
    public async Task AnEndlessBody_IsCutOff()
    {
        _answer = async http =>
        {
            var piece = new byte[1 << 20];
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.Body.WriteAsync(piece, http.RequestAborted);
            }
        };

        Assert.Equal("egress.too_large", (await _room.FailAsync("http-request", new { url = _server.Url })).Code);
    }

    [Fact]
    public async Task AServerThatSaysNothing_IsGivenUp_AndTriedAgain()
    {
        _answer = http => Task.Delay(Timeout.Infinite, http.RequestAborted);

        var failed = Assert.IsType<NodeOutcome.Failed>(await _room.RunAsync("http-request", new { url = _server.Url, timeoutSeconds = 1 }));

        Assert.Equal("egress.timeout", failed.Error.Code);
        Assert.True(failed.IsTransient);
    }

    [Theory]
    [InlineData("X-A", "b\r\nX-Injected: 1")]
    [InlineData("X-A", "b\nc")]
    [InlineData("X-A\r\nX-B", "c")]
    [InlineData("X A", "c")]
    public async Task AHeader_StaysOneHeader(string name, string value)
    {
        Assert.Equal("http.bad_header", (await _room.FailAsync("http-request", new { url = _server.Url, headers = new Dictionary<string, string> { [name] = value } })).Code);
        Assert.Empty(_asked);
    }

    [Theory]
    [InlineData("Authorization", "http.secret_header")]
    [InlineData("cookie", "http.secret_header")]
    [InlineData("x-api-key", "http.secret_header")]
    [InlineData("Host", "http.own_header")]
    [InlineData("content-length", "http.own_header")]
    [InlineData("Transfer-Encoding", "http.own_header")]
    [InlineData("Idempotency-Key", "http.own_header")]
    [InlineData("no name", "http.bad_header")]
    public void SecretsAndWhatCarriesTheRequest_DoNotCompile(string name, string code)
    {
        var problem = Assert.Single(_room.Check("http-request", $$$"""{"url":"https://a.example","headers":{"{{{name}}}":"x"}}"""));

        Assert.Equal(code, problem.Error.Code);
        Assert.Equal($"/headers/{name}", problem.Field);
    }

    [Fact]
    public async Task ABodyThatIsToBeJson_AndIsNone_IsNotSent()
    {
        Assert.Equal("http.body_not_json", (await _room.FailAsync("http-request", new
        {
            method = "POST", url = _server.Url, headers = new Dictionary<string, string> { ["Content-Type"] = "application/json" }, body = "{\"text\": \"he said \"no\"\"}",
        })).Code);
        Assert.Empty(_asked);
    }

    [Theory]
    [InlineData("ftp://a.example/")]
    [InlineData("https://you:secret@a.example/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("/orders")]
    [InlineData("https://a.example/\u0000")]
    [InlineData("javascript:alert(1)")]
    public async Task WhatIsNoAddress_IsAClearSentence(string url) => Assert.Equal("http.bad_url", (await _room.FailAsync("http-request", new { url })).Code);

    [Fact]
    public async Task AConnection_BringsItsKey_ToItsServerAlone_AndItNeverComesBack()
    {
        _room.Keep("orders", ConnectionKind.Http, new Uri(_server.Url, "api/"));
        _answer = http =>
        {
            http.Response.ContentType = "application/json";
            http.Response.Headers["X-Echo"] = http.Request.Headers.Authorization.ToString();
            return http.Response.WriteAsync(JsonSerializer.Serialize(new { echo = http.Request.Headers.Authorization.ToString() }));
        };

        var outputs = Assert.IsType<NodeOutcome.Succeeded>(await _room.RunAsync("http-request", new { url = "/orders/7", connection = "orders" })).Outputs;

        Assert.Equal("GET /api/orders/7", _asked[0].Line);
        Assert.Equal($"Bearer {NodeRoom.Secret}", _asked[0].Headers["Authorization"]);
        Assert.All(outputs.Values, output => Assert.DoesNotContain(NodeRoom.Secret, output.Text, StringComparison.Ordinal));
        Assert.Equal("Bearer (key)", outputs["body"].Json.GetProperty("echo").GetString());

        var error = await _room.FailAsync("http-request", new { url = "https://evil.example/", connection = "orders" });
        Assert.Equal("outside.other_server", error.Code);
        Assert.Single(_asked);
    }

    [Fact]
    public async Task AConnection_MayWantItsKeyInAnotherHeader()
    {
        _room.Keep("orders", ConnectionKind.Http, _server.Url, keyHeader: "X-Api-Key");

        await _room.RunAsync("http-request", new { url = _server.Url, connection = "orders" });

        Assert.Equal(NodeRoom.Secret, _asked[0].Headers["X-Api-Key"]);
        Assert.False(_asked[0].Headers.ContainsKey("Authorization"));
    }

    [Fact]
    public async Task AKey_DoesNotFollowARedirect_ToAnotherServer()
    {
        var seen = "nobody asked";
        await using var other = await LocalServer.StartAsync(http =>
        {
            seen = http.Request.Headers.Authorization.ToString();
            return http.Response.WriteAsync("elsewhere");
        });
        await using var room = new NodeRoom([$"127.0.0.1:{_server.Port}", $"127.0.0.1:{other.Port}"]);
        room.Keep("orders", ConnectionKind.Http, _server.Url);
        _answer = http =>
        {
            http.Response.Redirect(other.Url.ToString());
            return Task.CompletedTask;
        };

        await room.RunAsync("http-request", new { url = "/", connection = "orders" });

        Assert.Equal("", seen);
    }

    [Fact]
    public async Task AConnection_OfAnotherKind_OrNone_IsAClearSentence()
    {
        _room.Keep("tools", ConnectionKind.Mcp, _server.Url);

        Assert.Equal("outside.other_kind", (await _room.FailAsync("http-request", new { url = "/", connection = "tools" })).Code);
        Assert.Equal("outside.no_connection", (await _room.FailAsync("http-request", new { url = "/", connection = "none" })).Code);
    }

    [Fact]
    public async Task WhatStaysOnThisMachine_IsSentNowhere()
    {
        var document = DocumentId.New();
        _room.Connections.Staying.Add(document);
        Assert.Equal("connection.stays_on_machine", (await _room.FailAsync("http-request", new { url = _server.Url }, sources: [document])).Code);
        _room.Connections.Stays = true;
        Assert.Equal("connection.stays_on_machine", (await _room.FailAsync("http-request", new { url = _server.Url })).Code);
        Assert.Empty(_asked);
    }

    private async Task<IReadOnlyDictionary<string, FlowValue>> GetAsync()
    {
        var outcome = await _room.RunAsync("http-request", new { url = _server.Url });
        return outcome is NodeOutcome.Succeeded done ? done.Outputs : throw new InvalidOperationException(outcome.ToString());
    }
}
