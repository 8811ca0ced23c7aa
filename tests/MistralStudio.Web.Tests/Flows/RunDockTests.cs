using System.Text.Json;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Web.Features.Flows;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>A run below the flow that it is a run of, and on its cards.</summary>
public sealed class RunDockTests(ApiStudio studio) : FlowTests(studio)
{
    private const string Asking = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"check","type":"approval","config":{"title":"May it go?"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.name","to":"check.name"},{"from":"check.approved","to":"answer.text"}],
         "inputs":[{"name":"name","type":"text","required":true}]}
        """;

    [Fact]
    public async Task ARun_StandsBelowItsFlow_AndTheNextOneBeginsWithItsValues()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, TwoGreetings);
        var run = await RunAsync(owner, flow, new { name = "Ada" });
        using var page = Open(owner, flow, run);

        page.WaitForAssertion(() => Assert.Contains("Hello Ada!", page.Find(".run-dock .dock-side").TextContent, StringComparison.Ordinal));
        Assert.Contains("4 of 4 nodes done", page.Find(".run-dock header").TextContent, StringComparison.Ordinal);
        Assert.All(["start", "greet", "again", "answer"], node => Assert.NotEmpty(page.FindAll($"[data-id={node}] .ok")));
        page.WaitForAssertion(() => Assert.Equal("Ada", page.Find(".run-form textarea").GetAttribute("value")));

        // The node that is chosen at the time line is the one that is selected, and its settings have the run beside them.
        await page.FindAll(".run-dock .tl-names button")[1].ClickAsync(new());
        Assert.Equal("greet", page.Find(".insp header .mono").TextContent);
        await page.FindAll(".insp [role=tab]").Single(tab => tab.TextContent == "Run").ClickAsync(new());
        Assert.Contains("Hello Ada", page.Find(".insp .of-run").TextContent, StringComparison.Ordinal);

        await page.Find(".insp .acts-left button").ClickAsync(new());
        page.WaitForElement("dialog textarea").Change("Bo");
        await page.Find("dialog form").SubmitAsync();
        var fork = await NextAsync(page, run);
        Assert.Equal("Hello Bo!", (await WaitAsync(owner, fork)).Outputs["text"].Text);
        page.WaitForAssertion(() => Assert.NotEmpty(page.FindAll(".run-dock header button[title^='With the values']")));

        await page.Find(".run-dock header button[title^='With the values']").ClickAsync(new());
        var next = await NextAsync(page, fork);
        Assert.Equal("Hello Ada!", (await WaitAsync(owner, next)).Outputs["text"].Text);
        page.WaitForAssertion(() => Assert.Contains(next.ToString()[^8..], page.Find(".run-dock header").TextContent, StringComparison.Ordinal));

        await page.Find(".run-dock header button[aria-label='Close the run']").ClickAsync(new());
        Assert.Empty(page.FindAll(".run-dock"));
        Assert.Empty(page.FindAll("[data-id=greet] .ok"));
    }

    [Fact]
    public async Task WhatARunAsks_IsAnsweredBelowItsFlow()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, Asking);
        var run = await AskAsync(owner, flow, new { name = "Ada" });
        using var page = Open(owner, flow, run);
        page.WaitForElement(".run-dock .question");
        Assert.Contains("waits", page.Find("[data-id=check]").ClassList);

        await page.Find(".run-dock [data-decide=approve]").ClickAsync(new());

        await WaitAsync(owner, run);
        page.WaitForElement(".run-dock .state.ok");
        page.WaitForAssertion(() => Assert.NotEmpty(page.FindAll("[data-id=answer] .ok")));
        Assert.Empty(page.FindAll(".run-dock .question"));
    }

    [Fact]
    public async Task ARunThatIsNotThere_OrThatSomebodyMayNotSee_IsSaidToBeGone()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, TwoGreetings);
        using var page = Open(owner, flow, RunId.New());

        page.WaitForAssertion(() => Assert.Contains("not there any more", page.Find(".run-dock").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task CardsAndWires_SayWhatRan_UnlessTheyWereChangedSince()
    {
        var owner = await OwnerAsync();
        var editor = await EditAsync(owner, await CreateAsync(owner, TwoGreetings));
        using var state = editor.Flow;
        var view = await ViewAsync(owner, await RunAsync(owner, state.Flow!, new { name = "Ada" }));
        var shown = new ShownFlow(editor, Services.GetRequiredService<IStringLocalizer<FlowPageWords>>());
        shown.Take([], view, 1);
        Assert.All(shown.Cards, card => Assert.Equal(NodeStatus.Succeeded, card.Run!.Status));

        // Moved and renamed it is still what ran; with another template, or new, it is not.
        await editor.DoAsync(new MoveParts([new PlacedPart("greet", new FlowPosition(64, 640))], []), Token);
        await editor.DoAsync(new SetTitle("greet", "Greet"), Token);
        await editor.SetAsync("again", "/template", JsonSerializer.SerializeToElement("{{ text }}?"), Token);
        await editor.AddAsync("template", new AddPlace("", null, null), Token);
        shown.Take([], view, 1);
        Assert.Equal(["start", "greet", "answer"], shown.Cards.Where(card => card.Run is not null).Select(card => card.Path));
        Assert.Equal(3, shown.Edges.Count);

        // Of a moment before it began, wires between what ran are still to come; those of what was changed are as drawn.
        await view.GoAsync(1, Token);
        shown.Take([], view, 2);
        Assert.Equal(["todo", null, null], shown.Edges.Select(edge => edge.State));
        shown.Take([], null, 3);
        Assert.All(shown.Cards, card => Assert.Null(card.Run));
        Assert.All(shown.Edges, edge => Assert.Null(edge.State));
    }

    [Fact]
    public async Task WhatWasTyped_IsThereAgain_AfterSomethingElseStoodInItsPlace()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, TwoGreetings);
        using var state = State(owner);
        await state.LoadAsync(flow.Id, Token);
        var first = Render<RunForm>(set => set.Add(one => one.State, state).AddCascadingValue(Scopes.Owner));
        first.Find("textarea").Change("Bo");
        first.Dispose();

        var again = Render<RunForm>(set => set.Add(one => one.State, state).AddCascadingValue(Scopes.Owner));
        Assert.Equal("Bo", again.Find("textarea").GetAttribute("value"));
        // A past run fills in what is empty, and that alone.
        await state.Form.RecallAsync(await ViewAsync(owner, await RunAsync(owner, flow, new { name = "Ada", often = 3 })), Token);
        Assert.Equal(["Bo", "3"], state.Form.Fields.Select(field => field.Text));
    }

    private async Task<RunId> NextAsync(IRenderedComponent<FlowPage> page, RunId before)
    {
        var uri = "";
        await page.WaitForAssertionAsync(() => Assert.DoesNotContain(before.ToString(), uri = Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal));
        return RunId.Parse(uri[(uri.IndexOf("run=", StringComparison.Ordinal) + 4)..], null);
    }

    [Fact]
    public async Task TheOutline_SaysWhatTheLastRunMadeOfEachStep_AsLongAsTheStepIsAsItRan()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, TwoGreetings);
        await RunAsync(owner, flow, new { name = "Ada" });
        Services.GetRequiredService<NavigationManager>().NavigateTo($"/w/default/flows/{flow.Id}?tab=outline");
        using var page = Render<FlowPage>(set => set.Add(one => one.Id, flow.Id.ToString()).AddCascadingValue(Scopes.Of(owner.Workspace, owner.User!.Value, Role.Owner)));

        page.WaitForAssertion(() => Assert.Equal(4, page.FindAll(".outline-rows .ran .ok").Count));
        Assert.Contains("Last run", page.Find(".outline-head").TextContent, StringComparison.Ordinal);

        await page.Find(".outline-rows [data-path=again]").ClickAsync(new());
        await page.Find("[data-pointer='/template'] textarea").ChangeAsync(new() { Value = "{{ text }}?" });
        page.WaitForAssertion(() => Assert.Equal(3, page.FindAll(".outline-rows .ran .ok").Count));
    }

    private IRenderedComponent<FlowPage> Open(Caller caller, Flow flow, RunId run)
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo($"/w/default/flows/{flow.Id}?run={run}");
        return Render<FlowPage>(set => set.Add(one => one.Id, flow.Id.ToString()).AddCascadingValue(Scopes.Of(caller.Workspace, caller.User!.Value, Role.Owner)));
    }
}
