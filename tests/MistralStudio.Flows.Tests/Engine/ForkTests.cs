using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Engine;
using static MistralStudio.Flows.Tests.Flow;

namespace MistralStudio.Flows.Tests.Engine;

public sealed class ForkTests : IDisposable
{
    private static readonly string s_chain = Of(
        $"{Start},{Node("a", config: """{"effects":"changes","text":"a({{ q }})"}""")},{Node("b", config: """{"text":"b({{ a.text }})"}""")},{Node("c", config: """{"text":"c({{ b.text }})"}""")},{Node("o", "output")}",
        "start.q a.q, a.text b.x, b.text c.x, c.text o.text");

    private readonly FlowRig _rig = new();

    [Fact]
    public async Task AFork_TakesOverWhatCameBefore_AndUsesTheEditedValue()
    {
        var (run, start) = await RunAsync(s_chain);
        Assert.Equal(["a", "b", "c"], _rig.Work.Ran);
        _rig.Work.Ran.Clear();

        var fork = await ForkAsync(start, new Forked(run, "b", new Dictionary<string, FlowValue> { ["b.x"] = FlowValue.Of("edited") }));

        Assert.Equal(["b", "c"], _rig.Work.Ran);
        Assert.Equal("c(b(edited))", fork.State.Outputs["text"].Text);
        Assert.All(_rig.Journal.Read(fork.Run).OfType<NodeReused>(), reused => Assert.Equal(run, reused.From));
        Assert.Equal(["RunStarted", "Forked", "NodeReused start", "NodeReused a", "NodeStarted b"], _rig.Story(fork.Run)[..5]);
    }

    [Fact]
    public async Task AFork_WithOtherInputs_BeginsAnew()
    {
        var (run, start) = await RunAsync(s_chain);
        var other = start with { Inputs = new Dictionary<string, FlowValue> { ["q"] = FlowValue.Of("other") } };

        var fork = await ForkAsync(other, new Forked(run, "b", new Dictionary<string, FlowValue>()));

        Assert.Equal("NodeSucceeded start", _rig.Story(fork.Run)[2]);
        Assert.Equal("other", fork.State.Nodes().Single(node => node.Path == "start").Outputs["q"].Text);
    }

    [Fact]
    public async Task AFork_ThatWasCutOff_StillTakesOver()
    {
        var (run, start) = await RunAsync(s_chain);
        var fork = await ForkAsync(start, new Forked(run, "b", new Dictionary<string, FlowValue>()));
        _rig.Work.Ran.Clear();
        _rig.Journal.Cut(fork.Run, 3);

        var again = await _rig.ReopenAsync(fork.Run);
        await again.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["b", "c"], _rig.Work.Ran);
        Assert.Equal("c(b(a(q)))", again.State.Outputs["text"].Text);
    }

    [Fact]
    public async Task AForkOfAnotherVersion_TakesOverWhatDependsOnTheSame()
    {
        const string Reuse = ",\"policy\":{\"reuse\":\"forks\"}";
        string Version(string b) => Of(
            $$$"""{{{Start}}},{{{Node("a", config: """{"text":"a({{ q }})"}""", more: Reuse)}}},{{{Node("b", config: $$"""{"text":"{{b}}({{ "{{ a.text }}" }})"}""", more: Reuse)}}},{{{Node("o", "output")}}}""",
            "start.q a.q, a.text b.x, b.text o.text");
        var (run, _) = await RunAsync(Version("b"));
        _rig.Work.Ran.Clear();

        var fork = await ForkAsync(_rig.Start(Version("B"), new { q = "q" }), new Forked(run, "", new Dictionary<string, FlowValue>()));

        Assert.Equal(["b"], _rig.Work.Ran);
        Assert.Equal("B(a(q))", fork.State.Outputs["text"].Text);
    }

    [Theory]
    [InlineData("q", "all", "1", 0)]
    [InlineData("other", "all", "1", 1)]
    [InlineData("q", "fewer", "1", 1)]
    [InlineData("q", "all", "2", 1)]
    public async Task TheKeyOfAResult_HasAllThatItDependsOn(string q, string access, string generation, int ran)
    {
        var flow = Of($"{Start},{Node("a", config: """{"text":"a({{ q }})"}""", more: ",\"policy\":{\"reuse\":\"forks\"}")},{Node("o", "output")}", "start.q a.q, a.text o.text");
        var (run, _) = await RunAsync(flow);
        _rig.Work.Ran.Clear();
        _rig.Rights.AccessSet = access;
        _rig.Work.Generation = _ => generation;

        var fork = await ForkAsync(_rig.Start(flow, new { q }), new Forked(run, "a", new Dictionary<string, FlowValue>()));

        Assert.Equal(ran, _rig.Work.Ran.Count);
        Assert.Equal($"a({q})", fork.State.Outputs["text"].Text);
    }

    [Fact]
    public async Task LargeValues_AreTheForksOwn()
    {
        var flow = Of(
            $$"""{{Start}},{{Node("a", config: $$"""{"text":"{{new string('x', 20_000)}}"}""")}},{{Node("b", config: """{"text":"{{ a.text.size }}"}""")}},{{Node("o", "output")}}""",
            "start.q a.q, a.text b.x, b.text o.text");
        var (run, start) = await RunAsync(flow);

        var fork = await ForkAsync(start, new Forked(run, "b", new Dictionary<string, FlowValue>()));
        var blob = _rig.Journal.Read(fork.Run).OfType<NodeReused>().Single(reused => reused.Node == "a").Outputs["text"].Blob!;
        await _rig.Blobs.ReleaseAsync(_rig.Workspace, blob.Sha256, $"run:{run}", TestContext.Current.CancellationToken);

        Assert.Equal("20000", fork.State.Outputs["text"].Text);
        Assert.NotNull(await _rig.Blobs.OpenAsync(_rig.Workspace, blob.Sha256, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AForkInsideOfARound_DoesThatRoundAnew_FromThereOn_AndTakesTheOthers()
    {
        var flow = Of(
            $$"""{{Start}},{{Node("each", "for-each", """{"parallel":1}""", Body($$"""{{Node("a", config: """{"text":"a({{ item }})"}""")}},{{Node("b", config: """{"text":"b({{ a.text }})"}""")}}""", "each.item a.item, a.text b.x, b.text each.result"))}},{{Node("after", config: """{"text":"{{ all | join: ',' }}"}""")}},{{Node("o", "output")}}""",
            "start.q each.items, each.results after.all, after.text o.text", """[{"name":"q","type":"list<text>"}]""");
        var (run, start) = await RunAsync(flow, new[] { "x", "y", "z" });
        _rig.Work.Ran.Clear();

        var fork = await ForkAsync(start, new Forked(run, "each[1]/b", new Dictionary<string, FlowValue> { ["each[1]/b.x"] = FlowValue.Of("edited") }));

        Assert.Equal(["each[1]/b", "after"], _rig.Work.Ran);
        Assert.Equal("b(a(x)),b(edited),b(a(z))", fork.State.Outputs["text"].Text);
    }

    [Fact]
    public async Task AForkInsideOfALoop_DoesLaterRoundsAnew_TheyGoOnFromTheOneBefore()
    {
        var flow = Of(
            $$"""{{Start}},{{Node("again", "loop", """{"most":3}""", Body(Node("a", config: """{"text":"{{ text }}+"}"""), "again.text a.text, a.text again.text"))}},{{Node("o", "output")}}""",
            "start.q again.text, again.text o.text");
        var (run, start) = await RunAsync(flow, "q");
        Assert.Equal(["again[0]/a", "again[1]/a", "again[2]/a"], _rig.Work.Ran);
        _rig.Work.Ran.Clear();

        var fork = await ForkAsync(start, new Forked(run, "again[1]/a", new Dictionary<string, FlowValue> { ["again[1]/a.text"] = FlowValue.Of("edited") }));

        Assert.Equal(["again[1]/a", "again[2]/a"], _rig.Work.Ran);
        Assert.Equal("edited++", fork.State.Outputs["text"].Text);
    }

    [Fact]
    public async Task AForkOfNothing_IsRefused()
    {
        var (run, start) = await RunAsync(s_chain);
        var nothing = new Dictionary<string, FlowValue>();

        Assert.Equal("run.not_found", (await _rig.Engine.ForkAsync(RunId.New(), start, new Forked(RunId.New(), "b", nothing), TestContext.Current.CancellationToken)).Error!.Code);
        Assert.Equal("fork.no_such_node", (await _rig.Engine.ForkAsync(RunId.New(), start, new Forked(run, "z", nothing), TestContext.Current.CancellationToken)).Error!.Code);
        using var other = new FlowRig();
        var strange = start with { Workspace = other.Workspace };
        _rig.Versions.Add(other.Workspace, start.Definition, (await _rig.Versions.FindAsync(_rig.Workspace, start.Definition, TestContext.Current.CancellationToken))!.Json);
        Assert.Equal("run.not_found", (await _rig.Engine.ForkAsync(RunId.New(), strange, new Forked(run, "b", nothing), TestContext.Current.CancellationToken)).Error!.Code);
    }

    public void Dispose() => _rig.Dispose();

    private async Task<(RunId Run, RunStart Start)> RunAsync(string flow, object? q = null)
    {
        var start = _rig.Start(flow, new { q = q ?? "q" });
        var loop = await _rig.LoopAsync(start);
        await loop.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(RunStatus.Succeeded, loop.State.Status);
        return (loop.Run, start);
    }

    private async Task<RunLoop> ForkAsync(RunStart start, Forked forked)
    {
        var fork = await _rig.Engine.ForkAsync(RunId.New(), start, forked, TestContext.Current.CancellationToken);
        Assert.True(fork.IsSuccess, fork.Error?.Message);
        await fork.Value.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(RunStatus.Succeeded, fork.Value.State.Status);
        return fork.Value;
    }
}
