using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Engine;
using static MistralStudio.Flows.Tests.Flow;

namespace MistralStudio.Flows.Tests.Engine;

/// <summary>What a crash leaves is a prefix of the journal: each test cuts one, and opens the run again.</summary>
public sealed class RecoveryTests : IDisposable
{
    private readonly FlowRig _rig = new();

    private static string One(string config) => Of($"{Start},{Node("x", config: config)},{Node("o", "output")}", "start.q x.q, x.text o.text");

    [Theory]
    [InlineData("""{"effects":"reads"}""")]
    [InlineData("""{"effects":"pure"}""")]
    [InlineData("""{"effects":"changes","idempotent":true}""")]
    public async Task ANode_ThatMayRunTwice_RunsAgain_WithTheSameIdempotencyKey(string config)
    {
        var keys = new List<string>();
        _rig.Work.Scripts["x"] = (execution, _) =>
        {
            keys.Add(execution.IdempotencyKey);
            return new(NodeOutcome.Of("text", FlowValue.Of("done")));
        };
        var run = await CutAsync(One(config), "NodeStarted x");

        var again = await _rig.ReopenAsync(run);
        await again.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal("done", again.State.Outputs["text"].Text);
        Assert.Equal(2, keys.Count);
        Assert.Single(keys.Distinct());
    }

    [Fact]
    public async Task AChangeOfTheWorld_ThatWasCutOff_AsksAPerson()
    {
        var run = await CutAsync(One("""{"effects":"changes"}"""), "NodeStarted x");

        var again = await _rig.ReopenAsync(run);
        var pause = await again.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal((RunPauseKind.Suspended, RunStatus.Uncertain), (pause.Kind, pause.Status));
        Assert.Equal(["repeat", "done", "fail"], again.State.WaitingFor.Single().Bookmark.Decisions);
        Assert.Equal(["x"], _rig.Work.Ran);

        // It still asks after another crash, and asks but once.
        var third = await _rig.ReopenAsync(run);
        Assert.Equal(RunStatus.Uncertain, (await third.RunAsync(TestContext.Current.CancellationToken)).Status);
        Assert.Single(_rig.Journal.Read(run).OfType<NodeUncertain>());
    }

    [Theory]
    [InlineData("repeat", RunStatus.Succeeded, "i", 2)]
    [InlineData("done", RunStatus.Succeeded, "by hand", 1)]
    [InlineData("fail", RunStatus.Failed, null, 1)]
    public async Task APerson_SaysWhatHappened(string decision, RunStatus status, string? text, int ran)
    {
        var run = await CutAsync(One("""{"effects":"changes"}"""), "NodeStarted x");
        var asked = await _rig.ReopenAsync(run);
        await asked.RunAsync(TestContext.Current.CancellationToken);
        var bookmark = asked.State.WaitingFor.Single().Bookmark;

        var loop = await _rig.ReopenAsync(run);
        var answer = loop.ResumeAsync(new Resumption(bookmark.Id, decision, new Dictionary<string, JsonElement> { ["text"] = JsonElement.Parse("\"by hand\"") }, _rig.User));
        await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.True((await answer).IsSuccess);
        Assert.Equal((status, text, ran), (loop.State.Status, loop.State.Outputs.GetValueOrDefault("text")?.Text, _rig.Work.Ran.Count));
    }

    [Fact]
    public async Task Steps_ThatAreDone_AreNotDoneAgain()
    {
        var did = new List<string>();
        _rig.Work.Scripts["x"] = async (execution, token) =>
        {
            var said = "";
            foreach (var step in new[] { "model", "tool", "model again" })
            {
                var value = await execution.Steps.RunAsync(new NodeStep(step, NodeEffects.Reads), _ =>
                {
                    did.Add(step);
                    return new(new StepValue(FlowValue.Of(step), new RunUsage(10, 5)));
                }, token);
                said += value.Value.Text + ";";
            }

            return NodeOutcome.Of("text", FlowValue.Of(said));
        };
        var loop = await _rig.LoopAsync(One("{}"), new { q = "i" });
        await loop.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(new RunUsage(30, 15), loop.State.Usage);

        // Cut off in the middle of the second step.
        var story = _rig.Story(loop.Run);
        Assert.Equal(["StepStarted x", "StepSucceeded x", "StepStarted x", "StepSucceeded x"], story[3..7]);
        _rig.Journal.Cut(loop.Run, 6);
        did.Clear();
        var again = await _rig.ReopenAsync(loop.Run);
        await again.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["tool", "model again"], did);
        Assert.Equal("model;tool;model again;", again.State.Outputs["text"].Text);
        Assert.Equal(new RunUsage(30, 15), again.State.Usage);
    }

    [Theory]
    [InlineData("repeat", 2)]
    [InlineData("done", 1)]
    public async Task AStep_ThatChangesTheWorld_AndWasCutOff_AsksAPerson(string decision, int sent)
    {
        var count = 0;
        _rig.Work.Scripts["x"] = async (execution, token) =>
        {
            var receipt = await execution.Steps.RunAsync(new NodeStep("send", NodeEffects.Changes), _ => new(new StepValue(FlowValue.Of($"receipt {++count}"))), token);
            return NodeOutcome.Of("text", receipt.Value);
        };
        var run = await CutAsync(One("{}"), "StepStarted x");
        var asked = await _rig.ReopenAsync(run);
        Assert.Equal(RunStatus.Uncertain, (await asked.RunAsync(TestContext.Current.CancellationToken)).Status);
        var bookmark = asked.State.WaitingFor.Single().Bookmark;
        Assert.Equal("""{"step":"send"}""", bookmark.Details!.Value.GetRawText());

        var loop = await _rig.ReopenAsync(run);
        var answer = loop.ResumeAsync(new Resumption(bookmark.Id, decision, new Dictionary<string, JsonElement> { ["value"] = JsonElement.Parse("\"by hand\"") }, _rig.User));
        await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.True((await answer).IsSuccess);
        Assert.Equal((sent, decision == "done" ? "by hand" : "receipt 2"), (count, loop.State.Outputs["text"].Text));
    }

    [Fact]
    public async Task AStop_LeavesTheRunToItsJournal_AndWaitsForWhatChangesTheWorld()
    {
        using var stop = new CancellationTokenSource();
        var go = new TaskCompletionSource();
        _rig.Work.Scripts["r"] = async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            throw new InvalidOperationException();
        };
        _rig.Work.Scripts["w"] = async (_, token) =>
        {
            await go.Task;
            return NodeOutcome.Of("text", FlowValue.Of("sent"));
        };
        var loop = await _rig.LoopAsync(
            Of($"{Start},{Node("r")},{Node("w", config: """{"effects":"changes"}""")},{Node("o", "output")}", "start.q r.q, start.q w.q, r.text o.r, w.text o.w"), new { q = "i" });
        var run = loop.RunAsync(stop.Token);
        await PolicyTests.Until(() => _rig.Work.Ran.Count == 2);

        await stop.CancelAsync();
        go.SetResult();
        Assert.Equal(RunPauseKind.Stopped, (await run).Kind);
        _rig.Work.Scripts["r"] = (_, _) => new(NodeOutcome.Of("text", FlowValue.Of("read")));
        var again = await _rig.ReopenAsync(loop.Run);
        await again.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(("read", "sent"), (again.State.Outputs["r"].Text, again.State.Outputs["w"].Text));
        Assert.Equal(["r", "r", "w"], _rig.Work.Ran.Order());
    }

    [Fact]
    public async Task TwoLoops_CannotBothOwnARun()
    {
        var run = await CutAsync(One("{}"), "NodeStarted x");
        var one = await _rig.ReopenAsync(run);
        var other = await _rig.ReopenAsync(run);

        Assert.Equal(RunPauseKind.Finished, (await one.RunAsync(TestContext.Current.CancellationToken)).Kind);
        var refused = await other.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal((RunPauseKind.Faulted, FlowRunErrors.JournalTakenCode), (refused.Kind, refused.Error!.Code));
    }

    [Fact]
    public async Task ARun_WhoseDefinitionIsGone_SaysSo()
    {
        var run = await CutAsync(One("{}"), "NodeStarted x");
        using var other = new FlowRig();
        foreach (var happened in _rig.Journal.Read(run))
        {
            await other.Journal.AppendAsync(new RunCommit(run, [happened], RunStatus.Running, null), TestContext.Current.CancellationToken);
        }

        Assert.Equal("run.definition_missing", (await other.Engine.OpenAsync(run, TestContext.Current.CancellationToken)).Error!.Code);
        Assert.Equal("run.not_found", (await other.Engine.OpenAsync(RunId.New(), TestContext.Current.CancellationToken)).Error!.Code);
    }

    [Fact]
    public async Task ARunOfContainers_CutOffAfterEachOfItsEvents_EndsAsItWouldHave()
    {
        var each = Node("e", "for-each", """{"parallel":2}""", Body($"{Node("x", config: """{"effects":"reads"}""")},{Node("s", "set-variable", """{"name":"v"}""")},{Node("t", "template", """{"template":"{{ variables.v }}!"}""")}", "e.item x.i, x.text s.value, s.value t.v, t.text e.result"));
        var turn = Node("l", "loop", """{"until":"iterations >= 3"}""", Body($"{Node("r", config: """{"effects":"reads","text":"{{ variables.last }}{{ all.size }}"}""")},{Node("k", "set-variable", """{"name":"last"}""")}", "l.all r.all, r.text k.value, k.value l.sum"));
        var flow = Of(
            $"{Start},{each},{turn},{Node("o", "output")}", "start.q e.items, e.results l.all, l.sum o.sum, e.results o.all, l.iterations o.n", """[{"name":"q","type":"list<text>"}]""");
        var loop = await _rig.LoopAsync(flow, new { q = new[] { "a", "b", "c" } });
        await loop.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("333", """["a!","b!","c!"]""", "3"), (loop.State.Outputs["sum"].Text, loop.State.Outputs["all"].Text, loop.State.Outputs["n"].Text));
        var story = _rig.Story(loop.Run);

        for (var at = story.Length - 1; at > 0; at--)
        {
            _rig.Journal.Cut(loop.Run, at);
            var again = await _rig.ReopenAsync(loop.Run);
            await again.RunAsync(TestContext.Current.CancellationToken);

            Assert.Equal(RunStatus.Succeeded, again.State.Status);
            Assert.Equal(("333", """["a!","b!","c!"]""", "3"), (again.State.Outputs["sum"].Text, again.State.Outputs["all"].Text, again.State.Outputs["n"].Text));
        }
    }

    public void Dispose() => _rig.Dispose();

    // Runs a flow to its end, and leaves of its journal what a crash right after an event would have.
    private async Task<RunId> CutAsync(string flow, string after)
    {
        var loop = await _rig.LoopAsync(flow, new { q = "i" });
        await loop.RunAsync(TestContext.Current.CancellationToken);
        _rig.Journal.Cut(loop.Run, Array.IndexOf(_rig.Story(loop.Run), after) + 1);
        return loop.Run;
    }
}
