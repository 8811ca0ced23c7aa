using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Hosting;
using MistralStudio.Web.Features.Flows.Compare;
using MistralStudio.Web.Features.FlowsApi;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>Two runs side by side, over the real stores and the real engine.</summary>
public sealed class RunCompareTests(ApiStudio studio) : FlowTests(studio)
{
    private const string Flow = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"greet","type":"template","title":"Greeting","config":{"template":"Dear {{ name }},\nthank you.\nBye"}},{"id":"fixed","type":"template","config":{"template":"always"}},{"id":"big","type":"code","config":{"source":"return inputs.name.repeat(60000);"}},{"id":"out","type":"output"}],
         "edges":[{"from":"start.name","to":"greet.name"},{"from":"start.name","to":"fixed.name"},{"from":"start.name","to":"big.name"},{"from":"greet.text","to":"out.greeting"},{"from":"fixed.text","to":"out.fixed"},{"from":"big.value","to":"out.big"}],
         "inputs":[{"name":"name","type":"text","required":true}]}
        """;

    [Fact]
    public async Task TwoRuns_StandBesideEachOther_NodeByNode_WithTheDifferenceOfTheirTexts()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, Flow);
        var (ada, bea) = (await RunAsync(owner, flow, new { name = "Ada" }), await RunAsync(owner, flow, new { name = "Bea" }));

        var page = Open(owner, ada, bea);
        page.WaitForElement(".cmp-nodes");
        Assert.Equal(
            ["Start differs", "Greeting differs", "Write text same", "JavaScript differs", "Result differs"],
            page.FindAll(".cmp-nodes tbody tr").Select(row => $"{row.QuerySelector("a.name")!.TextContent} {row.QuerySelector("td:last-child")!.TextContent.Trim()}"));
        Assert.Empty(page.FindAll(".note.info"));

        Navigate(page, $"{Address(ada, bea)}?node=greet&show=different");
        Assert.Equal(4, page.FindAll(".cmp-nodes tbody tr").Count);
        page.WaitForElement(".cmp-node .diff-view");
        Assert.Equal("Ada", page.Find(".cmp-node .dw").TextContent);
        Assert.Equal("Bea", page.Find(".cmp-node .iw").TextContent);

        // What was different before it: its input, which leads to where that comes from; before that, what the runs were started with.
        Assert.Equal("Input differs name Start", string.Join(' ', page.FindAll(".cmp-before li > :not(.delta)").Select(part => part.TextContent)));
        Assert.Contains("node=start", page.Find(".cmp-before a").GetAttribute("href"), StringComparison.Ordinal);
        Navigate(page, $"{Address(ada, bea)}?node=start");
        Assert.Contains("started with different values", page.Find(".cmp-before").TextContent, StringComparison.Ordinal);
        Navigate(page, $"{Address(ada, bea)}?node=fixed");
        Assert.Empty(page.FindAll(".cmp-before"));
        Navigate(page, $"{Address(ada, bea)}?node=greet&show=different");

        // Inputs, and settings that are the same.
        page.FindAll(".cmp-node .seg button")[1].Click();
        page.WaitForAssertion(() => Assert.Equal("name", page.Find(".cmp-value h3 .mono").TextContent));
        page.FindAll(".cmp-node .seg button")[2].Click();
        page.WaitForAssertion(() => Assert.Contains("set in the same way", page.Find(".cmp-node .pad").TextContent, StringComparison.Ordinal));

        // What the blob store has is read to be compared as long as it is not too large for a page.
        Navigate(page, $"{Address(ada, bea)}?node=big");
        page.WaitForElement(".cmp-node .diff-view");
        Assert.Equal(2, page.FindAll(".cmp-head select").Count);
        Assert.Contains(page.FindAll(".cmp-head select")[0].QuerySelectorAll("option"), option => option.GetAttribute("value") == $"{ada}");
    }

    [Fact]
    public async Task ValuesTooLargeForAPage_AreLinkedNotRead()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, Flow);
        var (one, other) = (await RunAsync(owner, flow, new { name = "xxxxxx" }), await RunAsync(owner, flow, new { name = "yyyyyy" }));

        var page = Open(owner, one, other, "?node=big");
        page.WaitForElement(".cmp-value");
        Assert.Empty(page.FindAll(".cmp-value .diff-view"));
        Assert.Equal(2, page.FindAll(".cmp-value a").Count(link => link.GetAttribute("href")!.StartsWith("/api/runs/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task RunsOfTwoVersions_SayWhatIsDifferentInThem()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, Flow);
        var before = await RunAsync(owner, flow, new { name = "Ada" });
        var saved = await Get<IFlowStore>().SaveDraftAsync(
            owner.Workspace, flow.Id, flow.Revision, flow.Name, flow.Draft.Replace("thank you", "many thanks", StringComparison.Ordinal), Token);
        Assert.True(saved.IsSuccess);
        var after = await RunAsync(owner, flow, new { name = "Ada" });

        var page = Open(owner, before, after, "?node=greet");
        page.WaitForElement(".note.info");
        Assert.Contains("1 thing is different", page.Find(".note.info").TextContent, StringComparison.Ordinal);
        Assert.Contains("Greeting", page.Find(".cmp-changes").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll(".cmp-before li"));
        Assert.Contains("many thanks", page.Find(".cmp-before .change-fields").TextContent, StringComparison.Ordinal);
        page.FindAll(".cmp-node .seg button")[2].Click();
        page.WaitForAssertion(() => Assert.Contains("Text", page.Find(".change-fields dt").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ARunThatTheCallerMayNotSee_IsNotThere()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, Flow);
        var run = await RunAsync(owner, flow, new { name = "Ada" });
        var member = await JoinAsync("ana-compare@example.org");
        var own = await RunAsync(member, flow, new { name = "Ana" });
        var state = new RunCompareState(Get<IFlowStore>(), Get<IFlowVersions>(), Get<IRunStore>(), Get<FlowRuns>(), Get<RunDecisions>(), member);

        Assert.False(await state.LoadAsync(own, run, Token));
        Assert.True(await state.LoadAsync(own, own, Token));
        Assert.DoesNotContain(state.Others, other => other.Id == run);
    }

    private string Address(RunId one, RunId other) => $"/w/contracts/runs/{one}/compare/{other}";

    private IRenderedComponent<RunComparePage> Open(Caller caller, RunId one, RunId other, string query = "")
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo($"{Address(one, other)}{query}");
        return Render<RunComparePage>(set => set.Add(page => page.Workspace, "contracts").Add(page => page.Id, $"{one}").Add(page => page.Other, $"{other}")
            .AddCascadingValue(Scopes.Of(caller.Workspace, caller.User!.Value, Role.Owner)));
    }

    private void Navigate(IRenderedComponent<RunComparePage> page, string address)
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        page.Render();
    }
}
