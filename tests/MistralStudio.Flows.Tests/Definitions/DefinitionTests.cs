using FsCheck.Xunit;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Tests.Properties;
using static MistralStudio.Flows.Tests.Flow;

namespace MistralStudio.Flows.Tests.Definitions;

public sealed class DefinitionTests
{
    private static readonly string s_flow = Of(
        $"{Start},{Node("e", "for-each", """{"parallel":2}""", Body(Node("x", config: """{"text":"a"}"""), "e.item x.i, x.text e.result"))}",
        "start.q e.items");

    [Fact]
    public void Definitions_ThatDifferInTheirWritingAlone_HaveOneHash()
    {
        var one = FlowRig.Read("""{"schema":"mistralstudio.flow/1","nodes":[{"id":"a","type":"code","config":{"source":"x","timeoutMs":1000}}]}""");
        var other = FlowRig.Read("""{ "nodes": [ { "type":"code", "config": { "timeoutMs": 1.0e3, "source": "\u0078" }, "id":"a" } ], "edges": [], "schema":"mistralstudio.flow/1" }""");

        Assert.Equal(FlowDefinitions.Hash(one), FlowDefinitions.Hash(other));
        Assert.Equal(64, FlowDefinitions.Hash(one).Length);
        Assert.NotEqual(FlowDefinitions.Hash(one), FlowDefinitions.Hash(one with { Nodes = [one.Nodes[0] with { Title = "A" }] }));
    }

    [Property(MaxTest = 50)]
    public void ADefinition_IsReadBackAsItWasWritten(int seed)
    {
        var definition = FlowRig.Read(new RandomFlow(seed, stops: true).Json);
        var text = FlowDefinitions.Write(definition);

        Assert.Equal(text, FlowDefinitions.Write(FlowDefinitions.Read(text).Value));
        Assert.Empty(DefinitionDiff.Of(definition, FlowDefinitions.Read(text).Value));
    }

    [Theory]
    [InlineData("{", "flow.unreadable")]
    [InlineData("null", "flow.unreadable")]
    [InlineData("""{"nodes":[{"type":"work"}]}""", "flow.unreadable")]
    [InlineData("""{"nodes":[{"id":null,"type":"work"}]}""", "flow.unreadable")]
    [InlineData("""{"inputs":[{"name":"a","type":"string"}]}""", "flow.unreadable")]
    [InlineData("""{"nodes":[{"id":"a","type":"work","policy":{"onError":"explode"}}]}""", "flow.unreadable")]
    [InlineData("""{"schema":"mistralstudio.flow/2"}""", "flow.other_schema")]
    public void WhatIsNoFlow_IsRefused_WithItsPlace(string json, string code)
    {
        var refused = FlowDefinitions.Read(json);
        Assert.Equal(code, refused.Error!.Code);
        Assert.EndsWith(".", refused.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ADeepDefinition_IsRefused_NotCrashedOn() =>
        Assert.Equal("flow.unreadable", FlowDefinitions.Read($$"""{"nodes":[{"id":"a","type":"b","config":{{new string('[', 5_000)}}{{new string(']', 5_000)}}}]}""").Error!.Code);

    [Fact]
    public void ADiff_SaysWhatChanged_AsData()
    {
        var before = FlowRig.Read(s_flow);
        var after = FlowRig.Read(Of(
            $"{Start},{Node("e", "for-each", """{"parallel":8}""", Body($"{Node("x", config: """{"text":"b"}""")},{Node("y")}", "e.item x.i, x.text y.i, y.text e.result"))},{Node("o", "output")}",
            "start.q e.items, e.results o.all", """[{"name":"q","type":"list<text>"}]""", ",\"budget\":{\"steps\":5}"));

        var changes = DefinitionDiff.Of(before, after);

        Assert.Equal(
            [
                "Changed Node e: /config/parallel 2 8", "Added Node o", "Changed Node e/x: /config/text a b", "Added Node e/y",
                "Removed Edge e: x.text → e.result", "Added Edge e: x.text → y.i", "Added Edge e: y.text → e.result", "Added Edge e.results → o.all",
                "Changed Input q: /type text list<text>", "Added Budget :   {\"steps\":5}",
            ],
            changes.Select(change => $"{change.Kind} {change.Part} {change.Path}" + string.Concat(change.Fields.Select(field => $": {field.Pointer} {field.Before}{(field.Before is null ? "" : " ")}{field.After}"))));
        Assert.DoesNotContain(changes, change => change.IsLayout);
    }

    [Fact]
    public void ANodeThatMoved_IsLayout()
    {
        var before = FlowRig.Read(s_flow);
        var after = before with { Nodes = [before.Nodes[0], before.Nodes[1] with { Position = new FlowPosition(4, 5) }], Notes = [new FlowNote("See the wiki.")] };

        Assert.All(DefinitionDiff.Of(before, after), change => Assert.True(change.IsLayout));
        Assert.Equal(2, DefinitionDiff.Of(before, after).Count);
    }
}
