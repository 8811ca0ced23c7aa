using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Engine;
using static MistralStudio.Flows.Tests.Flow;

namespace MistralStudio.Flows.Tests.Engine;

/// <summary>Nodes of a draft that give what they gave in a past run instead of being run.</summary>
public sealed class PinTests : IDisposable
{
    private static readonly string s_chain = Of(
        $"{Start},{Node("a", config: """{"effects":"changes","text":"a({{ q }})"}""")},{Node("b", config: """{"text":"b({{ a.text }})"}""")},{Node("o", "output")}", "start.q a.q, a.text b.x, b.text o.text");

    private static readonly string s_each = Of(
        $"{Start},{Node("each", "for-each", """{"parallel":1}""", Body(Node("x"), "each.item x.i, x.text each.result"))},{Node("o", "output")}", "start.q each.items, each.results o.all", """[{"name":"q","type":"list<text>"}]""");

    private readonly FlowRig _rig = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task APinnedNode_IsNotRun_AndTheJournalSaysSo()
    {
        var (past, start) = await RunAsync(s_chain, new { q = "before" });

        var loop = await RunAsync(start, "now", ("a", new FlowPin(past, "a")));

        Assert.Equal(["b"], _rig.Work.Ran);
        Assert.Equal("b(a(before))", loop.State.Outputs["text"].Text);
        var reused = Assert.Single(_rig.Journal.Read(loop.Run).OfType<NodeReused>());
        Assert.Equal(("a", true, past), (reused.Node, reused.IsPinned, reused.From));
        Assert.Equal([false, true, false, false], loop.State.Nodes().Select(node => node.IsPinned));
    }

    [Fact]
    public async Task AContainer_AndWhatIsInsideOfOne_CanBePinned()
    {
        var (past, start) = await RunAsync(s_each, new { q = new[] { "a", "b" } });

        var whole = await RunAsync(start, new[] { "c" }, ("each", new FlowPin(past, "each")));
        Assert.Equal("""["a","b"]""", whole.State.Outputs["all"].Json.GetRawText());
        Assert.Empty(_rig.Work.Ran);

        // Of the round that was chosen, in every round.
        var inside = await RunAsync(start, new[] { "c", "d", "e" }, ("each/x", new FlowPin(past, "each[1]/x")));
        Assert.Equal("""["b","b","b"]""", inside.State.Outputs["all"].Json.GetRawText());
        Assert.Empty(_rig.Work.Ran);
    }

    [Fact]
    public async Task ARunThatWasCutOff_StillKnowsItsPins()
    {
        var (past, start) = await RunAsync(s_chain, new { q = "before" });
        var loop = await RunAsync(start, "now", ("a", new FlowPin(past, "a")));
        _rig.Journal.Cut(loop.Run, 2);
        _rig.Work.Ran.Clear();

        var again = await _rig.ReopenAsync(loop.Run);
        await again.RunAsync(Token);

        Assert.Equal(["b"], _rig.Work.Ran);
        Assert.Equal("b(a(before))", again.State.Outputs["text"].Text);
    }

    [Fact]
    public async Task APinThatCannotBeRead_RefusesTheRun_InsteadOfDoingForReal()
    {
        var (past, start) = await RunAsync(s_chain, new { q = "before" });

        foreach (var pin in new[] { new FlowPin(RunId.New(), "a"), new FlowPin(past, "z") })
        {
            var refused = await _rig.Engine.StartAsync(RunId.New(), start with { Pins = new Dictionary<string, FlowPin> { ["a"] = pin } }, Token);
            Assert.Equal("pin.gone", refused.Error!.Code);
        }

        // A run of another flow is none of this one's.
        var elsewhere = start with { Flow = FlowId.New(), Pins = new Dictionary<string, FlowPin> { ["a"] = new FlowPin(past, "a") } };
        Assert.Equal("pin.gone", (await _rig.Engine.StartAsync(RunId.New(), elsewhere, Token)).Error!.Code);
        Assert.Empty(_rig.Work.Ran);
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("each[17]/draft", "each/draft")]
    [InlineData("each[3]/inner[0]/x", "each/inner/x")]
    public void AnInstance_IsOneOfTheNodeOfTheDefinition(string instance, string node) => Assert.Equal(node, Pinning.PathOf(instance));

    public void Dispose() => _rig.Dispose();

    private async Task<(RunId Run, RunStart Start)> RunAsync(string flow, object inputs)
    {
        var start = _rig.Start(flow, inputs);
        var loop = await _rig.LoopAsync(start);
        await loop.RunAsync(Token);
        Assert.Equal(RunStatus.Succeeded, loop.State.Status);
        _rig.Work.Ran.Clear();
        return (loop.Run, start);
    }

    private async Task<RunLoop> RunAsync(RunStart start, object q, (string Node, FlowPin Pin) pinned)
    {
        var loop = await _rig.LoopAsync(start with
        {
            Inputs = new Dictionary<string, FlowValue> { ["q"] = FlowValue.From(q) }, Pins = new Dictionary<string, FlowPin> { [pinned.Node] = pinned.Pin },
        });
        await loop.RunAsync(Token);
        Assert.Equal(RunStatus.Succeeded, loop.State.Status);
        return loop;
    }
}
