using System.Text.Json;
using Bunit;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Flows;
using MistralStudio.Web.Features.Flows.Timeline;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>A run's page at any moment of the run: canvas, nodes and events as they were then.</summary>
public sealed class RunTimelineTests(ApiStudio studio) : FlowTests(studio)
{
    private const string Flow = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"greet","type":"template","title":"Greeting","config":{"template":"Hello {{ name }}"}},
                  {"id":"each","type":"for-each","config":{"parallel":1},"policy":{"onError":"port"},"body":{"nodes":[{"id":"loud","type":"code","config":{"source":"if (inputs.item === 'c') throw new Error('no c'); return inputs.item + '!';"}}],"edges":[{"from":"each.item","to":"loud.item"},{"from":"loud.value","to":"each.result"}]}},{"id":"out","type":"output"}],
         "edges":[{"from":"start.name","to":"greet.name"},{"from":"greet.text","to":"out.greeting"},{"from":"start.names","to":"each.items"},{"from":"each.results","to":"out.all"}],
         "inputs":[{"name":"name","type":"text","required":true},{"name":"names","type":"list<text>"}]}
        """;

    [Fact]
    public async Task ASlider_LeadsThroughTheEvents_AndEverythingIsAsItWasThen()
    {
        var (state, _, scope) = await RunAsync("a", "b");
        IRenderedComponent<RunScrubber>? view = null;
        view = Render<RunScrubber>(set => set.Add(one => one.State, state).Add(one => one.OnMove, () => view!.Render()).AddCascadingValue(scope));
        var slider = view.Find("[role=slider]");
        var last = state.EventCount;
        Assert.Equal(($"{last}", $"{last}", "1"), (slider.GetAttribute("aria-valuenow"), slider.GetAttribute("aria-valuemax"), slider.GetAttribute("aria-valuemin")));
        Assert.Empty(view.FindAll("header button"));
        Assert.Equal(["Start", "Greeting", "For each", "Result"], view.FindAll(".tl-names button").Select(one => one.TextContent));

        await view.InvokeAsync(() => view.Instance.GoAsync("step", -1));
        Assert.True(state.IsBack);
        Assert.Equal(last - 1, state.Position);
        Assert.DoesNotContain(state.Events, one => one is RunFinished);

        await view.InvokeAsync(() => view.Instance.GoAsync("end", 0));
        slider = view.Find("[role=slider]");
        Assert.Equal("1", slider.GetAttribute("aria-valuenow"));
        Assert.StartsWith($"Event 1 of {last}, ", slider.GetAttribute("aria-valuetext"), StringComparison.Ordinal);
        Assert.EndsWith("Run started", slider.GetAttribute("aria-valuetext"), StringComparison.Ordinal);
        Assert.Equal(NodeStatus.Pending, state.Nodes.Single(node => node.Path == "greet").Status);
        Assert.Empty(state.Nodes.Single(node => node.Path == "greet").Outputs);
        await view.InvokeAsync(() => view.Instance.GoAsync("step", -5));
        Assert.Equal(1, state.Position);

        // Of a run that goes on nothing moves it from here; a press leads back.
        Assert.Equal("Back to the end", view.Find("header button").TextContent.Trim());
        view.Find("header button").Click();
        Assert.False(state.IsBack);
        Assert.Equal(NodeStatus.Succeeded, state.Nodes.Single(node => node.Path == "greet").Status);

        await view.InvokeAsync(() => view.Instance.GoAsync("at", 0.5));
        Assert.InRange(state.Position, 1, last);
        await view.InvokeAsync(() => view.Instance.GoAsync("at", 1));
        Assert.False(state.IsBack);
    }

    [Fact]
    public async Task AnEventOfTheList_IsAMoment_AndLaterOnesAreNotListed()
    {
        var (state, _, scope) = await RunAsync("a");
        var moved = 0;
        var view = Render<RunJournal>(set => set.Add(one => one.State, state).Add(one => one.OnMove, () => moved++).AddCascadingValue(scope));
        Assert.Equal(state.EventCount, view.FindAll(".run-events li").Count);

        view.FindAll(".run-events .at")[3].Click();

        Assert.Equal((1, state.EventCount - 3), (moved, state.Position));
        view.Render();
        Assert.Equal(state.Position, view.FindAll(".run-events li").Count);
        Assert.Equal("on", view.FindAll(".run-events li")[0].ClassName);
    }

    [Fact]
    public async Task CardsInsideAContainer_ShowOneRound_TheOneThatFailedFirst()
    {
        var (state, _, scope) = await RunAsync("a", "b", "c", "d");
        IRenderedComponent<RunCanvas>? view = null;
        view = Render<RunCanvas>(set => set.Add(one => one.State, state).Add(one => one.OnRound, () => view!.Render()).AddCascadingValue(scope));
        view.WaitForElement("[data-id='each/loud']");
        Assert.Equal("2 / 4, 1 failed", view.Find("[data-id=each] .kind").TextContent);
        Assert.Equal("3 / 3", view.Find("[data-id=each] .rounds .num").TextContent);
        Assert.Contains("bad", view.Find("[data-id='each/loud']").ClassList);

        view.FindAll("[data-id=each] .rounds button")[0].Click();
        Assert.Equal("2 / 3", view.Find("[data-id=each] .rounds .num").TextContent);
        Assert.DoesNotContain("bad", view.Find("[data-id='each/loud']").ClassList);
        Assert.Equal("b!", state.Cards.Single(card => card.Path == "each/loud").Outputs["value"].Text);

        // The same by the keys of the canvas, from the container or from inside of it.
        var canvas = view.FindComponent<MistralStudio.Web.Features.Flows.Editor.FlowCanvas>();
        await view.InvokeAsync(() => canvas.Instance.ActAsync(1, "Round", JsonElement.Parse("""{"node":"each/loud","step":-1}""")));
        Assert.Equal("1 / 3", view.Find("[data-id=each] .rounds .num").TextContent);
        await view.InvokeAsync(() => canvas.Instance.ActAsync(2, "Round", JsonElement.Parse("""{"node":"each","step":-1}""")));
        Assert.Equal("1 / 3", view.Find("[data-id=each] .rounds .num").TextContent);

        // Before the container began there is no round.
        await state.GoAsync(1, Token);
        view.Render();
        Assert.Empty(view.FindAll(".rounds"));
        Assert.Contains("todo", view.Find("[data-id='each/loud']").ClassList);
    }

    [Fact]
    public async Task ANodeOfTheRoundThatIsShown_CanBeRunFrom_WithAnotherValue()
    {
        var (state, caller, scope) = await RunAsync("a", "b", "d");
        MistralStudio.Flows.Runs.NodeView? from = null;
        IRenderedComponent<RunNode>? view = null;
        view = Render<RunNode>(set => set.Add(one => one.State, state).Add(one => one.Node, state.Nodes.Single(node => node.Path == "each"))
            .Add(one => one.OnFork, node => from = node).Add(one => one.OnRound, () => view!.Render()).AddCascadingValue(scope));
        view.Find("summary").Click();
        view.FindAll(".rounds button")[0].Click();
        view.Find(".inner summary").Click();
        view.WaitForElement(".inner .acts-left button").Click();
        Assert.Equal("each[1]/loud", from!.Path);

        var fork = await state.ForkAsync(from.Path, new Dictionary<string, JsonElement> { ["each[1]/loud.item"] = JsonElement.Parse("\"z\"") }, Token);

        Assert.Equal("""["a!","z!","d!"]""", (await WaitAsync(caller, fork!.Value)).Outputs["all"].Text);
        Assert.Equal(["each[0]/loud", "each[2]/loud"], (await EventsOfAsync(fork.Value)).OfType<NodeReused>().Select(reused => reused.Node).Where(node => node.StartsWith("each", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ARunThatIsDeletedMeanwhile_IsSaidToBeGone()
    {
        var (state, caller, _) = await RunAsync("a");
        Assert.False(await state.LookAsync(Token));
        Assert.True((await Get<IFlowStore>().DeleteAsync(caller.Workspace, state.Flow!.Id, caller.User, Token)).IsSuccess);

        Assert.True(await state.LookAsync(Token));
        Assert.False(state.MayRun);
    }

    private async Task<(RunViewState State, Caller Caller, MistralStudio.Web.Layout.WorkspaceScope Scope)> RunAsync(params string[] names)
    {
        var caller = await OwnerAsync();
        var run = await RunAsync(caller, await CreateAsync(caller, Flow), new { name = "Ada", names });
        return (await ViewAsync(caller, run), caller, Scopes.Of(caller.Workspace, caller.User!.Value, Role.Owner));
    }
}
