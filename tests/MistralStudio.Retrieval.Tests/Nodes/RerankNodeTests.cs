using System.Collections.Frozen;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Retrieval.Nodes.Rerank;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Tests.Shared.Rigs;

namespace MistralStudio.Retrieval.Tests.Nodes;

public sealed class RerankNodeTests
{
    private static readonly object[] s_passages =
    [
        new { text = "Soup is served.", document = "lunch.txt" },
        new { text = "The price is five.", document = "price.txt", page = 3 },
        new { text = "The price of the contract is six euros.", document = "contract.txt" },
    ];

    private readonly WordReranker _reranker = new();
    private readonly ModelShelf _shelf = new ModelShelf().With("cross", ModelTask.Reranking, "ab");
    private readonly InMemoryKnowledge _knowledge = new();

    [Fact]
    public async Task ACrossEncoder_PutsTheBestFirst_AndKeepsWhatPassagesCarry()
    {
        using var rig = Rig(new ScriptedChatClient(_ => "no"));

        var state = await RunAsync(rig, """{"k":2}""");

        Assert.Equal(["contract.txt", "price.txt"], Documents(state));
        var second = state.Outputs["passages"].Json[1];
        Assert.Equal((3, 0.5), (second.GetProperty("page").GetInt32(), second.GetProperty("score").GetDouble()));
        Assert.Equal(3, state.Usage.InputTokens);
    }

    [Fact]
    public async Task ALeastScore_KeepsTheRestBack()
    {
        using var rig = Rig(new ScriptedChatClient(_ => "no"));
        Assert.Equal(["contract.txt"], Documents(await RunAsync(rig, """{"minScore":0.6}""")));
    }

    [Fact]
    public async Task AChatModel_PutsThemInOrder_AndIsPaid()
    {
        var model = new ScriptedChatClient(_ => "2 > 3 > 1");
        using var rig = Rig(model);

        var state = await RunAsync(rig, """{"method":"model"}""");

        Assert.Equal(["price.txt", "contract.txt", "lunch.txt"], Documents(state));
        Assert.Equal(5, state.Usage.OutputTokens);
        Assert.Contains("[3] The price of the contract is six euros.", model.Requests[0].Messages[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PassagesOfABaseThatStaysHere_AreNotSentElsewhere()
    {
        var model = new ScriptedChatClient(_ => "1");
        var router = new FakeModelRouter(model);
        using var rig = Rig(model, router);
        var parent = await _knowledge.CreateBaseAsync(rig.Workspace, "B", "e", null, TestContext.Current.CancellationToken);
        var document = await _knowledge.AddDocumentAsync(rig.Workspace, parent.Id, new NewDocument("a", "text/plain", 1, "00", null), TestContext.Current.CancellationToken);
        router.Refuses = bases => bases.Contains(parent.Id) ? ConnectionErrors.KnowledgeStays("B") : null;
        var inputs = new Dictionary<string, FlowValue>
        {
            ["query"] = FlowValue.Of("price"),
            ["passages"] = FlowValue.From(s_passages) with { Sources = [document!.Id] },
        };

        var state = await rig.RunAsync(NodeRig.One("rerank", """{"method":"model"}""", "query:text passages:passages", "passages"), inputs);

        Assert.Equal(("connection.stays_on_machine", 0), (state.Error!.Code, model.Requests.Count));
    }

    [Theory]
    [InlineData("""{"method":"model"}""", "price", "rerank.no_order")]
    [InlineData("""{"model":"elsewhere"}""", "price", "model.no_reranker")]
    [InlineData("""{}""", " ", "knowledge.query_empty")]
    public async Task WhatCannotBeRead_FailsWithASentence(string config, string query, string code)
    {
        using var rig = Rig(new ScriptedChatClient(_ => "none of them"));
        var state = await rig.RunAsync(NodeRig.One("rerank", config, "query:text passages:passages", "passages"), new { query, passages = s_passages });
        Assert.Equal(code, state.Error!.Code);
    }

    [Fact]
    public async Task ABusyReranker_IsATransientFailure_WithItsWait()
    {
        _reranker.Error = ModelErrors.QueueFull(4);
        using var rig = Rig(new ScriptedChatClient(_ => "no"));
        var loop = await rig.LoopAsync(Flow("{}"), new { query = "price", passages = s_passages });
        using var stop = new CancellationTokenSource();
        var run = loop.RunAsync(stop.Token);

        RetryScheduled? retry;
        while ((retry = rig.Journal.Read(loop.Run).OfType<RetryScheduled>().FirstOrDefault()) is null)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        await run;
        Assert.True(retry.DueAt - retry.At > TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task ARunThatMayNotUseModels_IsRefused()
    {
        using var rig = Rig(new ScriptedChatClient(_ => "no"));
        rig.Rights.Granted = FrozenSet<string>.Empty;
        Assert.Equal("run.right_missing", (await RunAsync(rig, "{}")).Error!.Code);
    }

    private static string Flow(string config) => NodeRig.One("rerank", config, "query:text passages:passages", "passages");

    private static Task<Flows.Runs.RunState> RunAsync(NodeRig rig, string config) => rig.RunAsync(Flow(config), new { query = "price contract", passages = s_passages });

    private static string?[] Documents(Flows.Runs.RunState state) =>
        [.. state.Outputs["passages"].Json.EnumerateArray().Select(passage => passage.GetProperty("document").GetString())];

    private NodeRig Rig(ScriptedChatClient model, FakeModelRouter? router = null)
    {
        _shelf.Rerankers["cross"] = _reranker;
        return new NodeRig(services =>
        {
            services.AddSingleton<IModelHost>(_shelf);
            services.AddSingleton<IModelRouter>(router ?? new FakeModelRouter(model));
            services.AddSingleton<IDefaultModels>(new ChosenModels());
            services.AddSingleton<IKnowledgeStates>(_knowledge);
            services.AddSingleton(RerankNode.Type);
            services.AddSingleton<INodeExecutor, RerankExecutor>();
        });
    }
}
