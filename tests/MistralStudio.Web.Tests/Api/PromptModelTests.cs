using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Web.Tests.Api;

/// <summary>Saved prompts asked as models.</summary>
public sealed class PromptModelTests(ApiStudio studio) : IClassFixture<ApiStudio>, IAsyncLifetime
{
    private const string ChatPath = "/v1/chat/completions";

    private readonly ApiStudio _studio = studio;
    private HttpClient _client = null!;
    private Membership _owner = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IPromptStore Prompts => _studio.Services.GetRequiredService<IPromptStore>();

    public async ValueTask InitializeAsync()
    {
        _studio.Chat = new(_ => "Paris") { Abilities = ChatAbilities.All };
        _client = await _studio.SignedInAsync();
        _owner = (await _studio.Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(Token))!;
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task ItsMessagesComeFirst_WithValues_AndTheCallersSettingsWin()
    {
        var prompt = await CreateAsync("Asked", new()
        {
            Messages = [new(MessageRole.System, "Be {{tone}}."), new(MessageRole.User, "{{q}}")],
            Settings = new(0.2f, 0.5f, 50, 7),
            Variables = [new("tone", Default: "kind")],
            Tools = [new("look_up", "Finds", JsonElement.Parse("""{"type":"object"}"""))],
            Answer = new("reply", JsonElement.Parse("""{"type":"object","properties":{"a":{"type":"string"}}}""")),
        });

        var answer = await AskAsync($$$"""{"model":"{{{prompt.Reference}}}","temperature":1,"messages":[{"role":"assistant","content":"Yes?"},{"role":"user","content":"More"}],"prompt_variables":{"q":"{{tone}}","n":1}}""");

        Assert.Equal(prompt.Reference, answer["model"]!.GetValue<string>());
        var (messages, options) = Assert.Single(_studio.Chat.Requests);
        Assert.Equal(["system: Be kind.", "user: {{tone}}", "assistant: Yes?", "user: More"], messages.Select(message => $"{message.Role}: {message.Text}"));
        Assert.Equal((1f, 0.5f, 50, 7L), (options!.Temperature, options.TopP, options.MaxOutputTokens, options.Seed));
        Assert.Equal("look_up", Assert.Single(options.Tools!).Name);
        Assert.Equal("reply", Assert.IsType<ChatResponseFormatJson>(options.ResponseFormat).SchemaName);
        Assert.Null(options.PromptVariables);
    }

    [Fact]
    public async Task ARequestWithoutMessages_IsThePromptAlone_AndToolsOfTheCallerJoinItsOwn()
    {
        var prompt = await CreateAsync("Alone", new() { Messages = [new(MessageRole.User, "Say {{w}}")], Tools = [new("own", "", JsonElement.Parse("""{"type":"object"}""")), new("both", "mine", JsonElement.Parse("""{"type":"object"}"""))] });

        await AskAsync($$$"""{"model":"{{{prompt.Reference}}}","variables":{"w":3},"tools":[{"type":"function","function":{"name":"both","description":"theirs"}}]}""");

        var (messages, options) = Assert.Single(_studio.Chat.Requests);
        Assert.Equal("Say 3", Assert.Single(messages).Text);
        Assert.Equal(["own ", "both theirs"], options!.Tools!.Select(tool => $"{tool.Name} {tool.Description}"));
    }

    [Theory]
    [InlineData("""{"model":"MODEL@1","prompt_variables":{"q":"Why?"},"input":"More"}""", true)]
    [InlineData("""{"prompt":{"id":"SLUG","version":"1","variables":{"q":"Why?"}},"input":"More"}""", true)]
    [InlineData("""{"prompt":{"id":"MODEL","version":1,"variables":{"q":{"type":"input_text","text":"Why?"}}},"model":"MODEL@1","input":[{"role":"user","content":"More"}]}""", true)]
    [InlineData("""{"prompt":{"id":"SLUG","version":"production","variables":{"q":"Why?"}},"instructions":null}""", false)]
    public async Task Responses_TakeASavedPrompt_AsModelAndAsTheDialectsOwn(string body, bool hasInput)
    {
        var prompt = await CreateAsync("Responding", new() { Messages = [new(MessageRole.System, "Be {{tone}}."), new(MessageRole.User, "{{q}}")], Variables = [new("tone", Default: "kind")] });
        await Prompts.MoveLabelAsync(_owner.Workspace, prompt.Id, "production", 1, null, _owner.User, Token);
        body = body.Replace("MODEL", prompt.Reference, StringComparison.Ordinal).Replace("SLUG", prompt.Slug, StringComparison.Ordinal);

        var answer = await AskAsync(body, "/v1/responses");
        Assert.StartsWith(prompt.Reference, answer["model"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(JsonNode.Parse(body)!["prompt"]?.ToJsonString(), answer["prompt"]?.ToJsonString());
        string[] own = ["system: Be kind.", "user: Why?"];
        Assert.Equal(hasInput ? [.. own, "user: More"] : own, Assert.Single(_studio.Chat.Requests).Messages.Select(message => $"{message.Role}: {message.Text}"));
    }

    [Theory]
    [InlineData("""{"prompt":{"id":"SLUG"}}""", 422, "prompt.missing_variables", "\"a\"")]
    [InlineData("""{"prompt":{"id":"SLUG"},"stream":true}""", 422, "prompt.missing_variables", "\"a\"")]
    [InlineData("""{"prompt":{"id":"SLUG","version":"nowhere","variables":{"a":1}}}""", 404, "prompt.version_not_found", "labels")]
    [InlineData("""{"prompt":{"id":"SLUG","variables":[1]}}""", 422, "prompt.bad_values", "object")]
    [InlineData("""{"prompt":{"id":"SLUG","variables":{"a":{"type":"input_image","image_url":"data:"}}}}""", 422, "unsupported_parameter", "input items")]
    [InlineData("""{"prompt":{"id":"pmpt_0 1"}}""", 400, "invalid_value", "slug")]
    [InlineData("""{"prompt":"SLUG"}""", 400, "invalid_value", "slug")]
    [InlineData("""{"prompt":{"id":"SLUG","variables":{"a":1}},"model":"scripted"}""", 400, "invalid_value", "model of its own")]
    [InlineData("""{"model":"scripted","input":"x","prompt_variables":{"a":1}}""", 422, "unsupported_parameter", "no saved prompt")]
    public async Task Responses_RefuseByName_WhatTheyCannotHonour(string body, int status, string code, string named)
    {
        var prompt = await CreateAsync("Refusing", new() { Messages = [new(MessageRole.User, "{{a}}")] });
        var answer = await PostAsync(body.Replace("SLUG", prompt.Slug, StringComparison.Ordinal), "/v1/responses");
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.Equal(status, (int)answer.StatusCode);
        var error = JsonNode.Parse(text)!["error"]!;
        Assert.Equal(code, error["code"]!.GetValue<string>());
        Assert.Contains(named, error["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"model":"MODEL"}""", 422, "prompt.missing_variables", "\"a\", \"b\"")]
    [InlineData("""{"model":"MODEL","prompt_variables":{"a":"x"}}""", 422, "prompt.missing_variables", "\"b\"")]
    [InlineData("""{"model":"MODEL","prompt_variables":{"a":"x"},"stream":true}""", 422, "prompt.missing_variables", "\"b\"")]
    [InlineData("""{"model":"MODEL","prompt_variables":[1]}""", 422, "prompt.bad_values", "object")]
    [InlineData("""{"model":"MODEL@staging"}""", 404, "prompt.version_not_found", "labels")]
    [InlineData("""{"model":"MODEL@99"}""", 404, "prompt.version_not_found", "99")]
    [InlineData("""{"model":"prompt:nowhere"}""", 404, "model_not_found", "prompt:nowhere")]
    [InlineData("""{"model":"scripted","messages":[{"role":"user","content":"x"}],"prompt_variables":{"a":1}}""", 422, "unsupported_parameter", "no saved prompt")]
    public async Task WhatIsMissing_IsRefusedByName(string body, int status, string code, string named)
    {
        var prompt = await CreateAsync("Lacking", new() { Messages = [new(MessageRole.User, "{{a}} {{b}}")] });

        var answer = await PostAsync(body.Replace("MODEL", prompt.Reference, StringComparison.Ordinal));

        Assert.Equal(status, (int)answer.StatusCode);
        var error = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Token))!["error"]!;
        Assert.Equal(code, error["code"]!.GetValue<string>());
        Assert.Contains(named, error["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Empty(_studio.Chat.Requests);
    }

    [Fact]
    public async Task AVersion_IsNamedByNumberLabelOrNothing_Listed_AndItsCallsAreCounted()
    {
        var prompt = await CreateAsync("Named", new() { Messages = [new(MessageRole.User, "one")] });
        await Prompts.AddVersionAsync(prompt.Workspace, prompt.Id, new() { Messages = [new(MessageRole.User, "two")] }, "", null, _owner.User, Token);
        await Prompts.MoveLabelAsync(prompt.Workspace, prompt.Id, "production", 1, null, _owner.User, Token);

        foreach (var (name, text) in new[] { ("", "two"), ("@production", "one"), ("@1", "one"), ("@latest", "two") })
        {
            await AskAsync($$"""{"model":"{{prompt.Reference}}{{name}}"}""");
            Assert.Equal(text, _studio.Chat.Requests[^1].Messages[0].Text);
        }

        var listed = JsonNode.Parse(await _client.GetStringAsync("/v1/models", Token))!["data"]!.AsArray().Select(model => model!["id"]!.GetValue<string>()).ToList();
        Assert.Contains(prompt.Reference, listed);
        Assert.Contains($"{prompt.Reference}@production", listed);
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync($"/v1/models/{prompt.Reference}@1", Token)).StatusCode);

        var usage = JsonNode.Parse(await _client.GetStringAsync($"/api/prompts/{prompt.Id}/usage", Token))!;
        Assert.Equal(
            ["1 1 test 1", "1 production test 1", "2  test 1", "2 latest test 1"],
            usage["calls"]!.AsArray().Select(calls => $"{calls!["version"]} {calls["namedAs"]} {calls["keyName"]} {calls["count"]}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task APromptThatLeadsBackToItself_IsRefused_BySentence()
    {
        var store = _studio.Services.GetRequiredService<IAppStore>();
        var app = (await store.CreateAsync(_owner.Workspace, "Circle", new("default", "", [], "", GenerationSettings.Default), _owner.User, Token)).Value;
        var prompt = await CreateAsync("Circle", new() { Messages = [new(MessageRole.User, "round")], Model = $"app:{app.Slug}" });
        await store.SaveDraftAsync(_owner.Workspace, app.Id, app.Revision, app.Name, app.Draft with { Model = prompt.Reference }, Token);
        Assert.True((await store.PublishAsync(_owner.Workspace, app.Id, _owner.User, Token)).IsSuccess);

        var answer = await PostAsync($$"""{"model":"{{prompt.Reference}}"}""");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains("asked by what it asks itself", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Empty(_studio.Chat.Requests);
        Assert.Equal("prompt.model_is_prompt", (await Prompts.CreateAsync(_owner.Workspace, PromptForm.Named("x"), new() { Messages = [new(MessageRole.User, "x")], Model = prompt.Reference }, "", _owner.User, Token)).Error?.Code);
    }

    [Fact]
    public async Task AnAppAnswersWithAPrompt_AndKnowledgeIsLookedUp_WithItsAuthorsRights()
    {
        var prompt = await CreateAsync("App prompt", new() { Messages = [new(MessageRole.System, "Prompt's own.")] });
        var store = _studio.Services.GetRequiredService<IAppStore>();
        var app = (await store.CreateAsync(_owner.Workspace, "Desk", new($"{prompt.Reference}@1", "App's own.", [], "", GenerationSettings.Default), _owner.User, Token)).Value;
        await store.PublishAsync(_owner.Workspace, app.Id, _owner.User, Token);
        await AskAsync($$$"""{"model":"app:{{{app.Slug}}}","messages":[{"role":"user","content":"Hello"}]}""");
        Assert.Equal(["Prompt's own.", "App's own.", "Hello"], _studio.Chat.Requests[^1].Messages.Select(message => message.Text));

        var builder = await _studio.JoinAsync($"eve{Guid.NewGuid():N}@example.org", Role.Builder);
        var looking = (await Prompts.CreateAsync(_owner.Workspace, PromptForm.Named("Looking"), new() { Messages = [new(MessageRole.System, "Look.")], Knowledge = [KnowledgeBaseId.New()] }, "", builder.User, Token)).Value;
        await _studio.Services.GetRequiredService<AccountStore>().ChangeRoleAsync(_owner.Workspace, builder.User, Role.Viewer, _owner.User, Token);
        var gone = await PostAsync($$$"""{"model":"{{{looking.Reference}}}","messages":[{"role":"user","content":"Hello"}]}""");
        Assert.Equal(HttpStatusCode.Forbidden, gone.StatusCode);
        Assert.Contains("prompt.author_gone", await gone.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ItsImages_AreShownToTheModel_BesideThoseOfTheCaller_OrRefusedInASentence()
    {
        var sent = new StringContent($$$"""{"name":"Stamps","content":{"messages":[{"role":"user","text":"A seal.","images":[{"name":"seal.png","data":"{{{Pictures.PngUri}}}"}]},{"role":"assistant","text":"Yes."},{"role":"user","text":"And {{question}}?"}]}}""", Encoding.UTF8, "application/json");
        var created = await _client.PostAsync("/api/prompts", sent, Token);
        var prompt = JsonNode.Parse(await created.Content.ReadAsStringAsync(Token))!;
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var body = $$$"""{"model":"prompt:{{{prompt["slug"]}}}","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"this"},{"type":"image_url","image_url":{"url":"{{{Pictures.PngUri}}}"}}]},{"role":"assistant","content":"No."},{"role":"user","content":"Sure?"}]}""";
        var refused = await PostAsync(body);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("cannot read the images of its messages", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        _studio.Chat = new(_ => "Paris") { Abilities = ChatAbilities.All with { Images = true } };
        await AskAsync(body);
        var messages = Assert.Single(_studio.Chat.Requests).Messages;
        Assert.Equal(["A seal.", "Yes.", "Be brief.", "And this?", "No.", "Sure?"], messages.Select(message => message.Text));
        Assert.Equal([1, 0, 0, 1, 0, 0], messages.Select(message => message.Contents.OfType<DataContent>().Count()));
        Assert.Equal(Pictures.Png, messages[0].Contents.OfType<DataContent>().Single().Data.ToArray());

        // It is read by who may read prompts, exported with its bytes and imported again.
        var image = (await Prompts.ReadAsync(_owner.Workspace, PromptId.Parse(prompt["id"]!.GetValue<string>(), null), 1, Token))!.Content.Images.Single();
        var shown = await _client.GetAsync($"/api/prompts/{prompt["id"]}/images/{image.Sha256}", Token);
        Assert.Equal(("image/png", "nosniff"), (shown.Content.Headers.ContentType!.MediaType, shown.Headers.GetValues("X-Content-Type-Options").Single()));
        Assert.Equal(Pictures.Png, await shown.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync($"/api/prompts/{prompt["id"]}/images/{new string('0', 64)}", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync($"/api/prompts/{PromptId.New()}/images/{image.Sha256}", Token)).StatusCode);
        var file = await _client.GetStringAsync($"/api/prompts/{prompt["id"]}/versions/1/export", Token);
        var imported = await _client.PostAsync("/api/prompts/import", new StringContent(JsonSerializer.Serialize(new { text = file, name = "Again", keep = true }), Encoding.UTF8, "application/json"), Token);
        Assert.Equal(prompt["latest"]!["hash"]!.GetValue<string>(), JsonNode.Parse(await imported.Content.ReadAsStringAsync(Token))!["prompt"]!["latest"]!["hash"]!.GetValue<string>());
    }

    [Fact]
    public async Task TheFirstQuestion_HasItsPlaceInThePrompt_UnlessTheCallerGaveAnother()
    {
        var prompt = await CreateAsync("Placed", new() { Messages = [new(MessageRole.System, "Translate."), new(MessageRole.User, "Into {{language}}: {{question}}")] });
        await AskAsync($$$"""{"model":"{{{prompt.Reference}}}","messages":[{"role":"user","content":"{{language}}"}],"prompt_variables":{"language":"French"}}""");
        Assert.Equal(["Translate.", "Into French: {{language}}"], _studio.Chat.Requests[^1].Messages.Select(message => message.Text));
        await AskAsync($$$"""{"model":"{{{prompt.Reference}}}","messages":[{"role":"user","content":"More"}],"prompt_variables":{"language":"French","question":"One"}}""");
        Assert.Equal(["Translate.", "Into French: One", "More"], _studio.Chat.Requests[^1].Messages.Select(message => message.Text));
    }

    [Fact]
    public async Task AnApp_FillsItsPromptsVariables_WithItsAuthorsValues_AndThoseOfTheCaller()
    {
        var prompt = await CreateAsync("Of an app", new() { Messages = [new(MessageRole.System, "Be {{tone}} in {{language}}."), new(MessageRole.User, "{{question}}")] });
        var store = _studio.Services.GetRequiredService<IAppStore>();
        var definition = new AppDefinition(prompt.Reference, "", [], "", GenerationSettings.Default) { Values = new Dictionary<string, string> { ["tone"] = "kind" } };
        var app = (await store.CreateAsync(_owner.Workspace, "Filled", definition, _owner.User, Token)).Value;
        await store.PublishAsync(_owner.Workspace, app.Id, _owner.User, Token);

        await AskAsync($$$"""{"model":"app:{{{app.Slug}}}","messages":[{"role":"user","content":"Hello"}],"prompt_variables":{"language":"French"}}""");
        Assert.Equal(["Be kind in French.", "Hello"], _studio.Chat.Requests[^1].Messages.Select(message => message.Text));
        var missing = await PostAsync($$$"""{"model":"app:{{{app.Slug}}}","messages":[{"role":"user","content":"Hello"}]}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, missing.StatusCode);
        Assert.Contains("\\\"language\\\"", await missing.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        // Where it is used says so, and so does what refuses to delete it.
        var uses = JsonNode.Parse(await _client.GetStringAsync($"/api/prompts/{prompt.Id}/usage", Token))!["uses"]!.AsArray();
        Assert.Contains(uses, use => use!["kind"]!.GetValue<string>() == "app" && use["version"]?.GetValue<int>() == 1);
        Assert.Contains("Filled", await (await _client.DeleteAsync($"/api/prompts/{prompt.Id}", Token)).Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        await store.SaveDraftAsync(_owner.Workspace, app.Id, 2, app.Name, definition with { Model = "default", Values = null }, Token);
        await store.PublishAsync(_owner.Workspace, app.Id, _owner.User, Token);
        var none = await PostAsync($$$"""{"model":"app:{{{app.Slug}}}","messages":[{"role":"user","content":"Hello"}],"prompt_variables":{"language":"French"}}""");
        Assert.Contains("app.no_variables", await none.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFlowsNode_FillsTheVariablesOfAPrompt_WithWhatIsConnected()
    {
        var prompt = await CreateAsync("In a flow", new() { Messages = [new(MessageRole.System, "About {{topic}}.")] });
        var definition = $$$"""
            {"schema":"mistralstudio.flow/1",
             "nodes":[{"id":"start","type":"start"},{"id":"ask","type":"llm","config":{"model":"{{{prompt.Reference}}}@1","prompt":"Tell me."}},{"id":"answer","type":"answer"}],
             "edges":[{"from":"start.q","to":"ask.topic"},{"from":"ask.text","to":"answer.text"}],
             "inputs":[{"name":"q","type":"text","required":true}]}
            """;
        var created = await _client.PostAsync("/api/flows", new StringContent($$"""{"name":"Topics","definition":{{definition}}}""", Encoding.UTF8, "application/json"), Token);
        var flow = JsonNode.Parse(await created.Content.ReadAsStringAsync(Token))!;
        Assert.Empty(flow["problems"]!.AsArray());
        Assert.Equal(HttpStatusCode.Created, (await _client.PostAsync($"/api/flows/{flow["id"]}/versions", new StringContent("{}", Encoding.UTF8, "application/json"), Token)).StatusCode);

        await AskAsync($$$"""{"model":"flow:{{{flow["slug"]}}}","messages":[{"role":"user","content":"birds"}]}""");

        Assert.Equal(["About birds.", "Tell me."], _studio.Chat.Requests[^1].Messages.Select(message => message.Text));
        Assert.Equal(HttpStatusCode.Conflict, (await _client.DeleteAsync($"/api/prompts/{prompt.Id}", Token)).StatusCode);
    }

    private async Task<Prompt> CreateAsync(string name, PromptContent content) => (await Prompts.CreateAsync(_owner.Workspace, PromptForm.Named(name), content, "", _owner.User, Token)).Value;

    private async Task<JsonNode> AskAsync(string body, string path = ChatPath)
    {
        var answer = await PostAsync(body, path);
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private Task<HttpResponseMessage> PostAsync(string body, string path = ChatPath) => _client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), Token);
}
