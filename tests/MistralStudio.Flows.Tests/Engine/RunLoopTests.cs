using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Engine;
using static MistralStudio.Flows.Tests.Flow;

namespace MistralStudio.Flows.Tests.Engine;

public sealed class RunLoopTests
{
    private static readonly string s_smallest = Of(
        $$$"""{{{Start}}},{{{Node("hello", "template", """{"template":"Hello {{ q }}, {{ start.q | upcase }}!"}""")}}},{{{Node("answer", "answer")}}}""",
        "start.q hello.q, hello.text answer.text");

    [Fact]
    public async Task TheSmallestFlow_CostsOneCommit()
    {
        using var rig = new FlowRig();
        var loop = await rig.LoopAsync(s_smallest, new { q = "Ada" });

        Assert.False(loop.Durable.IsCompleted);
        var pause = await loop.RunAsync(TestContext.Current.CancellationToken);
        await loop.Durable;

        Assert.Equal(RunPauseKind.Finished, pause.Kind);
        Assert.Equal(RunStatus.Succeeded, loop.State.Status);
        Assert.Equal("Hello Ada, ADA!", loop.State.Outputs["text"].Text);
        Assert.Equal(1, rig.Journal.Commits);
        Assert.Equal(
            ["RunStarted", "NodeSucceeded start", "NodeStarted hello", "NodeSucceeded hello", "NodeSucceeded answer", "RunFinished"],
            rig.Story(loop.Run));
    }

    [Fact]
    public async Task ANodeThatReads_StartsAfterItsStartIsDurable()
    {
        using var rig = new FlowRig();
        var seen = Array.Empty<string>();
        var loop = await rig.LoopAsync(Of($"{Start},{Node("ask")},{Node("answer", "answer")}", "start.q ask.q, ask.text answer.text"), new { q = "x" });
        rig.Work.Scripts["ask"] = (execution, _) =>
        {
            seen = rig.Story(loop.Run);
            execution.Stream("He");
            execution.Stream("llo");
            return new(NodeOutcome.Of("text", FlowValue.Of("Hello")));
        };

        await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["RunStarted", "NodeSucceeded start", "NodeStarted ask"], seen);
        Assert.Equal(["answer: He", "answer: llo"], rig.Streamed);
        Assert.Equal("Hello", loop.State.Outputs["text"].Text);
    }

    [Fact]
    public async Task AResult_IsTakenByAnyRunOfTheWorkspace_WhereItsAuthorLetsIt()
    {
        var kept = new KeptResults();
        using var rig = new FlowRig(results: kept);
        var flow = Of($"{Start},{Node("a", config: """{"text":"a({{ q }})"}""", more: ",\"policy\":{\"reuse\":\"always\"}")},{Node("o", "output")}", "start.q a.q, a.text o.text");

        await rig.RunAsync(flow, new { q = "x" });
        var second = await rig.RunAsync(flow, new { q = "x" });
        var other = await rig.RunAsync(flow, new { q = "y" });

        Assert.Equal(["a", "a"], rig.Work.Ran);
        Assert.Equal(("a(x)", "a(y)"), (second.Outputs["text"].Text, other.Outputs["text"].Text));
        Assert.Equal(NodeStatus.Reused, second.Nodes().Single(node => node.Path == "a").Status);
    }

    [Fact]
    public async Task AnErasedValue_FailsTheNodeThatNeedsIt()
    {
        var kept = new KeptResults { Instead = new Dictionary<string, FlowValue> { ["text"] = FlowValue.Erased } };
        using var erased = new FlowRig(results: kept);
        var flow = Of(
            $"{Start},{Node("a", more: ",\"policy\":{\"reuse\":\"always\"}")},{Node("b")},{Node("o", "output")}", "start.q a.q, a.text b.x, b.text o.text");

        var state = await erased.RunAsync(flow, new { q = "x" });

        Assert.Equal("run.value_erased", state.Error!.Code);
    }

    private sealed class KeptResults : INodeResults
    {
        private readonly Dictionary<string, IReadOnlyDictionary<string, FlowValue>> _kept = [];

        public IReadOnlyDictionary<string, FlowValue>? Instead { get; init; }

        public ValueTask<IReadOnlyDictionary<string, FlowValue>?> FindAsync(WorkspaceId workspace, string key, CancellationToken cancellationToken) =>
            new(Instead ?? _kept.GetValueOrDefault($"{workspace}/{key}"));

        public ValueTask KeepAsync(WorkspaceId workspace, string key, RunId run, IReadOnlyDictionary<string, FlowValue> outputs, CancellationToken cancellationToken)
        {
            _kept[$"{workspace}/{key}"] = outputs;
            return default;
        }
    }
}
