using Microsoft.Extensions.Time.Testing;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Runs;
using MistralStudio.Tests.Shared.Rigs;
using static MistralStudio.Agents.Tests.Nodes.Agent.TurningModel;

namespace MistralStudio.Agents.Tests.Nodes.Agent;

public sealed class AgentApprovalTests : IAsyncLifetime
{
    private ShopServer _shop = null!;

    public async ValueTask InitializeAsync() => _shop = await ShopServer.StartAsync();

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    [Fact]
    public async Task AChange_WaitsForAPerson_WhoSeesWhatItWouldDo()
    {
        var model = new TurningModel(Says("""refund {"body":{"order":"7","amount":5}}"""), Says("Paid back."));
        using var nodes = new AgentNodes(model, null, _shop.Place);
        var loop = await nodes.Rig.LoopAsync(Flow(""","who":["role:admin"]"""), new { q = "?" });

        var waiting = await NodeRig.RunAsync(loop);

        var (node, bookmark) = Assert.Single(waiting.WaitingFor);
        Assert.Equal(("n", BookmarkKind.Approval, RunStatus.Suspended), (node, bookmark.Kind, waiting.Status));
        Assert.Equal(["role:admin"], bookmark.Who);
        Assert.Equal(["approve", "refuse"], bookmark.Decisions);
        Assert.Contains("\"refund\"", bookmark.Title, StringComparison.Ordinal);
        Assert.Equal("""{"order":"7","amount":5}""", bookmark.Details!.Value.GetProperty("arguments").GetProperty("body").GetRawText());
        Assert.Empty(_shop.Seen);

        var state = await nodes.Rig.DecideAsync(loop.Run, "approve");

        Assert.Equal("Paid back.", state.Outputs["text"].Text);
        Assert.Equal("POST /refunds {\"order\":\"7\",\"amount\":5}", Assert.Single(_shop.Seen));
        Assert.Equal("Status 200\n{\"refunded\":true}", Assert.Single(model.Results));
        Assert.Equal(2, model.Requests.Count);
        Assert.Equal($"{nodes.Rig.User}", state.Outputs["steps"].Json[1].GetProperty("approvedBy").GetString());
    }

    [Fact]
    public async Task ARefusal_IsToldToTheModel_WithItsNote()
    {
        var model = new TurningModel(Says("""refund {"body":{"order":"7"}}"""), Says("Then not."));
        using var nodes = new AgentNodes(model, null, _shop.Place);
        var loop = await nodes.Rig.LoopAsync(Flow(), new { q = "?" });
        await NodeRig.RunAsync(loop);

        var state = await nodes.Rig.DecideAsync(loop.Run, "refuse", new { note = "Too late for that." });

        Assert.Equal("Then not.", state.Outputs["text"].Text);
        Assert.Equal("A person refused this call. Too late for that.", Assert.Single(model.Results));
        Assert.Empty(_shop.Seen);
    }

    [Fact]
    public async Task AnApproval_CoversOneCall_AndTheNextIsAskedFor()
    {
        var model = new TurningModel(Says("""refund {"body":{"order":"1"}}""", """refund {"body":{"order":"2"}}"""), Says("""refund {"body":{"order":"3"}}"""), Says("Done."));
        using var nodes = new AgentNodes(model, null, _shop.Place);
        var loop = await nodes.Rig.LoopAsync(Flow(), new { q = "?" });
        await NodeRig.RunAsync(loop);

        var second = await nodes.Rig.DecideAsync(loop.Run, "approve");
        Assert.Equal("2", OrderOf(second));
        var third = await nodes.Rig.DecideAsync(loop.Run, "refuse");
        Assert.Equal("3", OrderOf(third));
        var state = await nodes.Rig.DecideAsync(loop.Run, "approve");

        Assert.Equal("Done.", state.Outputs["text"].Text);
        Assert.Equal(["POST /refunds {\"order\":\"1\"}", "POST /refunds {\"order\":\"3\"}"], _shop.Seen);
        Assert.Equal(3, model.Requests.Count);
    }

    [Fact]
    public async Task ADraft_AsksWhateverItsAuthorSays_AndAVersionCallsWhatIsNamedInIt()
    {
        var model = new TurningModel(Says("""refund {"body":{"order":"7"}}"""), Says("Paid back."));
        using var nodes = new AgentNodes(model, null, _shop.Place);

        var draft = await nodes.Rig.RunAsync(Flow(""","approved":["refund"]"""), new { q = "?" });
        Assert.Single(draft.WaitingFor);
        nodes.Rig.Version = 4;
        var other = await nodes.Rig.RunAsync(Flow(""","approved":["getOrder"]"""), new { q = "?" });
        Assert.Single(other.WaitingFor);
        Assert.Empty(_shop.Seen);
        var version = await nodes.Rig.RunAsync(Flow(""","approved":["refund"]"""), new { q = "?" });

        Assert.Equal("Paid back.", version.Outputs["text"].Text);
        Assert.Single(_shop.Seen);
    }

    [Fact]
    public async Task AnApproval_ThatNobodyGives_EndsTheNode()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(60));
        using var nodes = new AgentNodes(new TurningModel(Says("""refund {"body":{"order":"7"}}"""), Says("Paid back.")), time, _shop.Place);
        var loop = await nodes.Rig.LoopAsync(Flow(""","expires":"01:00:00" """), new { q = "?" });
        var run = loop.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(RunStatus.Suspended, (await run).Status);

        time.Advance(TimeSpan.FromHours(2));
        var again = await nodes.Rig.ReopenAsync(loop.Run);
        await again.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal("agent.approval_expired", again.State.Error!.Code);
        Assert.Empty(_shop.Seen);
    }

    /// <summary>
    /// What a crash leaves is a prefix of the journal. The whole run has five steps of the model and of tools, a refusal and two approvals in it:
    /// wherever it is cut, what the journal has is not done again, and what changes the world is not done twice unless a person says so.
    /// </summary>
    [Fact]
    public async Task AnAgent_CutOffAfterEachOfItsEvents_DoesAtMostOneStepAgain()
    {
        string[] decisions = ["approve", "refuse", "approve"];
        var model = new TurningModel(
            Says("""getOrder {"id":"1"}"""), Says("""refund {"body":{"order":"1"}}""", """refund {"body":{"order":"2"}}"""), Says("""refund {"body":{"order":"3"}}"""), Says("Done."));
        using var nodes = new AgentNodes(model, null, _shop.Place);
        var loop = await nodes.Rig.LoopAsync(Flow(), new { q = "?" });
        var state = await NodeRig.RunAsync(loop);
        foreach (var decision in decisions)
        {
            state = await nodes.Rig.DecideAsync(loop.Run, decision);
        }

        Assert.Equal("Done.", state.Outputs["text"].Text);
        var (steps, whole) = (state.Outputs["steps"].Text, nodes.Rig.Journal.Read(loop.Run));
        Assert.Equal((4, 3), (model.Requests.Count, _shop.Seen.Count));

        for (var at = whole.Count - 1; at > 0; at--)
        {
            nodes.Rig.Journal.Cut(loop.Run, at);
            var kept = whole.Take(at).ToList();
            var done = kept.OfType<StepSucceeded>().Select(step => step.Step).ToHashSet();
            var begun = kept.OfType<StepStarted>().ToList();
            var (modelsDone, toolsDone) = (begun.Count(step => step.Name == "model" && done.Contains(step.Step)), begun.Count(step => step.Name.StartsWith("tool ", StringComparison.Ordinal) && done.Contains(step.Step)));
            var (asked, sent) = (model.Requests.Count, _shop.Seen.Count);

            var reopened = await nodes.Rig.ReopenAsync(loop.Run);
            var now = await NodeRig.RunAsync(reopened);
            var cutOff = now.Status == RunStatus.Uncertain;
            // A refund that had begun and whose end nobody knows is the one thing that a person is asked about, and it was not sent again.
            Assert.Equal(begun.Count > 0 && begun[^1] is { Effects: NodeEffects.Changes } last && !done.Contains(last.Step), cutOff);
            if (cutOff)
            {
                Assert.Equal(sent, _shop.Seen.Count);
                now = await nodes.Rig.DecideAsync(loop.Run, Resumption.Repeat);
            }

            while (now.WaitingFor.Count > 0)
            {
                now = await nodes.Rig.DecideAsync(loop.Run, OrderOf(now) == "2" ? "refuse" : "approve");
            }

            Assert.Equal((RunStatus.Succeeded, "Done."), (now.Status, now.Outputs["text"].Text));
            Assert.Equal(steps, now.Outputs["steps"].Text);
            Assert.Equal((4 - modelsDone, 3 - toolsDone), (model.Requests.Count - asked, _shop.Seen.Count - sent));
        }
    }

    [Theory]
    [InlineData("fail", null)]
    [InlineData("done", "I know.")]
    public async Task AChangeThatWasCutOff_IsSettledByAPerson(string decision, string? text)
    {
        var model = new TurningModel(Says("""refund {"body":{"order":"7"}}"""), Says("I know."));
        using var nodes = new AgentNodes(model, null, _shop.Place);
        nodes.Rig.Version = 1;
        var loop = await nodes.Rig.LoopAsync(Flow(""","approved":["refund"]"""), new { q = "?" });
        await NodeRig.RunAsync(loop);
        var story = nodes.Rig.Journal.Read(loop.Run);
        nodes.Rig.Journal.Cut(loop.Run, story.Index().First(one => one.Item is StepStarted { Name: "tool refund" }).Index + 1);
        await NodeRig.RunAsync(await nodes.Rig.ReopenAsync(loop.Run));

        var state = await nodes.Rig.DecideAsync(loop.Run, decision, new { value = "It went through, I looked." });

        Assert.Equal(text, state.Outputs.GetValueOrDefault("text")?.Text);
        Assert.Single(_shop.Seen);
        if (text is not null)
        {
            Assert.Equal("It went through, I looked.", Assert.Single(model.Results));
        }
    }

    [Fact]
    public async Task AFlowThatACrashCutOff_IsCalledAgainUnderTheSameName()
    {
        var model = new TurningModel(Says("""run_triage {"question":"a"}"""), Says("Done."));
        using var nodes = new AgentNodes(model);
        nodes.Rig.Version = 1;
        var loop = await nodes.Rig.LoopAsync(
            NodeRig.One("agent", """{"prompt":"x","approved":["run_triage"],"tools":[{"kind":"flow","flow":"triage"}]}"""), new { q = "?" });
        await NodeRig.RunAsync(loop);
        var story = nodes.Rig.Journal.Read(loop.Run);
        nodes.Rig.Journal.Cut(loop.Run, story.Index().First(one => one.Item is StepStarted { Name: "tool run_triage" }).Index + 1);

        var state = await NodeRig.RunAsync(await nodes.Rig.ReopenAsync(loop.Run));

        Assert.Equal("Done.", state.Outputs["text"].Text);
        Assert.Equal(2, nodes.Flows.Calls.Count);
        Assert.Single(nodes.Flows.Calls.Select(call => call.Once).Distinct());
    }

    private static string? OrderOf(RunState state) =>
        state.WaitingFor.Single().Bookmark.Details!.Value.GetProperty("arguments").GetProperty("body").GetProperty("order").GetString();

    private string Flow(string more = "") => NodeRig.One("agent", $$"""{"prompt":"x","tools":[{{_shop.Tool()}}]{{more}}}""", outputs: "text steps usage");
}
