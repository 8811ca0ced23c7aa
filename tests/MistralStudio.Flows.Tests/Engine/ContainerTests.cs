using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using static MistralStudio.Flows.Tests.Flow;

namespace MistralStudio.Flows.Tests.Engine;

public sealed class ContainerTests : IDisposable
{
    private const string List = """[{"name":"q","type":"list<text>","required":true},{"name":"tone","type":"text"}]""";

    private readonly FlowRig _rig = new();

    private static string Each(string config, string nodes, string edges, string more = "") => Of(
        $"{Start},{Node("each", "for-each", config, Body(nodes, edges) + more)},{Node("o", "output")}",
        "start.q each.items, start.tone each.tone, each.results o.all", List);

    [Fact]
    public async Task ForEach_KeepsTheOrder_WhateverEndsFirst()
    {
        var running = 0;
        var most = 0;
        _rig.Work.Scripts["x"] = async (execution, token) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            // Later items are done sooner.
            await Task.Delay(TimeSpan.FromMilliseconds(execution.Inputs["i"].Text[^1] == '0' ? 20 : 1), token);
            Interlocked.Decrement(ref running);
            return NodeOutcome.Of("text", FlowValue.Of($"{execution.Inputs["i"].Text}!"));
        };

        var state = await _rig.RunAsync(Each("""{"parallel":3}""", Node("x", config: """{"does":"x"}"""), "each.item x.i, x.text each.result"), new { q = Enumerable.Range(0, 20).Select(i => $"n{i}") });

        Assert.Equal(RunStatus.Succeeded, state.Status);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"n{i}!"), state.Outputs["all"].Json.EnumerateArray().Select(item => item.GetString()!));
        Assert.InRange(most, 2, 3);
    }

    [Fact]
    public async Task TheBody_SeesItem_Index_AndWhatElseIsConnected()
    {
        var state = await _rig.RunAsync(
            Each("{}", Node("x", "template", """{"template":"{{ each.index }}{{ each.item }}{{ tone }}"}"""), "each.item x.i, each.index x.n, each.tone x.tone, x.text each.result"),
            new { q = new[] { "a", "b" }, tone = "?" });

        Assert.Equal("""["0a?","1b?"]""", state.Outputs["all"].Json.GetRawText());
    }

    [Fact]
    public async Task AnEmptyList_GivesAnEmptyList()
    {
        var state = await _rig.RunAsync(Each("{}", Node("x"), "each.item x.i, x.text each.result"), new { q = Array.Empty<string>() });

        Assert.Equal("[]", state.Outputs["all"].Json.GetRawText());
        Assert.Empty(_rig.Work.Ran);
    }

    [Fact]
    public async Task AnItem_WhoseBranchGaveNothing_IsNull()
    {
        var state = await _rig.RunAsync(
            Each("{}", $"{Node("if", "condition", """{"when":"i == 'b'"}""")},{Node("x")}", "each.item if.i, if.true x.i, x.text each.result"), new { q = new[] { "a", "b" } });

        Assert.Equal("""[null,"b"]""", state.Outputs["all"].Json.GetRawText());
        Assert.Equal(["each[1]/x"], _rig.Work.Ran);
    }

    [Fact]
    public async Task AFailureInside_FailsTheContainer_AndNoMoreItemsBegin()
    {
        _rig.Work.Scripts["each[1]/x"] = (_, _) => new(new NodeOutcome.Failed(new Error("x.broke", "It broke.", "Mend it.")));

        var state = await _rig.RunAsync(Each("""{"parallel":1}""", Node("x"), "each.item x.i, x.text each.result"), new { q = new[] { "a", "b", "c" } });

        Assert.Equal(RunStatus.Failed, state.Status);
        Assert.Equal(("x.broke", "In each[1]/x: It broke."), (state.Error!.Code, state.Error.Message));
        Assert.Equal(["each[0]/x", "each[1]/x"], _rig.Work.Ran);
    }

    [Fact]
    public async Task AContainersErrorPort_TakesAFailureInside()
    {
        _rig.Work.Scripts["each[0]/x"] = (_, _) => throw new InvalidOperationException("unforeseen");
        var flow = Of(
            $"{Start},{Node("each", "for-each", "{}", Body(Node("x"), "each.item x.i, x.text each.result") + ",\"policy\":{\"onError\":\"port\"}")},{Node("o", "output")}",
            "start.q each.items, each.results o.all, each.error o.wrong", List);

        var state = await _rig.RunAsync(flow, new { q = new[] { "a" } });

        Assert.Equal(RunStatus.Succeeded, state.Status);
        Assert.Equal("run.node_fault", state.Outputs["wrong"].Json.GetProperty("code").GetString());
        Assert.False(state.Outputs.ContainsKey("all"));
    }

    [Fact]
    public async Task ALoop_GoesRound_UntilItsConditionHolds()
    {
        var flow = Of(
            $$"""{{Start}},{{Node("l", "loop", """{"until":"text.size >= 5","most":10}""", Body(Node("x", "template", """{"template":"{{ l.text }}{{ l.index }}"}"""), "l.text x.text, l.index x.index, x.text l.text"))}},{{Node("o", "output")}}""",
            "start.q l.text, l.text o.text, l.iterations o.rounds");

        var state = await _rig.RunAsync(flow, new { q = "ab" });

        Assert.Equal(("ab012", "3"), (state.Outputs["text"].Text, state.Outputs["rounds"].Text));
    }

    [Fact]
    public async Task ALoop_EndsAfterItsMostRounds()
    {
        var flow = Of(
            $$"""{{Start}},{{Node("l", "loop", """{"most":4}""", Body(Node("x", "template", """{"template":"{{ l.text }}."}"""), "l.text x.text, x.text l.text"))}},{{Node("o", "answer")}}""",
            "start.q l.text, l.text o.text");

        Assert.Equal("x....", (await _rig.RunAsync(flow, new { q = "x" })).Outputs["text"].Text);
    }

    [Fact]
    public async Task AVariable_IsHandedFromRoundToRound_AndStaysInsideAnItem()
    {
        var loop = Of(
            $$"""{{Start}},{{Node("l", "loop", """{"most":3}""", Body($"{Node("r", "template", """{"template":"{{ variables.last }}{{ q }}"}""")},{Node("s", "set-variable", """{"name":"last"}""")}", "l.q r.q, r.text s.value, s.value l.sum"))}},{{Node("o", "answer")}}""",
            "start.q l.q, l.sum o.text");

        Assert.Equal("aaa", (await _rig.RunAsync(loop, new { q = "a" })).Outputs["text"].Text);
    }

    [Fact]
    public async Task ASubFlow_IsPartOfTheRun_OfTheVersionItStartedWith()
    {
        AddFlow("shout", Of($"{Start},{Node("t", "template", """{"template":"{{ q | upcase }}!"}""")},{Node("a", "answer")}", "start.q t.q, t.text a.text"));
        var definition = FlowRig.Read(Of($"{Start},{Node("s", "sub-flow", """{"flow":"shout"}""")},{Node("a", "answer")}", "start.q s.q, s.text a.text"));
        var called = await CalledAsync(definition);
        AddFlow("shout", Of($"{Start},{Node("t", "template", """{"template":"other"}""")},{Node("a", "answer")}", "t.text a.text"));

        var loop = await _rig.LoopAsync(_rig.Start(FlowDefinitions.Write(definition), new { q = "hey" }) with { SubFlows = called });
        await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal("HEY!", loop.State.Outputs["text"].Text);
        Assert.Contains("NodeSucceeded s/t", _rig.Story(loop.Run));
    }

    [Theory]
    [InlineData("return { a: [1, 'é'] }", """{"A":[1,"É"]}!""")]
    [InlineData("return 'hey'", "HEY!")]
    [InlineData("return null", null)]
    public async Task JsonThatArrivesAtATextOfASubFlow_IsWrittenDown(string source, string? answered)
    {
        AddFlow("shout", Of($"{Start},{Node("t", "template", """{"template":"{{ q | upcase }}!"}""")},{Node("a", "answer")}", "start.q t.q, t.text a.text"));
        var definition = FlowRig.Read(Of($"{Start},{Node("c", "code", $$"""{"source":"{{source}}"}""")},{Node("s", "sub-flow", """{"flow":"shout"}""")},{Node("a", "answer")}", "start.q c.q, c.value s.q, s.text a.text"));

        var loop = await _rig.LoopAsync(_rig.Start(FlowDefinitions.Write(definition), new { q = "" }) with { SubFlows = await CalledAsync(definition) });
        await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(answered, loop.State.Error is null ? loop.State.Outputs["text"].Text : null);
        Assert.Equal(answered is null ? "run.value_of_wrong_type" : null, loop.State.Error?.Code);
    }

    [Fact]
    public async Task ContainersInsideEachOther_HaveOnePathForEachInstance()
    {
        var flow = Of(
            $"{Start},{Node("a", "for-each", "{}", Body(Node("b", "for-each", "{}", Body(Node("x", "template", """{"template":"{{ b.item }}"}"""), "b.item x.i, x.text b.result")), "a.item b.items, b.results a.result"))},{Node("o", "output")}",
            "start.q a.items, a.results o.all", """[{"name":"q","type":"list<list<text>>"}]""");

        var loop = await _rig.LoopAsync(flow, new { q = new[] { new[] { "x", "y" }, ["z"] } });
        await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal("""[["x","y"],["z"]]""", loop.State.Outputs["all"].Json.GetRawText());
        Assert.Contains("NodeSucceeded a[0]/b[1]/x", _rig.Story(loop.Run));
    }

    [Fact]
    public async Task LargeItemsAndResults_LiveInTheBlobStore()
    {
        var loop = await _rig.LoopAsync(
            Each("{}", Node("x", "template", """{"template":"{{ each.item }}{{ each.item }}"}"""), "each.item x.i, x.text each.result"),
            new { q = new[] { new string('a', 20_000), new string('b', 20_000) } });

        await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(RunStatus.Succeeded, loop.State.Status);
        Assert.True(_rig.Blobs.Count >= 3);
        Assert.All(_rig.Journal.Read(loop.Run), happened => Assert.True(RunEventCodec.Payload(happened).Length < 4_000));
        Assert.Equal(80_000 + 7, loop.State.Outputs["all"].Bytes);
    }

    public void Dispose() => _rig.Dispose();

    private void AddFlow(string slug, string json)
    {
        var definition = FlowRig.Read(json);
        _rig.Versions.Add(_rig.Workspace, FlowDefinitions.Hash(definition), FlowDefinitions.Write(definition), slug);
    }

    private async Task<IReadOnlyDictionary<string, string>> CalledAsync(FlowDefinition definition) =>
        (await _rig.Plans.FindCalledAsync(_rig.Workspace, definition, TestContext.Current.CancellationToken)).Hashes;
}
