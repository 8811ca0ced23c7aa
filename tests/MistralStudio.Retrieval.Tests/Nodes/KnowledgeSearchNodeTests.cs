using System.Collections.Frozen;
using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Nodes.KnowledgeSearch;
using MistralStudio.Tests.Shared.Rigs;

namespace MistralStudio.Retrieval.Tests.Nodes;

public sealed class KnowledgeSearchNodeTests : IDisposable
{
    private readonly RetrievalNodes _nodes = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Passages_AreFoundByTheNameOfTheirBase_AndKnowTheDocumentTheyCameFrom()
    {
        var parent = await _nodes.BaseAsync();
        var wanted = await _nodes.Room.IngestAsync(parent.Id, "termination.txt", "Either party may terminate this agreement with ninety days of notice.");
        await _nodes.Room.IngestAsync(parent.Id, "lunch.txt", "The canteen serves soup on Mondays.");

        var state = await RunAsync("""{"bases":["contracts"],"k":1}""", "terminate agreement notice");

        var passages = state.Outputs["passages"];
        var passage = Assert.Single(passages.Json.EnumerateArray());
        Assert.Equal(("termination.txt", wanted.Id.Value), (passage.GetProperty("document").GetString(), passage.GetProperty("documentId").GetGuid()));
        Assert.Contains("ninety days", passage.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal([wanted.Id], passages.Sources);
        Assert.True(PortType.Passages.Admits(passages.Json));
    }

    [Fact]
    public async Task AFilter_OfTheAuthorAndOneThatArrives_MustBothFit()
    {
        var parent = await _nodes.BaseAsync();
        var first = await _nodes.Room.IngestAsync(parent.Id, "a.txt", "The price is five euros.");
        var second = await _nodes.Room.IngestAsync(parent.Id, "b.txt", "The price is six euros.");
        const string config = """{"bases":["Contracts"],"filter":{"conditions":[{"field":"name","values":["{{ name }}"]}]}}""";

        var both = await RunAsync(config, "price euros", "query:text name:text", new { query = "price euros", name = "b.txt" });
        Assert.Equal([second.Id], both.Outputs["passages"].Sources);

        var none = await RunAsync(config, "", "query:text name:text filter:json", new { query = "price euros", name = "b.txt", filter = new { documents = new[] { first.Id } } });
        Assert.Equal("[]", none.Outputs["passages"].Text);
    }

    [Fact]
    public async Task ABaseOfAnotherWorkspace_IsAsUnknownAsOneThatIsNot()
    {
        var foreign = await _nodes.Room.CreateBaseAsync(WorkspaceId.New());
        await _nodes.BaseAsync("Twice");
        await _nodes.BaseAsync("Twice");

        foreach (var (reference, code) in new[] { ($"{foreign}", "knowledge.base_not_found"), ("Nowhere", "knowledge.base_not_found"), ("Twice", "knowledge.base_ambiguous") })
        {
            var state = await RunAsync($$"""{"bases":["{{reference}}"]}""", "price");
            Assert.Equal(code, state.Error!.Code);
            Assert.Contains(reference, state.Error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"bases":["Contracts"]}""", "  ", null, "knowledge.query_empty")]
    [InlineData("""{"bases":["Contracts"]}""", "price", """["no object"]""", "knowledge.bad_filter")]
    [InlineData("""{"bases":["Contracts"]}""", "price", """{"documents":["x"]}""", "knowledge.bad_filter")]
    [InlineData("""{"bases":["Contracts"]}""", "price", """{"conditions":[{"op":"is","values":[1]}]}""", "knowledge.bad_filter")]
    [InlineData("""{"bases":["Contracts"]}""", "price", """{"conditions":[{"field":"year","op":"near","values":[1]}]}""", "knowledge.bad_filter")]
    [InlineData("""{"bases":["Contracts"]}""", "price", """{"conditions":[{"field":"year","values":[]}]}""", "knowledge.bad_filter")]
    public async Task WhatCannotBeSearched_FailsWithASentence(string config, string query, string? filter, string code)
    {
        var parent = await _nodes.BaseAsync();
        await _nodes.Room.IngestAsync(parent.Id, "a.txt", "The price is five euros.");

        var state = filter is null
            ? await RunAsync(config, query)
            : await RunAsync(config, "", "query:text filter:json", new { query, filter = JsonElement.Parse(filter) });

        Assert.Equal(code, state.Error!.Code);
    }

    [Fact]
    public async Task ARunThatMayNotSearch_IsRefused()
    {
        await _nodes.BaseAsync();
        _nodes.Rig.Rights.Granted = FrozenSet<string>.Empty;

        var state = await RunAsync("""{"bases":["Contracts"]}""", "price");

        Assert.Equal("run.right_missing", state.Error!.Code);
    }

    [Fact]
    public async Task AResult_IsNamedByTheStateOfItsBases_AndHasNoNameWhereAModelReorders()
    {
        var parent = await _nodes.BaseAsync();
        await _nodes.Room.IngestAsync(parent.Id, "a.txt", "The price is five euros.");
        var before = await GenerationAsync();
        Assert.Equal(before, await GenerationAsync());

        var added = await _nodes.Room.IngestAsync(parent.Id, "b.txt", "The price is six euros.");
        var after = await GenerationAsync();
        Assert.NotEqual(before, after);
        await _nodes.Room.Intake.DeleteAsync(_nodes.Room.Workspace, parent.Id, added.Id, null, Token);
        await _nodes.Room.Work.IdleAsync();
        Assert.Equal(before, await GenerationAsync());

        await _nodes.Room.Store.ChangeSettingsAsync(
            _nodes.Room.Workspace, parent.Id, new KnowledgeSettings { Search = SearchSettings.Default with { Rerank = RerankMethod.Model } }, 0, Token);
        Assert.Null(await GenerationAsync());
    }

    public void Dispose() => _nodes.Dispose();

    private Task<Flows.Runs.RunState> RunAsync(string config, string query, string inputs = "query:text", object? values = null) =>
        _nodes.Rig.RunAsync(NodeRig.One("knowledge-search", config, inputs, "passages"), values ?? new { query });

    private async Task<string?> GenerationAsync()
    {
        var start = _nodes.Rig.Start(NodeRig.One("knowledge-search", """{"bases":["Contracts"]}""", "query:text", "passages"));
        return await _nodes.Rig.Catalog.Find("knowledge-search")!.Executor!.GenerationAsync(
            new NodeExecution
            {
                Run = RunId.New(), Start = start, Path = "n", Attempt = 1, Config = new KnowledgeSearchConfig(["Contracts"]),
                Inputs = new Dictionary<string, FlowValue>(), IdempotencyKey = "k", Steps = null!, Stream = _ => { }, Time = TimeProvider.System,
                Rights = (await _nodes.Rig.Rights.ResolveAsync(start, Token)).Value,
            },
            Token);
    }
}
