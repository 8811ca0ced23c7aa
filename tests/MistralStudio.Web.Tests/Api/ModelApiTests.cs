using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Web.Tests.Api;

public sealed class ModelApiTests : IClassFixture<ApiStudio>
{
    private readonly ApiStudio _studio;

    public ModelApiTests(ApiStudio studio)
    {
        _studio = studio;
        _studio.Chat = new(_ => "Paris is the capital.");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Models_ListsWhatMayBeNamed()
    {
        using var client = await _studio.SignedInAsync();
        var models = await client.GetFromJsonAsync<JsonElement>("/v1/models", Token);
        Assert.Equal("list", models.GetProperty("object").GetString());
        Assert.Equal(["scripted", EmbeddingOnlyHost.ModelId], models.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()!));
    }

    [Fact]
    public async Task Chat_AnswersInOpenAIsShape()
    {
        using var client = await _studio.SignedInAsync();
        using var response = await PostAsync(client, "/v1/chat/completions", """{"model":"default","messages":[{"role":"user","content":[{"type":"text","text":"Capital?"}]}],"seed":7,"min_p":0.1,"surprise":true}""");
        var body = await ReadAsync(response);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("chatcmpl-", body.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("scripted", body.GetProperty("model").GetString());
        var choice = body.GetProperty("choices")[0];
        Assert.Equal("Paris is the capital.", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(5, body.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal(7, _studio.Chat.Requests[0].Options!.Seed);
    }

    [Fact]
    public async Task Chat_StreamsWordByWordAndEndsWithUsageAndDone()
    {
        using var client = await _studio.SignedInAsync();
        using var response = await PostAsync(client, "/v1/chat/completions", """{"model":"scripted","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Capital?"}]}""");
        var events = (await response.Content.ReadAsStringAsync(Token)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("data: [DONE]", events[^1]);
        var chunks = events[..^1].Select(e => JsonSerializer.Deserialize<JsonElement>(e["data: ".Length..])).ToList();
        var text = chunks.Where(c => c.GetProperty("choices").GetArrayLength() > 0)
            .Select(c => c.GetProperty("choices")[0].GetProperty("delta")).Select(d => d.TryGetProperty("content", out var t) ? t.GetString() : "");
        Assert.Equal("Paris is the capital.", string.Concat(text));
        Assert.Equal(4, chunks[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal("stop", chunks[^2].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Theory]
    [InlineData("""{"model":"nope","messages":[{"role":"user","content":"x"}]}""", 404, "model_not_found")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function"}]}""", 400, "invalid_value")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"x"}],"tools":[{"type":"web_search"}]}""", 422, "unsupported_parameter")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"x"}],"functions":[{"name":"f"}]}""", 422, "unsupported_parameter")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"x"}],"tool_choice":"required"}""", 400, "invalid_value")]
    [InlineData("""{"model":"scripted","messages":[{"role":"tool","content":"x"}]}""", 400, "invalid_value")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}""", 422, "image.bad_data")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"x"}],"logprobs":true}""", 422, "unsupported_parameter")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"x"}],"logit_bias":{"x":1}}""", 400, "invalid_value")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"x"}],"guided_grammar":"root ::= x"}""", 422, "unsupported_parameter")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema"}}""", 400, "invalid_value")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"x"}],"response_format":{"type":"grammar"}}""", 422, "unsupported_parameter")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"x"}],"n":2}""", 422, "unsupported_parameter")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"x"}],"temperature":9}""", 400, "invalid_value")]
    [InlineData("""{"model":"scripted","messages":[null]}""", 400, "invalid_value")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"  "}]}""", 400, "model.empty_prompt")]
    [InlineData("""{"model":""", 400, "invalid_json")]
    public async Task Chat_RefusesByName(string body, int status, string code)
    {
        using var client = await _studio.SignedInAsync();
        using var response = await PostAsync(client, "/v1/chat/completions", body);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(code, (await ReadAsync(response)).GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("/v1/models/scripted", "scripted")]
    [InlineData("/v1/models/default", "default")]
    public async Task Models_AreFoundByTheirWholeReference(string url, string id)
    {
        using var client = await _studio.SignedInAsync();
        Assert.Equal(id, (await client.GetFromJsonAsync<JsonElement>(url, Token)).GetProperty("id").GetString());
    }

    [Fact]
    public async Task Models_ThatAreNone_AreNamedAsTheyWereSent()
    {
        using var client = await _studio.SignedInAsync();
        using var response = await client.GetAsync("/v1/models/azure%2Fgpt-4o", Token);
        var error = (await ReadAsync(response)).GetProperty("error");
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("azure/gpt-4o", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("scripted", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_RefusesABodyOverItsLimit_BeforeReadingIt()
    {
        using var client = await _studio.SignedInAsync();
        using var response = await PostAsync(client, "/v1/chat/completions", new string(' ', (16 << 20) + 1));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("request_too_large", (await ReadAsync(response)).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Chat_RefusesJsonThatIsNestedTooDeeply()
    {
        using var client = await _studio.SignedInAsync();
        using var response = await PostAsync(client, "/v1/chat/completions", $$"""{"model":"scripted","stop":{{new string('[', 100)}}{{new string(']', 100)}}}""");
        Assert.Equal("invalid_json", (await ReadAsync(response)).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Chat_SaysWhenToComeBack_WhenTheModelCannotBeLoaded()
    {
        _studio.Chat = new(_ => "never") { Failure = (0, ModelErrors.LoadFailed("scripted", "out of memory")) };
        using var client = await _studio.SignedInAsync();
        using var response = await PostAsync(client, "/v1/chat/completions", """{"model":"scripted","messages":[{"role":"user","content":"x"}]}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Chat_SaysWhenToComeBack_WhenTheQueueIsFull()
    {
        _studio.Chat = new(_ => "never") { Failure = (0, ModelErrors.QueueFull(64)) };
        using var client = await _studio.SignedInAsync();
        using var response = await PostAsync(client, "/v1/chat/completions", """{"model":"scripted","stream":true,"messages":[{"role":"user","content":"x"}]}""");
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Chat_StopsTheModel_WhenTheClientLeaves()
    {
        var stopped = new TaskCompletionSource();
        _studio.Chat = new(_ => "one two three")
        {
            BeforeWord = async token =>
            {
                if (_studio.Chat.WordsWritten == 1)
                {
                    try
                    {
                        await Task.Delay(Timeout.Infinite, token);
                    }
                    finally
                    {
                        stopped.SetResult();
                    }
                }
            },
        };
        using var client = await _studio.SignedInAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent("""{"model":"scripted","stream":true,"messages":[{"role":"user","content":"x"}]}""", Encoding.UTF8, "application/json"),
        };
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        response.Dispose();
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(10), Token);
        Assert.Equal(1, _studio.Chat.WordsWritten);
    }

    [Fact]
    public async Task Embeddings_AreTheSameAsFloatsAndAsBase64_AndShorterOnRequest()
    {
        using var client = await _studio.SignedInAsync();
        using var floats = await PostAsync(client, "/v1/embeddings", $$"""{"model":"{{EmbeddingOnlyHost.ModelId}}","input":["red fox","blue"],"dimensions":16}""");
        using var packed = await PostAsync(client, "/v1/embeddings", $$"""{"model":"{{EmbeddingOnlyHost.ModelId}}","input":["red fox","blue"],"dimensions":16,"encoding_format":"base64"}""");
        var vector = (await ReadAsync(floats)).GetProperty("data")[0].GetProperty("embedding").EnumerateArray().Select(x => x.GetSingle()).ToArray();
        var bytes = (await ReadAsync(packed)).GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        Assert.Equal(16, vector.Length);
        Assert.Equal(vector, Enumerable.Range(0, 16).Select(i => BitConverter.ToSingle(bytes, i * 4)));
    }

    [Theory]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    [InlineData("knowledge:read", HttpStatusCode.Forbidden)]
    public async Task Chat_NeedsAKeyWithItsScope(string? scope, HttpStatusCode expected)
    {
        using var client = scope is null ? _studio.CreateClient() : await _studio.SignedInAsync(scope);
        using var response = await PostAsync(client, "/v1/chat/completions", "{}");
        Assert.Equal(expected, response.StatusCode);
        Assert.True((await ReadAsync(response)).GetProperty("error").TryGetProperty("message", out _));
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string url, string json) =>
        client.PostAsync(url, new StringContent(json, Encoding.UTF8, "application/json"), Token);

    private static Task<JsonElement> ReadAsync(HttpResponseMessage response) => response.Content.ReadFromJsonAsync<JsonElement>(Token);
}
