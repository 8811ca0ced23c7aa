using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Web.Tests.Api;

/// <summary>What a request becomes before a model sees it.</summary>
public sealed class ModelApiRequestTests(ApiStudio studio) : IClassFixture<ApiStudio>, IAsyncLifetime
{
    private readonly ApiStudio _studio = studio;
    private HttpClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _studio.Chat = new(_ => "Paris") { Abilities = ChatAbilities.All };
        _client = await _studio.SignedInAsync();
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task EveryField_ReachesTheModel_InItsOwnTerms()
    {
        await AnswerAsync("/v1/chat/completions", """
            {"model":"scripted","messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":"x"}],
             "temperature":0.5,"top_p":0.9,"top_k":7,"min_p":0.1,"typical_p":0.8,"repetition_penalty":1.1,"frequency_penalty":0.2,"presence_penalty":0.3,
             "random_seed":5,"max_completion_tokens":9,"max_tokens":99,"stop":["a","b"],"n":3,"logprobs":true,"top_logprobs":4,"logit_bias":{"12":-100},
             "ignore_eos":true,"guided_regex":"[0-9]+","chat_template_kwargs":{"enable_thinking":false}}
            """);
        var (messages, options) = Assert.Single(_studio.Chat.Requests);
        Assert.Equal([ChatRole.System, ChatRole.User], messages.Select(message => message.Role));
        Assert.Equal((0.5f, 0.9f, 7, 0.2f, 0.3f, 5L, 9), (options!.Temperature, options.TopP, options.TopK, options.FrequencyPenalty, options.PresencePenalty, options.Seed, options.MaxOutputTokens));
        Assert.Equal((0.1f, 0.8f, 1.1f, 3, 4, true, "[0-9]+"), (options.MinP, options.TypicalP, options.RepetitionPenalty, options.N, options.TopLogprobs, options.IgnoreEos, options.Regex));
        Assert.Equal(["a", "b"], options.StopSequences!);
        Assert.Equal(-100, options.LogitBias![12]);
        Assert.True(options.ChatTemplateKwargs!.ContainsKey("enable_thinking"));
        Assert.True(options.Client is { Length: > 0 });
    }

    [Fact]
    public async Task Keys_WaitByThemselves()
    {
        const string body = """{"model":"scripted","messages":[{"role":"user","content":"x"}]}""";
        using var other = await _studio.SignedInAsync();
        await AnswerAsync("/v1/chat/completions", body);
        await AnswerAsync("/v1/chat/completions", body);
        using var response = await other.PostAsync("/v1/chat/completions", new StringContent(body, Encoding.UTF8, "application/json"), Token);
        var clients = _studio.Chat.Requests.Select(request => request.Options!.Client).ToList();
        Assert.Equal(clients[0], clients[1]);
        Assert.NotEqual(clients[0], clients[2]);
    }

    [Theory]
    [InlineData("\"auto\"", typeof(AutoChatToolMode), null)]
    [InlineData("\"none\"", typeof(NoneChatToolMode), null)]
    [InlineData("\"required\"", typeof(RequiredChatToolMode), null)]
    [InlineData("\"any\"", typeof(RequiredChatToolMode), null)]
    [InlineData("""{"type":"function","function":{"name":"f"}}""", typeof(RequiredChatToolMode), "f")]
    public async Task ToolChoice_IsTheModeOfBothDialects(string choice, Type mode, string? name)
    {
        await AnswerAsync("/v1/chat/completions", $$$$$$"""
            {"model":"scripted","messages":[{"role":"user","content":"x"}],"tool_choice":{{{{{{choice}}}}}},"parallel_tool_calls":false,
             "tools":[{"type":"function","function":{"name":"f","description":"d","strict":true,"parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}]}
            """);
        var options = _studio.Chat.Requests[0].Options!;
        Assert.IsType(mode, options.ToolMode);
        Assert.Equal(name, (options.ToolMode as RequiredChatToolMode)?.RequiredFunctionName);
        Assert.False(options.AllowMultipleToolCalls);
        var tool = Assert.IsAssignableFrom<AIFunctionDeclaration>(Assert.Single(options.Tools!));
        Assert.Equal(("f", "d", true), (tool.Name, tool.Description, tool.AdditionalProperties["strict"]));
        Assert.True(tool.JsonSchema.GetProperty("properties").TryGetProperty("a", out _));
    }

    [Fact]
    public async Task CallsAndResults_AreContentsOfTheConversation()
    {
        await AnswerAsync("/v1/chat/completions", """
            {"model":"scripted","messages":[{"role":"user","content":"x"},
             {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}},{"id":"c2","function":{"name":"g","arguments":{"b":2}}}]},
             {"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"one"}]},{"role":"tool","tool_call_id":"c2","name":"g","content":"two"}]}
            """);
        var messages = _studio.Chat.Requests[0].Messages;
        var calls = messages[1].Contents.OfType<FunctionCallContent>().ToList();
        Assert.Equal([("c1", "f"), ("c2", "g")], calls.Select(call => (call.CallId, call.Name)));
        Assert.Equal("2", calls[1].Arguments!["b"]!.ToString());
        Assert.Equal(["one", "two"], messages.Skip(2).Select(message => Assert.IsType<FunctionResultContent>(message.Contents[0]).Result));
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"scripted","messages":[{"role":"user","content":[{"type":"text","text":"What "},{"type":"image_url","image_url":{"url":"URI","detail":"low"}},{"type":"text","text":"is it?"}]}]}""")]
    [InlineData("/v1/chat/completions", """{"model":"scripted","messages":[{"role":"user","content":[{"type":"text","text":"What is it?"},{"type":"image_url","image_url":"URI"}]}]}""")]
    [InlineData("/v1/responses", """{"model":"scripted","input":[{"role":"user","content":[{"type":"input_text","text":"What is it?"},{"type":"input_image","image_url":"URI"}]}]}""")]
    public async Task AnImage_ReachesAModelThatReadsThem_AsItsBytes(string path, string body)
    {
        _studio.Chat = new(_ => "A pixel.") { Abilities = ChatAbilities.Usual with { Images = true } };
        // What the URI calls itself is not what counts.
        await AnswerAsync(path, body.Replace("URI", Pictures.PngUri.Replace("image/png", "text/html", StringComparison.Ordinal), StringComparison.Ordinal));
        var message = Assert.Single(Assert.Single(_studio.Chat.Requests).Messages);
        Assert.Equal("What is it?", message.Text);
        var image = Assert.Single(message.Contents.OfType<DataContent>());
        Assert.Equal("image/png", image.MediaType);
        Assert.Equal(Pictures.Png, image.Data.ToArray());
    }

    [Theory]
    [InlineData("https://example.org/a.png", "image.remote")]
    [InlineData("http://127.0.0.1/a.png", "image.remote")]
    [InlineData("file:///etc/passwd", "image.remote")]
    [InlineData("data:image/png;base64,PHN2Zy8+", "image.not_an_image")]
    [InlineData("data:image/png;base64,***", "image.bad_data")]
    [InlineData("data:image/png,abc", "image.bad_data")]
    [InlineData("nothing", "image.bad_data")]
    public async Task AnAddressOfAnImage_OrWhatIsNone_IsRefusedInASentence(string url, string code)
    {
        _studio.Chat = new(_ => "x") { Abilities = ChatAbilities.Usual with { Images = true } };
        using var response = await PostAsync("/v1/chat/completions", $$$"""{"model":"scripted","messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"{{{url}}}"}}]}]}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error");
        Assert.Equal((code, "messages[0].content"), (error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
        Assert.Empty(_studio.Chat.Requests);
    }

    [Fact]
    public async Task AnImage_IsRefused_ForAModelThatReadsNone_AndInMessagesOfOthers()
    {
        foreach (var (role, images, code) in ((string, bool, string)[])[("user", false, "image.cannot_read"), ("assistant", true, "unsupported_parameter")])
        {
            _studio.Chat = new(_ => "x") { Abilities = ChatAbilities.All with { Images = images } };
            using var response = await PostAsync("/v1/chat/completions", $$$"""{"model":"scripted","messages":[{"role":"{{{role}}}","content":[{"type":"image_url","image_url":{"url":"{{{Pictures.PngUri}}}"}}]},{"role":"user","content":"x"}]}""");
            Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
            Assert.Equal(code, (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error").GetProperty("code").GetString());
            Assert.Empty(_studio.Chat.Requests);
        }
    }

    [Theory]
    [InlineData("""{"type":"json_object"}""", false)]
    [InlineData("""{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"string"},"strict":true}}""", true)]
    public async Task AFormat_IsTheFormatOfTheAnswer(string format, bool hasSchema)
    {
        await AnswerAsync("/v1/chat/completions", $$"""{"model":"scripted","messages":[{"role":"user","content":"x"}],"response_format":{{format}}}""");
        Assert.Equal(hasSchema, Assert.IsType<ChatResponseFormatJson>(_studio.Chat.Requests[0].Options!.ResponseFormat).Schema is not null);
    }

    [Theory]
    [InlineData("schema.unsupported_keyword", 422, "response_format")]
    [InlineData("tool.parameters_unsupported", 422, "tools")]
    [InlineData("model.prompt_too_long", 400, null)]
    [InlineData("model.loading", 503, null)]
    [InlineData("model.memory_in_use", 503, null)]
    public async Task ARefusalOfTheModel_NamesItsField(string code, int status, string? param)
    {
        _studio.Chat = new(_ => "") { Failure = (0, new(code, "No.", "Else.")) };
        using var response = await PostAsync("/v1/chat/completions", """{"model":"scripted","stream":true,"messages":[{"role":"user","content":"x"}]}""");
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error");
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Equal(status == 503, response.Headers.RetryAfter is not null);
    }

    [Theory]
    [InlineData("\"n\":2", "n")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]", "tools")]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", "response_format")]
    [InlineData("\"logprobs\":true", "logprobs")]
    [InlineData("\"guided_choice\":[\"a\"]", "guided_choice")]
    [InlineData("\"logit_bias\":{\"1\":1}", "logit_bias")]
    public async Task WhatAModelCannot_IsRefusedByTheFieldsName(string field, string param)
    {
        _studio.Chat = new(_ => "x") { Abilities = ChatAbilities.TextOnly };
        using var response = await PostAsync("/v1/chat/completions", $$"""{"model":"scripted","messages":[{"role":"user","content":"x"}],{{field}}}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(param, (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error").GetProperty("param").GetString());
        Assert.Empty(_studio.Chat.Requests);
    }

    [Theory]
    [InlineData("""{"model":"scripted","temperature":"hot"}""", "temperature")]
    [InlineData("""{"model":"scripted","messages":[{"role":7}]}""", "messages[0].role")]
    [InlineData("""{"model":"scripted","max_tokens":1.5}""", "max_tokens")]
    [InlineData("""{"model":{"id":"scripted"}}""", "model")]
    [InlineData("[]", null)]
    public async Task AValueOfAnotherKind_IsRefusedByTheFieldsName_NotByATypeOfOurs(string body, string? param)
    {
        using var response = await PostAsync("/v1/chat/completions", body);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error");
        Assert.Equal((HttpStatusCode.BadRequest, param), (response.StatusCode, error.GetProperty("param").GetString()));
        Assert.DoesNotContain("System.", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("MistralStudio", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/completions", """{"model":"scripted","prompt":"x"}""", 400, "model.no_completion")]
    [InlineData("/v1/completions", """{"model":"scripted","prompt":[[1]]}""", 422, "unsupported_parameter")]
    [InlineData("/v1/completions", """{"model":"scripted","prompt":"x","echo":true,"logprobs":1}""", 422, "unsupported_parameter")]
    [InlineData("/v1/completions", """{"model":"scripted"}""", 400, "invalid_value")]
    [InlineData("/v1/fim/completions", """{"model":"scripted","suffix":"x"}""", 400, "invalid_value")]
    [InlineData("/v1/fim/completions", """{"model":"scripted","prompt":"x","min_tokens":3}""", 422, "unsupported_parameter")]
    [InlineData("/v1/responses", """{"model":"scripted"}""", 400, "invalid_value")]
    [InlineData("/v1/responses", """{"model":"scripted","input":"x","previous_response_id":"r"}""", 422, "unsupported_parameter")]
    [InlineData("/v1/responses", """{"model":"scripted","input":"x","tools":[{"type":"web_search"}]}""", 422, "unsupported_parameter")]
    [InlineData("/v1/responses", """{"model":"scripted","input":[{"type":"item_reference","id":"x"}]}""", 422, "unsupported_parameter")]
    [InlineData("/v1/rerank", """{"query":"x","documents":["a"]}""", 404, "model.no_reranker")]
    [InlineData("/v1/embeddings", """{"model":"scripted","input":[1,2]}""", 422, "unsupported_parameter")]
    public async Task OtherAddresses_RefuseByName(string address, string body, int status, string code)
    {
        using var response = await PostAsync(address, body);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(code, (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error").GetProperty("code").GetString());
    }

    private Task<HttpResponseMessage> PostAsync(string address, string json) =>
        _client.PostAsync(address, new StringContent(json, Encoding.UTF8, "application/json"), Token);

    private async Task AnswerAsync(string address, string json)
    {
        using var response = await PostAsync(address, json);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Token));
    }
}
