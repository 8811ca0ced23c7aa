using MistralStudio.Core.Flows;
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

        var pause = await loop.RunAsync(TestContext.Current.CancellationToken);

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
}
