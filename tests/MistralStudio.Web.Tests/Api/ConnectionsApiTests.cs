using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.Web.Tests.Api;

/// <summary>Connections end to end: made by <c>/api</c>, used by <c>/v1</c>, apps and questions, against a real server.</summary>
public sealed class ConnectionsApiTests : IAsyncLifetime
{
    private const string Key = "sk-0123456789abcdef";

    private readonly ApiStudio _studio = new();
    private OpenAiServer _server = null!;
    private HttpClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await OpenAiServer.StartAsync();
        _server.Key = Key;
        // Everything that any part would ever log.
        foreach (var source in (string[])["Default", "Override:Microsoft", "Override:System", "Override:Polly"])
        {
            _studio.Settings[$"Serilog:MinimumLevel:{source}"] = "Verbose";
        }

        _client = await _studio.SignedInAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _studio.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task AConnection_IsMade_Read_Changed_AndDeleted_AndItsKeyNeverComesBack()
    {
        await AllowAsync();
        using var made = await _client.PostAsJsonAsync("/api/connections", BodyHere(), Token);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var address = made.Headers.Location!.ToString();
        using var read = await _client.GetAsync(address, Token);
        var text = await read.Content.ReadAsStringAsync(Token);
        var connection = JsonElement.Parse(text);
        Assert.Equal("there", connection.GetProperty("slug").GetString());
        Assert.Equal(10m, connection.GetProperty("models")[0].GetProperty("outputPrice").GetDecimal());
        Assert.NotEqual(JsonValueKind.Null, connection.GetProperty("keySetAt").ValueKind);
        Assert.Equal(HttpStatusCode.OK, (await _client.PostAsync($"{address}/test", null, Token)).StatusCode);
        Assert.Equal("large", (await _client.GetFromJsonAsync<JsonElement>($"{address}/models", Token)).GetProperty("items")[0].GetString());

        using var unread = await _client.PutAsJsonAsync(address, BodyHere(), Token);
        Assert.Equal((HttpStatusCode)428, unread.StatusCode);
        using var change = new HttpRequestMessage(HttpMethod.Put, address) { Content = JsonContent.Create(BodyHere(key: null, name: "Renamed")) };
        change.Headers.TryAddWithoutValidation("If-Match", read.Headers.ETag!.Tag);
        using var changed = await _client.SendAsync(change, Token);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        using var stale = new HttpRequestMessage(HttpMethod.Put, address) { Content = JsonContent.Create(BodyHere(key: null)) };
        stale.Headers.TryAddWithoutValidation("If-Match", read.Headers.ETag!.Tag);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await _client.SendAsync(stale, Token)).StatusCode);

        var list = await _client.GetStringAsync("/api/connections", Token);
        Assert.Contains("Renamed", list, StringComparison.Ordinal);
        var audit = await _client.GetStringAsync("/api/audit", Token);
        Assert.Contains("connection.changed", audit, StringComparison.Ordinal);
        Assert.True((await _client.GetFromJsonAsync<JsonElement>("/api/audit/check", Token)).GetProperty("isWhole").GetBoolean());
        Assert.All([text, list, audit, await changed.Content.ReadAsStringAsync(Token)], answer => Assert.DoesNotContain(Key, answer, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NoContent, (await _client.DeleteAsync(address, Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync(address, Token)).StatusCode);
    }

    [Fact]
    public async Task OnlyWhoMay_ManagesConnections_AndOnlyAnOwnerAllowsHosts()
    {
        using var plain = await _studio.SignedInAsync(Permissions.ModelsUse, Permissions.ModelsRead);
        Assert.Equal(HttpStatusCode.Forbidden, (await plain.GetAsync("/api/connections", Token)).StatusCode);
        var admin = await _studio.JoinAsync("admin@example.org", Role.Admin);
        using var managing = await _studio.SignedInAsync(admin.User, [.. RolePermissions.All]);
        Assert.Equal(HttpStatusCode.Forbidden, (await managing.PutAsync($"/api/allowed-hosts/{_server.Place}", null, Token)).StatusCode);
        using var refused = await managing.PostAsJsonAsync("/api/connections", BodyHere(), Token);
        Assert.Equal("connection.not_secret", await CodeAsync(refused));
    }

    [Fact]
    public async Task AHostThatNobodyAllowed_IsRefused_WithWhatToDo_UntilAnOwnerAllowsIt()
    {
        _server.Key = null;
        var address = await CreateAsync(BodyHere(key: null));
        using var refused = await _client.PostAsync($"{address}/test", null, Token);
        var problem = await ReadAsync(refused);
        Assert.Equal("egress.refused", problem.GetProperty("code").GetString());
        Assert.Contains($"allow {_server.Place}", problem.GetProperty("next").GetString(), StringComparison.Ordinal);
        await AllowAsync();
        Assert.Equal(HttpStatusCode.OK, (await _client.PostAsync($"{address}/test", null, Token)).StatusCode);
        Assert.Equal(_server.Place, (await _client.GetFromJsonAsync<JsonElement>("/api/allowed-hosts", Token)).GetProperty("items")[0].GetProperty("place").GetString());
        await _client.DeleteAsync($"/api/allowed-hosts/{_server.Place}", Token);
        using var again = await _client.PostAsync($"{address}/test", null, Token);
        Assert.Equal("egress.refused", await CodeAsync(again));
    }

    [Fact]
    public async Task ItsModels_AreModelsOfTheApi_WholeAndStreamed()
    {
        await ConnectAsync();
        var ids = (await _client.GetFromJsonAsync<JsonElement>("/v1/models", Token)).GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString());
        Assert.Contains("there/small", ids);

        using var whole = await ChatAsync("there/small");
        var body = await ReadAsync(whole);
        Assert.Equal("there/small", body.GetProperty("model").GetString());
        Assert.Equal("Hello there", body.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(11, body.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());

        using var streamed = await ChatAsync("there/small", stream: true);
        var lines = (await streamed.Content.ReadAsStringAsync(Token)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(lines, line => line.Contains("\"content\":\" there\"", StringComparison.Ordinal));
        Assert.Equal("data: [DONE]", lines[^1]);
        Assert.All(_server.Requests, seen => Assert.Equal($"Bearer {Key}", seen.Headers["Authorization"]));

        using var unknown = await ChatAsync("there/huge");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task ToolsAndTheirCalls_PassThrough()
    {
        await ConnectAsync();
        _server.NextToolCall("weather", "{\"city\":", "\"Paris\"}");
        var tool = new { type = "function", function = new { name = "weather", parameters = new { type = "object", properties = new { city = new { type = "string" } } } } };
        using var answer = await _client.PostAsJsonAsync(
            "/v1/chat/completions", new { model = "there/small", tools = new[] { tool }, messages = new[] { new { role = "user", content = "Weather?" } } }, Token);
        var choice = (await ReadAsync(answer)).GetProperty("choices")[0];
        Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
        var function = choice.GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function");
        Assert.Equal("weather", function.GetProperty("name").GetString());
        Assert.Equal("Paris", JsonElement.Parse(function.GetProperty("arguments").GetString()!).GetProperty("city").GetString());
        Assert.Equal("weather", Assert.Single(_server.Requests).Body!["tools"]![0]!["function"]!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task WhatTheServerRefuses_IsToldInOurShape_WithoutTheKey_AndNoLogHasItEither()
    {
        await ConnectAsync(retries: 0);
        (int Status, HttpStatusCode Ours, string Code)[] cases =
        [
            (401, HttpStatusCode.BadGateway, "connection.unauthorized"),
            (429, HttpStatusCode.TooManyRequests, "connection.busy"),
            (500, HttpStatusCode.BadGateway, "connection.failed"),
            (400, HttpStatusCode.BadRequest, "connection.rejected"),
        ];
        foreach (var (status, ours, code) in cases)
        {
            foreach (var stream in (bool[])[false, true])
            {
                _server.NextStatus(status, $"Incorrect API key provided: {Key}", retryAfter: "33");
                using var refused = await ChatAsync("there/small", stream);
                var text = await refused.Content.ReadAsStringAsync(Token);
                Assert.Equal(ours, refused.StatusCode);
                Assert.Equal(code, JsonElement.Parse(text).GetProperty("error").GetProperty("code").GetString());
                Assert.DoesNotContain(Key, text, StringComparison.Ordinal);
                Assert.Equal(status == 429 ? "33" : null, refused.Headers.RetryAfter?.ToString());
            }
        }

        var logs = Directory.EnumerateFiles(Path.Combine(_studio.Folder, "logs")).ToList();
        Assert.NotEmpty(logs);
        foreach (var log in logs)
        {
            using var reader = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            Assert.DoesNotContain(Key, await reader.ReadToEndAsync(Token), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task WhereItFails_ItsFallbackAnswers_AndALocalModelMayBeOne()
    {
        await ConnectAsync(retries: 0, fallback: ["there/large", "scripted"]);
        _server.NextStatus(500).NextStatus(503);
        using var answer = await ChatAsync("there/small");
        var body = await ReadAsync(answer);
        Assert.Equal("Paris is the capital.", body.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("scripted", body.GetProperty("model").GetString());
        Assert.Equal(["small", "large"], _server.Requests.Select(seen => seen.Body!["model"]!.GetValue<string>()));
    }

    [Fact]
    public async Task ATurnThatAStandInAnswered_NamesIt()
    {
        await ConnectAsync(retries: 0, fallback: ["scripted"]);
        var owner = (await _studio.Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(Token))!;
        var runner = _studio.Services.GetRequiredService<IAgentRunner>();
        _server.NextStatus(500);
        Assert.Equal("scripted", (await runner.RunAsync(Turn(owner.Workspace, [], []), Token).OfType<AgentEvent.Completed>().FirstAsync(Token)).Usage.StandIn);
        Assert.Null((await runner.RunAsync(Turn(owner.Workspace, [], []), Token).OfType<AgentEvent.Completed>().FirstAsync(Token)).Usage.StandIn);
    }

    [Fact]
    public async Task AStreamOfAStandIn_NamesIt_FromItsFirstChunkOn()
    {
        await ConnectAsync(retries: 0, fallback: ["scripted"]);
        _server.NextStatus(500);
        using var answer = await ChatAsync("there/small", stream: true);
        var chunks = (await answer.Content.ReadAsStringAsync(Token)).Split("\n\n").Where(line => line.StartsWith("data: {", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(chunks);
        Assert.All(chunks, chunk => Assert.Contains("\"model\":\"scripted\"", chunk, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AnEmbeddingModelOfAConnection_MakesVectors_IsListed_AndDoesNotChat()
    {
        _server.Models = ["small", "embed"];
        await AllowAsync();
        await CreateAsync(new
        {
            name = "There", kind = "compatible", address = _server.Address.ToString(), key = Key, retries = 0,
            models = new object[] { new { name = "small" }, new { name = "embed", task = "embedding" } },
        });

        using var answer = await _client.PostAsJsonAsync("/v1/embeddings", new { model = "there/embed", input = new[] { "one", "three" }, dimensions = 2 }, Token);
        var body = await ReadAsync(answer);
        Assert.True(answer.IsSuccessStatusCode, body.ToString());
        Assert.Equal("there/embed", body.GetProperty("model").GetString());
        Assert.Equal([3f, 5f], body.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("embedding")[0].GetSingle()));
        Assert.Equal(5, body.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        var sent = Assert.Single(_server.Requests);
        Assert.Equal(("/v1/embeddings", "embed", 2), (sent.Path, sent.Body!["model"]!.GetValue<string>(), sent.Body["dimensions"]!.GetValue<int>()));

        var listed = (await _client.GetFromJsonAsync<JsonElement>("/v1/models", Token)).GetProperty("data").EnumerateArray().ToList();
        Assert.Equal("embedding", listed.Single(model => model.GetProperty("id").GetString() == "there/embed").GetProperty("task").GetString());
        using var chat = await ChatAsync("there/embed");
        Assert.Equal(HttpStatusCode.BadRequest, chat.StatusCode);
        using var embed = await _client.PostAsJsonAsync("/v1/embeddings", new { model = "there/small", input = "x" }, Token);
        Assert.Equal(HttpStatusCode.BadRequest, embed.StatusCode);

        _server.NextStatus(429, retryAfter: "7");
        using var busy = await _client.PostAsJsonAsync("/v1/embeddings", new { model = "there/embed", input = "x" }, Token);
        Assert.Equal((HttpStatusCode.TooManyRequests, "7"), (busy.StatusCode, Assert.Single(busy.Headers.GetValues("Retry-After"))));

        using var set = await _client.PutAsJsonAsync("/api/data-class", new { staysOnMachine = true }, Token);
        var before = _server.Requests.Count;
        using var stays = await _client.PostAsJsonAsync("/v1/embeddings", new { model = "there/embed", input = "x" }, Token);
        Assert.Equal(HttpStatusCode.Forbidden, stays.StatusCode);
        Assert.Equal(before, _server.Requests.Count);
    }

    [Fact]
    public async Task AWorkspaceThatStays_SendsNothing_WhicheverWayItIsAsked()
    {
        await ConnectAsync();
        var app = await PublishAsync("there/small", []);
        using var set = await _client.PutAsJsonAsync("/api/data-class", new { staysOnMachine = true }, Token);
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);

        await AssertStaysAsync(() => ChatAsync("there/small"));
        await AssertStaysAsync(() => ChatAsync("there/small", stream: true));
        await AssertStaysAsync(() => ChatAsync($"app:{app}"));
        Assert.DoesNotContain("there/small", await _client.GetStringAsync("/v1/models", Token), StringComparison.Ordinal);
        Assert.Equal("connection.stays_on_machine", await TurnAsync([], []));
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task AKnowledgeBaseThatStays_IsSentNowhere_ByQuestionsChatsOrApps()
    {
        await ConnectAsync();
        var knowledge = (await ReadAsync(await _client.PostAsJsonAsync("/api/knowledge-bases", new { name = "Salaries" }, Token))).GetProperty("id").GetString()!;
        var app = await PublishAsync("there/small", [knowledge]);
        var open = await PublishAsync("there/small", []);
        using var set = await _client.PutAsJsonAsync($"/api/knowledge-bases/{knowledge}/data-class", new { staysOnMachine = true }, Token);
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        var id = KnowledgeBaseId.Parse(knowledge);

        await AssertStaysAsync(() => AskAsync("there/small"));
        await AssertStaysAsync(() => ChatAsync($"app:{app}"));
        Assert.Equal("connection.stays_on_machine", await TurnAsync([id], []));
        // A conversation that heard it before, and an app in between, are no detour.
        Assert.Equal("connection.stays_on_machine", await TurnAsync([], [id]));
        using var detour = await AskAsync($"app:{open}");
        Assert.DoesNotContain("event: delta", await detour.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Empty(_server.Requests);

        using var here = await AskAsync("scripted");
        Assert.Equal(HttpStatusCode.OK, here.StatusCode);
        using var free = await ChatAsync("there/small");
        Assert.Equal(HttpStatusCode.OK, free.StatusCode);

        var builder = await _studio.JoinAsync("builder@example.org", Role.Builder);
        using var building = await _studio.SignedInAsync(builder.User, Permissions.KnowledgeWrite);
        using var loosened = await building.PutAsJsonAsync($"/api/knowledge-bases/{knowledge}/data-class", new { staysOnMachine = false }, Token);
        Assert.Equal(HttpStatusCode.Forbidden, loosened.StatusCode);

        async Task<HttpResponseMessage> AskAsync(string model) =>
            await _client.PostAsJsonAsync($"/api/knowledge-bases/{knowledge}/ask", new { question = "How much?", model }, Token);
    }

    [Fact]
    public async Task AnAnswer_SaysWhatItCost()
    {
        await ConnectAsync();
        var owner = (await _studio.Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(Token))!;
        var done = await _studio.Services.GetRequiredService<IAgentRunner>().RunAsync(Turn(owner.Workspace, [], []), Token).OfType<AgentEvent.Completed>().FirstAsync(Token);
        Assert.Equal(((11 * 2m) + (7 * 10m)) / 1_000_000m, done.Usage.Cost);
    }

    private static object Body(string? key = Key, string name = "There", string? address = null, int retries = 0, string[]? fallback = null) => new
    {
        name,
        slug = "there",
        kind = "compatible",
        address,
        key,
        retries,
        fallback,
        models = new[] { new { name = "small", inputPrice = 2m, outputPrice = 10m }, new { name = "large", inputPrice = 4m, outputPrice = 20m } },
    };

    private static AgentTurn Turn(WorkspaceId workspace, KnowledgeBaseId[] knowledge, KnowledgeBaseId[] heard) => new()
    {
        Workspace = workspace,
        Model = new(ModelReferenceKind.Connection, "there", "small"),
        Messages = [new(MessageRole.User, "How much?")],
        Knowledge = knowledge,
        Heard = heard,
    };

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer) => await answer.Content.ReadFromJsonAsync<JsonElement>(Token);

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) => (await ReadAsync(answer)).GetProperty("code").GetString();

    private static async Task AssertStaysAsync(Func<Task<HttpResponseMessage>> ask)
    {
        using var refused = await ask();
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("stays on this machine", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private object BodyHere(string? key = Key, string name = "There", int retries = 0, string[]? fallback = null) => Body(key, name, _server.Address.ToString(), retries, fallback);

    private async Task<string?> TurnAsync(KnowledgeBaseId[] knowledge, KnowledgeBaseId[] heard)
    {
        var owner = (await _studio.Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(Token))!;
        var failed = await _studio.Services.GetRequiredService<IAgentRunner>().RunAsync(Turn(owner.Workspace, knowledge, heard), Token)
            .OfType<AgentEvent.Failed>().FirstOrDefaultAsync(Token);
        return failed?.Error.Code;
    }

    private async Task AllowAsync() => Assert.Equal(HttpStatusCode.NoContent, (await _client.PutAsync($"/api/allowed-hosts/{_server.Place}", null, Token)).StatusCode);

    private async Task ConnectAsync(int retries = 0, string[]? fallback = null)
    {
        await AllowAsync();
        await CreateAsync(BodyHere(retries: retries, fallback: fallback));
    }

    private async Task<string> CreateAsync(object body)
    {
        using var made = await _client.PostAsJsonAsync("/api/connections", body, Token);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        return made.Headers.Location!.ToString();
    }

    private async Task<string> PublishAsync(string model, string[] knowledge)
    {
        var app = await ReadAsync(await _client.PostAsJsonAsync("/api/apps", new { name = "Helper", model, knowledge }, Token));
        using var published = await _client.PostAsync($"/api/apps/{app.GetProperty("id").GetString()}/versions", null, Token);
        Assert.Equal(HttpStatusCode.Created, published.StatusCode);
        return app.GetProperty("slug").GetString()!;
    }

    private Task<HttpResponseMessage> ChatAsync(string model, bool stream = false) =>
        _client.PostAsJsonAsync("/v1/chat/completions", new { model, stream, messages = new[] { new { role = "user", content = "Hi" } } }, Token);
}
