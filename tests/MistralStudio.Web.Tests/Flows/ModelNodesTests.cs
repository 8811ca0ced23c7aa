using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Accounts;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>Flows that ask models and read knowledge, over HTTP in the composed server; only the model and the search are scripted.</summary>
public sealed class ModelNodesTests(ApiStudio studio) : IClassFixture<ApiStudio>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AQuestion_IsSearchedFor_AndAnsweredFromThePassages()
    {
        using var client = await studio.SignedInAsync();
        var owner = (await studio.Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(Token))!;
        await studio.Services.GetRequiredService<IKnowledgeStore>().CreateBaseAsync(owner.Workspace, "Contracts", EmbeddingOnlyHost.ModelId, owner.User, Token);
        studio.Search.Hits.Add(FakeKnowledgeSearch.Hit("Notice is ninety days.", page: 4));
        studio.Chat = new ScriptedChatClient(_ => "Ninety days [1].");
        var id = await FlowAsync(client, "Answers", """
            {"schema":"mistralstudio.flow/1","inputs":[{"name":"question","type":"text","required":true}],
             "nodes":[{"id":"start","type":"start"},{"id":"search","type":"knowledge-search","config":{"bases":["Contracts"],"k":3}},
                      {"id":"ask","type":"llm","config":{"system":"Answer from the passages.","prompt":"{{ search.passages }}\n\n{{ start.question }}"}},{"id":"answer","type":"answer"}],
             "edges":[{"from":"start.question","to":"search.query"},{"from":"search.passages","to":"ask.passages"},{"from":"start.question","to":"ask.question"},{"from":"ask.text","to":"answer.text"}]}
            """);

        var run = await PostAsync(client, $"/api/flows/{id}/runs", new { inputs = new { question = "How long is the notice?" }, wait = true }, HttpStatusCode.OK);

        Assert.Equal("Ninety days [1].", run["outputs"]!["text"]!.GetValue<string>());
        Assert.Equal("[1] report.pdf, 4\nNotice is ninety days.\n\nHow long is the notice?", studio.Chat.Requests[^1].Messages[^1].Text);
        Assert.Equal(("How long is the notice?", 3), (studio.Search.Asked!.Text, studio.Search.Asked.Limit));
    }

    [Fact]
    public async Task AFlow_ThatAsksItselfAsItsModel_Ends_WithASentence()
    {
        using var client = await studio.SignedInAsync();
        var id = await FlowAsync(client, "Mirror", """
            {"schema":"mistralstudio.flow/1","inputs":[{"name":"question","type":"text","required":true}],
             "nodes":[{"id":"start","type":"start"},{"id":"ask","type":"llm","config":{"model":"flow:mirror","prompt":"{{ start.question }}"}},{"id":"answer","type":"answer"}],
             "edges":[{"from":"start.question","to":"ask.question"},{"from":"ask.text","to":"answer.text"}]}
            """);
        await PostAsync(client, $"/api/flows/{id}/versions", new { message = "first" }, HttpStatusCode.Created);

        var run = await PostAsync(client, $"/api/flows/{id}/runs", new { inputs = new { question = "Who?" }, wait = true }, HttpStatusCode.OK);

        Assert.Equal(("failed", "flow.calls_itself"), (run["state"]!.GetValue<string>(), run["error"]!["code"]!.GetValue<string>()));
    }

    [Fact]
    public async Task AnAgent_CallsAFlow_OnceAPersonApproved()
    {
        using var client = await studio.SignedInAsync();
        await TriageAsync(client, "Triage");
        var id = await FlowAsync(client, "Desk", """
            {"schema":"mistralstudio.flow/1","inputs":[{"name":"question","type":"text","required":true}],
             "nodes":[{"id":"start","type":"start"},{"id":"desk","type":"agent","config":{"prompt":"{{ start.question }}","tools":[{"kind":"flow","flow":"triage"}]}},{"id":"answer","type":"answer"}],
             "edges":[{"from":"start.question","to":"desk.question"},{"from":"desk.text","to":"answer.text"}]}
            """);
        studio.Chat = new ScriptedChatClient(_ => "")
        {
            Updates = [new ChatResponseUpdate(ChatRole.Assistant, [new FunctionCallContent("c1", "run_triage", new Dictionary<string, object?> { ["question"] = "It smokes." })])],
        };
        var run = await PostAsync(client, $"/api/flows/{id}/runs", new { inputs = new { question = "It smokes." }, wait = true }, HttpStatusCode.Accepted);
        var waiting = (await client.GetFromJsonAsync<JsonObject>($"/api/runs/{run["id"]}", Token))!;
        var bookmark = Assert.Single(waiting["waitingFor"]!.AsArray())!;
        Assert.Equal("Let the agent call \"run_triage\"?", bookmark["title"]!.GetValue<string>());

        studio.Chat = new ScriptedChatClient(messages => messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Single().Result!.ToString()!);
        await PostAsync(client, $"/api/runs/{run["id"]}/resume", new { bookmark = bookmark["bookmark"]!.GetValue<string>(), decision = "approve" }, HttpStatusCode.Accepted);

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        JsonObject now;
        while ((now = (await client.GetFromJsonAsync<JsonObject>($"/api/runs/{run["id"]}", Token))!)["state"]!.GetValue<string>() is "running" or "suspended")
        {
            await Task.Delay(20, patience.Token);
        }

        Assert.Equal("urgent: It smokes.", now["outputs"]!["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task WhatACalledFlowGives_CameFromWhatItsInputsCameFrom()
    {
        using var client = await studio.SignedInAsync();
        await TriageAsync(client, "Sources");
        var owner = (await studio.Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(Token))!;
        var document = DocumentId.New();

        var answer = await studio.Services.GetRequiredService<IFlowCalls>().CallAsync(
            new FlowCall(owner.Workspace, "sources", new Dictionary<string, JsonElement> { ["question"] = JsonElement.Parse("\"It smokes.\"") }) { Sources = [document], By = owner.User }, Token);

        Assert.Equal(("urgent: It smokes.", document), (answer.Value.Text, Assert.Single(answer.Value.Outputs["text"].Sources)));
    }

    [Fact]
    public async Task ACallThatIsGivenUp_HasToldItsRun()
    {
        using var client = await studio.SignedInAsync();
        var owner = (await studio.Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(Token))!;
        studio.Chat = new ScriptedChatClient(_ => "Never") { BeforeWord = stop => Task.Delay(Timeout.Infinite, stop) };
        var id = await FlowAsync(client, "Endless", """
            {"schema":"mistralstudio.flow/1","inputs":[{"name":"question","type":"text","required":true}],
             "nodes":[{"id":"start","type":"start"},{"id":"ask","type":"llm","config":{"prompt":"{{ start.question }}"}},{"id":"answer","type":"answer"}],
             "edges":[{"from":"start.question","to":"ask.question"},{"from":"ask.text","to":"answer.text"}]}
            """);
        await PostAsync(client, $"/api/flows/{id}/versions", new { message = "first" }, HttpStatusCode.Created);

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var told = new TaskCompletionSource<RunId>();
        var call = studio.Services.GetRequiredService<IFlowCalls>().CallAsync(
            new FlowCall(owner.Workspace, "endless", new Dictionary<string, JsonElement> { ["question"] = JsonElement.Parse("\"Who?\"") }) { By = owner.User, Ran = told.SetResult }, patience.Token);
        var run = await told.Task.WaitAsync(Token);
        Assert.False(call.IsCompleted);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        using var found = await client.GetAsync($"/api/runs/{run}", Token);
        Assert.Equal(HttpStatusCode.OK, found.StatusCode);
    }

    private static async Task TriageAsync(HttpClient client, string name)
    {
        var id = await FlowAsync(client, name, """
            {"schema":"mistralstudio.flow/1","inputs":[{"name":"question","type":"text","required":true}],
             "nodes":[{"id":"start","type":"start"},{"id":"t","type":"template","config":{"template":"urgent: {{ start.question }}"}},{"id":"answer","type":"answer"}],
             "edges":[{"from":"start.question","to":"t.question"},{"from":"t.text","to":"answer.text"}]}
            """);
        await PostAsync(client, $"/api/flows/{id}/versions", new { message = "first" }, HttpStatusCode.Created);
    }

    private static async Task<string> FlowAsync(HttpClient client, string name, string definition)
    {
        var created = await PostAsync(client, "/api/flows", new { name, definition = JsonNode.Parse(definition) }, HttpStatusCode.Created);
        Assert.True(created["problems"]!.AsArray().Count == 0, created.ToJsonString());
        return created["id"]!.GetValue<string>();
    }

    private static async Task<JsonObject> PostAsync(HttpClient client, string address, object body, HttpStatusCode expected)
    {
        var response = await client.PostAsJsonAsync(address, body, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode}: {text}");
        return JsonNode.Parse(text)!.AsObject();
    }
}
