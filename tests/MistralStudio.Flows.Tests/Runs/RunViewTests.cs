using MistralStudio.Core.Flows;
using static MistralStudio.Flows.Tests.Flow;

namespace MistralStudio.Flows.Tests.Runs;

public sealed class RunViewTests
{
    [Fact]
    public async Task Nodes_SayWhereTheyStand_InsideContainersToo()
    {
        using var rig = new FlowRig();
        var loop = await rig.LoopAsync(
            Of(
                $$"""{{Start}},{{Node("e", "for-each", """{"parallel":2}""", Body(Node("ok", "approval", """{"title":"?"}"""), "e.item ok.i, ok.approved e.result"))}},{{Node("c", "condition", """{"when":"q.size > 5"}""", ",\"title\":\"Many?\"")}},{{Node("x")}}""",
                "start.q e.items, start.q c.q, c.true x.v", """[{"name":"q","type":"list<text>"}]"""),
            new { q = new[] { "a", "b", "c" } });
        await loop.RunAsync(TestContext.Current.CancellationToken);

        var state = (await rig.Engine.StateAsync(loop.Run, TestContext.Current.CancellationToken)).Value;

        Assert.Equal(RunStatus.Suspended, state.Status);
        Assert.Equal(
            ["start Succeeded 0", "e Running 1", "c Succeeded 1", "x Skipped 0"], state.Nodes().Select(node => $"{node.Path} {node.Status} {node.Attempts}"));
        Assert.Equal((2, 0, 3), state.Nodes()[1].Rounds is { Failed: [] } rounds ? (rounds.Begun, rounds.Done, rounds.Of) : default);
        Assert.Equal("Many?", state.Nodes()[2].Title);
        Assert.Equal("""["a","b","c"]""", state.Nodes()[2].Inputs["q"].Text);
        Assert.Equal(["e[1]/ok Waiting"], state.Nodes("e[1]").Select(node => $"{node.Path} {node.Status}"));
        Assert.Empty(state.Nodes("e[2]"));
        Assert.Empty(state.Nodes("nothing[0]"));
    }
}
