using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Agents.Tests.Mcp;
using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Tests.Shared.Rigs;
using static MistralStudio.Agents.Tests.Nodes.Agent.TurningModel;

namespace MistralStudio.Agents.Tests.Nodes.Agent;

public sealed class AgentNodeTests
{
    private const string Contracts = """{"kind":"knowledge","bases":["Contracts"],"k":3}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnAgent_LooksThingsUp_AndAnswers_OneStepACall()
    {
        var model = new TurningModel(Says("Let me look.", """search_knowledge {"query":"notice period"}"""), Says("Ninety days."));
        using var nodes = new AgentNodes(model);
        await nodes.Knowledge.CreateBaseAsync(nodes.Rig.Workspace, "Contracts", "e", null, Token);
        nodes.Search.Hits.Add(FakeKnowledgeSearch.Hit("Notice is ninety days.", page: 4));

        var loop = await nodes.Rig.LoopAsync(Flow($$"""{"system":"Be brief.","prompt":"x","tools":[{{Contracts}}]}"""), new { q = "How long?" });
        var state = await NodeRig.RunAsync(loop);

        Assert.Equal("Ninety days.", state.Outputs["text"].Text);
        Assert.Equal(new RunUsage(20, 10), state.Usage);
        Assert.Equal((20, 10), (state.Outputs["usage"].Json.GetProperty("inputTokens").GetInt32(), state.Outputs["usage"].Json.GetProperty("outputTokens").GetInt32()));
        Assert.Equal(["model", "tool search_knowledge", "model"], nodes.Rig.Journal.Read(loop.Run).OfType<StepStarted>().Select(step => step.Name));
        Assert.Equal(["model", "tool", "model"], state.Outputs["steps"].Json.EnumerateArray().Select(step => step.GetProperty("kind").GetString()));
        Assert.Equal("[1] report.pdf, page 4:\nNotice is ninety days.", Assert.Single(model.Results));
        Assert.Equal([nodes.Search.Hits[0].DocumentId], state.Outputs["text"].Sources);
        Assert.Equal(("notice period", 3), (nodes.Search.Asked!.Text, nodes.Search.Asked.Limit));
        var tool = Assert.IsAssignableFrom<AIFunctionDeclaration>(Assert.Single(model.Requests[0].Options.Tools!));
        Assert.IsNotAssignableFrom<AIFunction>(tool);
        Assert.Equal("search_knowledge", tool.Name);
        Assert.Equal(["system", "user"], model.Requests[0].Messages.Select(message => message.Role.Value));
    }

    [Theory]
    [InlineData("""nothing_like_it {"a":1}""", "There is no tool \"nothing_like_it\".")]
    [InlineData("""search_knowledge {"question":"x"}""", "The tool was not called")]
    [InlineData("""search_knowledge {"query":7}""", "The tool was not called")]
    public async Task AWrongCall_IsToldToTheModel_AndCallsNothing(string call, string told)
    {
        var model = new TurningModel(Says(call), Says("I see."));
        using var nodes = new AgentNodes(model);
        await nodes.Knowledge.CreateBaseAsync(nodes.Rig.Workspace, "Contracts", "e", null, Token);

        var state = await nodes.Rig.RunAsync(Flow($$"""{"prompt":"x","tools":[{{Contracts}}]}"""), new { q = "?" });

        Assert.Equal("I see.", state.Outputs["text"].Text);
        Assert.StartsWith(told, Assert.Single(model.Results), StringComparison.Ordinal);
        Assert.Null(nodes.Search.Asked);
    }

    [Fact]
    public async Task AToolThatFails_IsToldToTheModel()
    {
        var model = new TurningModel(Says("""search_knowledge {"query":"x"}"""), Says("Sorry."));
        using var nodes = new AgentNodes(model);
        await nodes.Knowledge.CreateBaseAsync(nodes.Rig.Workspace, "Contracts", "e", null, Token);
        nodes.Search.Error = new Error("index.unreachable", "The index is away.", "Wait.");

        var state = await nodes.Rig.RunAsync(Flow($$"""{"prompt":"x","tools":[{{Contracts}}]}"""), new { q = "?" });

        Assert.Equal("Sorry.", state.Outputs["text"].Text);
        Assert.Equal("The tool failed: The index is away. Wait.", Assert.Single(model.Results));
    }

    [Fact]
    public async Task WhatToolsGave_MakesRoom_TheOldestFirst_WhereTheModelHoldsNoMore()
    {
        var look = Says("""search_knowledge {"query":"notice"}""");
        var model = new TurningModel(look, look, look, Says("Ninety days.")) { Counter = new WordCounter(ContextLength: 500) };
        using var nodes = new AgentNodes(model);
        await nodes.Knowledge.CreateBaseAsync(nodes.Rig.Workspace, "Contracts", "e", null, Token);
        nodes.Search.Hits.Add(FakeKnowledgeSearch.Hit(string.Concat(Enumerable.Repeat("notice ", 300)), page: 1));

        var state = await nodes.Rig.RunAsync(Flow($$"""{"prompt":"x","maxTokens":100,"tools":[{{Contracts}}]}"""), new { q = "?" });

        Assert.Equal("Ninety days.", state.Outputs["text"].Text);
        Assert.Equal(3, model.Results.Length);
        Assert.EndsWith("(the rest made room for what came after it; call again for all of it)", model.Results[0], StringComparison.Ordinal);
        Assert.True(model.Results[^1].Length > 900);
        Assert.All(model.Requests, request => Assert.InRange(request.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Sum(result => model.Counter!.Count((string)result.Result!)), 0, 400));
    }

    private sealed record WordCounter(int ContextLength) : ITokenCounter
    {
        public int Count(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
    }

    [Fact]
    public async Task AnAgentThatNeverAnswers_EndsWithItsSteps()
    {
        var model = new TurningModel(Says("""search_knowledge {"query":"x"}"""));
        using var nodes = new AgentNodes(model);
        await nodes.Knowledge.CreateBaseAsync(nodes.Rig.Workspace, "Contracts", "e", null, Token);

        var state = await nodes.Rig.RunAsync(Flow($$"""{"prompt":"x","maxSteps":3,"tools":[{{Contracts}}]}"""), new { q = "?" });

        Assert.Equal(("agent.steps_over", 3), (state.Error!.Code, model.Requests.Count));
    }

    [Theory]
    [InlineData("""{"prompt":"x","tools":[{"kind":"knowledge","bases":["Nowhere"]}]}""", "knowledge.base_not_found")]
    [InlineData("""{"prompt":"x","tools":[{"kind":"flow","flow":"nothing"}]}""", "agent.no_flow")]
    [InlineData("""{"prompt":"x","tools":[{"kind":"mcp","server":"nothing"}]}""", "mcp.no_server")]
    [InlineData("""{"prompt":"{{ q | remove: '?' }} "}""", "model.empty_prompt")]
    public async Task WhatCannotBegin_FailsWithASentence_AndAsksNobody(string config, string code)
    {
        var model = new TurningModel(Says("Hi."));
        using var nodes = new AgentNodes(model);

        var state = await nodes.Rig.RunAsync(Flow(config), new { q = "?" });

        Assert.Equal((code, 0), (state.Error!.Code, model.Requests.Count));
    }

    [Fact]
    public async Task AModelWithoutTools_IsRefused_WhereThereAreTools()
    {
        using var nodes = new AgentNodes(new TurningModel(Says("Hi.")) { CallsTools = false });
        await nodes.Knowledge.CreateBaseAsync(nodes.Rig.Workspace, "Contracts", "e", null, Token);

        Assert.Equal("agent.no_tools", (await nodes.Rig.RunAsync(Flow($$"""{"prompt":"x","tools":[{{Contracts}}]}"""), new { q = "?" })).Error!.Code);
        Assert.Equal("Hi.", (await nodes.Rig.RunAsync(Flow("""{"prompt":"x"}"""), new { q = "?" })).Outputs["text"].Text);
    }

    [Fact]
    public async Task ABusyModel_IsAskedAgain_FromWhereTheAgentWas()
    {
        var model = new TurningModel(Says("""search_knowledge {"query":"x"}"""), Says("Done.")) { Fails = number => number == 2 ? ModelErrors.QueueFull(9) : null };
        using var nodes = new AgentNodes(model);
        await nodes.Knowledge.CreateBaseAsync(nodes.Rig.Workspace, "Contracts", "e", null, Token);
        var flow = Flow($$"""{"prompt":"x","tools":[{{Contracts}}]}""", ""","policy":{"retry":{"attempts":2,"delay":"00:00:00.001"}}""");

        var loop = await nodes.Rig.LoopAsync(flow, new { q = "?" });
        var state = await NodeRig.RunAsync(loop);

        Assert.Equal("Done.", state.Outputs["text"].Text);
        Assert.Equal(3, model.Requests.Count);
        Assert.Equal(["model", "tool search_knowledge", "model", "model"], nodes.Rig.Journal.Read(loop.Run).OfType<StepStarted>().Select(step => step.Name));
        Assert.Equal(new RunUsage(20, 10), state.Usage);
    }

    [Fact]
    public async Task TheBasesOfItsTools_HoldTheModelBack_BeforeItReadsAnything()
    {
        var model = new TurningModel(Says("Hi."));
        using var nodes = new AgentNodes(model);
        var parent = await nodes.Knowledge.CreateBaseAsync(nodes.Rig.Workspace, "Contracts", "e", null, Token);
        nodes.Router.Refuses = bases => bases.Contains(parent.Id) ? ConnectionErrors.KnowledgeStays("Contracts") : null;

        var state = await nodes.Rig.RunAsync(Flow($$"""{"prompt":"x","tools":[{{Contracts}}]}"""), new { q = "?" });

        Assert.Equal(("connection.stays_on_machine", 0), (state.Error!.Code, model.Requests.Count));
    }

    [Fact]
    public async Task AFlow_IsCalledOnce_AsOneDeeper_WithWhatItsInputsCameFrom()
    {
        var model = new TurningModel(Says("""search_knowledge {"query":"x"}""", """run_triage {"question":"broken"}"""), Says("It is urgent."));
        using var nodes = new AgentNodes(model);
        nodes.Rig.Version = 1;
        await nodes.Knowledge.CreateBaseAsync(nodes.Rig.Workspace, "Contracts", "e", null, Token);
        nodes.Search.Hits.Add(FakeKnowledgeSearch.Hit("Broken."));

        var state = await nodes.Rig.RunAsync(Flow($$"""{"prompt":"x","approved":["run_triage"],"tools":[{{Contracts}},{"kind":"flow","flow":"triage"}]}"""), new { q = "?" });

        Assert.Equal("It is urgent.", state.Outputs["text"].Text);
        Assert.Equal("urgent", model.Results[1]);
        var call = Assert.Single(nodes.Flows.Calls);
        Assert.Equal(("triage@3", "broken", 1, nodes.Rig.User), (call.Reference, call.Inputs["question"].GetString(), call.Depth, call.By!.Value));
        Assert.Equal([nodes.Search.Hits[0].DocumentId], call.Sources);
        Assert.NotNull(call.Once);
        // What the flow used is the run's too.
        Assert.Equal(new RunUsage(120, 17), state.Usage);
    }

    [Fact]
    public async Task ToolsOfAServer_AreCalled_WithoutAskingWhereTheAuthorSaysThatTheyRead()
    {
        await using var server = await McpServer.StartAsync();
        server.Call = call => McpServer.Text($"sum of {call["arguments"]!["a"]}");
        var model = new TurningModel(Says("""add {"a":2}"""), Says("Three."));
        using var nodes = new AgentNodes(model, null, server.Place);
        Keep(nodes, "sums", ConnectionKind.Mcp, server.Address);

        var state = await nodes.Rig.RunAsync(Flow("""{"prompt":"x","tools":[{"kind":"mcp","server":"sums","tools":["add"],"readOnly":["add"]}]}"""), new { q = "?" });

        Assert.Equal("Three.", state.Outputs["text"].Text);
        Assert.Equal("sum of 2", Assert.Single(model.Results));
        var missing = await nodes.Rig.RunAsync(Flow("""{"prompt":"x","tools":[{"kind":"mcp","server":"sums","tools":["gone"]}]}"""), new { q = "?" });
        Assert.Equal("agent.no_server_tool", missing.Error!.Code);
    }

    [Fact]
    public async Task AnOperation_GoesOut_WithArgumentsInTheirPlaces_AndTheKeyOfItsConnection()
    {
        await using var shop = await ShopServer.StartAsync();
        var model = new TurningModel(Says("""getOrder {"id":"a/../b?c","fields":["state","total"],"X-Trace":"7"}"""), Says("Shipped."));
        using var nodes = new AgentNodes(model, null, shop.Place);
        Keep(nodes, "shop", ConnectionKind.Http, shop.Address);

        var state = await nodes.Rig.RunAsync(Flow($$"""{"prompt":"x","tools":[{{shop.Tool(""","operations":["getOrder"],"connection":"shop" """)}}]}"""), new { q = "?" });

        Assert.Equal("Shipped.", state.Outputs["text"].Text);
        Assert.Equal("GET /orders/a%2F..%2Fb%3Fc?fields=state&fields=total", Assert.Single(shop.Seen));
        Assert.Equal($"Bearer {NodeRoom.Secret}", Assert.Single(shop.Keys));
        Assert.Equal("Status 200\n{\"state\":\"shipped\"}", Assert.Single(model.Results));
        var tool = Assert.IsAssignableFrom<AIFunctionDeclaration>(Assert.Single(model.Requests[0].Options.Tools!));
        Assert.Equal(["fields", "X-Trace", "id"], tool.JsonSchema.GetProperty("properties").EnumerateObject().Select(one => one.Name));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("")]
    public async Task AnArgument_DoesNotLeadToAnotherPath(string id)
    {
        await using var shop = await ShopServer.StartAsync();
        var model = new TurningModel(Says($$"""getOrder {"id":"{{id}}"}"""), Says("No."));
        using var nodes = new AgentNodes(model, null, shop.Place);

        await nodes.Rig.RunAsync(Flow($$"""{"prompt":"x","tools":[{{shop.Tool(""","operations":["getOrder"]""")}}]}"""), new { q = "?" });

        Assert.Empty(shop.Seen);
        Assert.Contains("leads elsewhere", Assert.Single(model.Results), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APrivateAddress_IsRefused_AndToldToTheModel()
    {
        await using var shop = await ShopServer.StartAsync();
        var model = new TurningModel(Says("""getOrder {"id":"1"}"""), Says("No."));
        using var nodes = new AgentNodes(model);

        await nodes.Rig.RunAsync(Flow($$"""{"prompt":"x","tools":[{{shop.Tool(""","operations":["getOrder"]""")}}]}"""), new { q = "?" });

        Assert.Empty(shop.Seen);
        Assert.Contains("was refused", Assert.Single(model.Results), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WordsOfABaseThatStaysHere_AreNotSentToAnApi()
    {
        await using var shop = await ShopServer.StartAsync();
        var model = new TurningModel(Says("""search_knowledge {"query":"x"}"""), Says("""getOrder {"id":"salary-5000"}"""), Says("No."));
        using var nodes = new AgentNodes(model, null, shop.Place);
        await nodes.Knowledge.CreateBaseAsync(nodes.Rig.Workspace, "Contracts", "e", null, Token);
        nodes.Search.Hits.Add(FakeKnowledgeSearch.Hit("The salary is 5,000."));
        nodes.Connections.Staying.Add(nodes.Search.Hits[0].DocumentId);

        await nodes.Rig.RunAsync(Flow($$"""{"prompt":"x","tools":[{{Contracts}},{{shop.Tool(""","operations":["getOrder"]""")}}]}"""), new { q = "?" });

        Assert.Empty(shop.Seen);
        Assert.Contains("stays on this machine", model.Results[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"swagger":"2.0"}""", "version 3")]
    [InlineData("""{"openapi":"3.0.0"}""", "no paths")]
    [InlineData("""{"openapi":"3.0.0","paths":{}}""", "no operations")]
    [InlineData("""{"openapi":"3.0.0","paths":{"/a":{"get":{"operationId":"other"}}}}""", "no operation \"a\"")]
    public async Task ADocumentThatMakesNoTools_DoesNotCompile(string document, string reason)
    {
        using var nodes = new AgentNodes(new TurningModel(Says("")));
        var config = $$"""{"prompt":"x","tools":[{"kind":"http","document":{{document}}{{(reason.Contains("\"a\"", StringComparison.Ordinal) ? ""","operations":["a"]""" : "")}}}]}""";
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => nodes.Rig.LoopAsync(Flow(config)));
        Assert.Contains("OpenAPI", refused.Message, StringComparison.Ordinal);
        Assert.Contains(nodes.Rig.Catalog.Find("agent")!.Type.Check(JsonElement.Parse(config)), problem => problem.Error.Message.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public void ADocumentOfReferencesWithoutEnd_DoesNotCompile()
    {
        var many = string.Join(',', Enumerable.Range(0, 12).Select(i => $$"""
            "s{{i}}":{"properties":{"a":{"$ref":"#/components/schemas/s{{i + 1}}"},"b":{"$ref":"#/components/schemas/s{{i + 1}}"},"c":{"$ref":"#/components/schemas/s{{i + 1}}"} } }
            """));
        var document = $$"""{"openapi":"3.0.0","paths":{"/a":{"post":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/s0"} } } } } } },"components":{"schemas":{ {{many}} } } }""";
        using var nodes = new AgentNodes(new TurningModel(Says("")));

        var problem = Assert.Single(nodes.Rig.Catalog.Find("agent")!.Type.Check(JsonElement.Parse($$"""{"tools":[{"kind":"http","document":{{document}} }]}""")));

        Assert.Contains("too large", problem.Error.Message, StringComparison.Ordinal);
    }

    private static string Flow(string config, string more = "") => NodeRig.One("agent", config, outputs: "text steps usage", more: more);

    private static void Keep(AgentNodes nodes, string slug, ConnectionKind kind, Uri address) => nodes.Connections.Keep(
        new Connection(ConnectionId.New(), nodes.Rig.Workspace, slug, new ConnectionSettings { Name = slug, Kind = kind, Address = address, TimeoutSeconds = 5 }, null, 1, default, default), NodeRoom.Secret);
}
