using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Gallery;
using MistralStudio.Flows.Words;
using MistralStudio.Web.Features.Flows;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Features.Flows.FromWords;
using MistralStudio.Web.Features.FlowsApi;
using MistralStudio.Web.Layout;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>The page of a flow as a circuit makes it, and makes it again.</summary>
public sealed class FlowPageTests(ApiStudio studio) : FlowTests(studio)
{
    private const string Empty = """{"schema":"mistralstudio.flow/1","nodes":[],"edges":[]}""";

    private const string Written = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"greet","type":"template","title":"Greet","config":{"template":"Hello {{ name }}"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.name","to":"greet.name"},{"from":"greet.text","to":"answer.text"}],
         "inputs":[{"name":"name","type":"text","required":true}]}
        """;

    [Fact]
    public async Task WhatWasProposedForANewFlow_IsThereOnEachPage_UntilItIsTaken()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, Empty);
        var (before, draft) = (new FlowDefinition(), FlowDefinitions.Read(Written).Value);
        var proposal = new FlowProposal(draft, [], [], "Greets whoever comes.", 1, new RunUsage(0, 0, null));
        Get<OpenProposals>().Keep(owner, flow.Id, new OpenProposal("Greet people", "default", TimeSpan.FromSeconds(3), proposal, before, DefinitionMerge.Of(before, draft), [], []));

        foreach (var _ in new[] { "a reload", "another" })
        {
            using var page = Open(owner, flow);
            page.WaitForAssertion(() => Assert.Contains("Greets whoever comes.", page.Find(".words").TextContent, StringComparison.Ordinal));
            Assert.Equal("Greet people", page.Find(".words textarea").GetAttribute("value"));
        }

        using var last = Open(owner, flow);
        await last.Find("[data-accept]").ClickAsync(new());
        Assert.Null(Get<OpenProposals>().Find(owner, flow.Id));
        last.WaitForAssertion(() => Assert.NotEmpty(last.FindAll("[data-id=greet]")));
        using var state = State(owner, Get<FlowDrafts>());
        await state.LoadAsync(flow.Id, Token);
        Assert.Equal(3, state.Draft.Definition.Nodes.Count);
    }

    [Fact]
    public async Task WhoeverLosesTheConnection_IsSeenToGo_AndToComeBack()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, Written);
        using var theirs = State(owner with { User = UserId.New() }, Get<FlowDrafts>());
        await theirs.LoadAsync(flow.Id, Token);
        using var page = Open(owner, flow);
        page.WaitForAssertion(() => Assert.Single(theirs.Draft.Presence.Beside(UserId.New()), guest => guest.User == owner.User));
        var connection = Services.GetRequiredService<PageConnection>();

        await connection.OnConnectionDownAsync(null!, Token);
        Assert.DoesNotContain(theirs.Draft.Presence.Beside(UserId.New()), guest => guest.User == owner.User);
        await connection.OnConnectionUpAsync(null!, Token);
        Assert.Single(theirs.Draft.Presence.Beside(UserId.New()), guest => guest.User == owner.User);
    }

    [Fact]
    public async Task AVersionUnderAnOpenDraft_IsSaidAtOnce()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, Written);
        var other = await JoinAsync("bo-publishes@example.org", Role.Builder);
        using var page = Open(owner, flow);
        page.WaitForAssertion(() => Assert.Contains("not published", page.Find(".toolbar .saved").TextContent, StringComparison.OrdinalIgnoreCase));

        Assert.NotNull((await Get<FlowPublication>().PublishAsync(flow.Workspace, flow.Id, flow.Revision, "", other.User!.Value, Token)).Version);

        page.WaitForAssertion(() => Assert.Contains("published version 1 while this draft was open", page.Find(".together").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AProposalThatIsGone_IsSaidToBe_AndItsWordsAreThereToAskAgain()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, Written);
        JSInterop.Setup<string?>("sessionStorage.getItem", $"words:{flow.Id}").SetResult("Greet louder");

        using var page = Open(owner, flow);

        page.WaitForAssertion(() => Assert.Equal("Greet louder", page.Find(".words textarea").GetAttribute("value")));
        Assert.Contains("What was proposed for this is gone", page.Find(".words .note").TextContent, StringComparison.Ordinal);
        Assert.False(page.Find("[data-ask-words]").HasAttribute("disabled"));
    }

    [Fact]
    public async Task AFlowThatReadsABaseThatIsNotThere_SaysSo_WithTheNextStep()
    {
        var owner = await OwnerAsync();
        var template = FlowTemplates.All.Single(one => one.Id == "document-answers");
        var flow = await CreateAsync(owner, FlowDefinitions.Write(template.Over("Nowhere")));

        using var page = Open(owner, flow);

        page.WaitForAssertion(() => Assert.Contains("not here: Nowhere", page.Find(".insp .note.warn").TextContent, StringComparison.Ordinal));
        Assert.DoesNotContain("This flow can run", page.Find(".insp").TextContent, StringComparison.Ordinal);
        Assert.Equal("Knowledge base missing", page.Find(".toolbar .btn.warn").TextContent.Trim());
        Assert.DoesNotContain("No problems", page.Find(".toolbar").TextContent, StringComparison.Ordinal);
        Assert.EndsWith("/knowledge", page.Find(".insp .note.warn a").GetAttribute("href"), StringComparison.Ordinal);
        Assert.Contains("Find passages", page.Find(".insp .note.warn button").TextContent, StringComparison.Ordinal);

        Services.GetRequiredService<NavigationManager>().NavigateTo("/?tab=source");
        using var source = Open(owner, flow);
        source.WaitForAssertion(() => Assert.Contains("not here: Nowhere", source.Find(".problems .note.warn").TextContent, StringComparison.Ordinal));
        Assert.DoesNotContain("This flow can run", source.Find(".problems").TextContent, StringComparison.Ordinal);
        source.Find(".problems .note.warn button").Click();
        Assert.DoesNotContain("tab=source", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFlowWithNothingInIt_SaysWhatComesNext_AndNotThatItIsWrong()
    {
        var owner = await OwnerAsync();
        using var page = Open(owner, await CreateAsync(owner, Empty));

        page.WaitForAssertion(() => Assert.Contains("a node that answers", page.Find(".insp").TextContent, StringComparison.Ordinal));
        Assert.Empty(page.FindAll(".toolbar .btn.danger, .insp .problem-row"));
        Assert.Contains("Nothing in it yet", page.Find(".toolbar .state.idle").TextContent, StringComparison.Ordinal);

        await page.Find("[data-node-type=answer]").ClickAsync();
        page.WaitForAssertion(() => Assert.Contains("1 problem", page.Find(".toolbar .btn.danger").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhatTheFlowHas_IsFoundByItsWords_BesideWhatCanBeAdded()
    {
        var owner = await OwnerAsync();
        using var page = Open(owner, await CreateAsync(owner, Written));
        var search = page.WaitForElement(".palette input[type=search]");
        Assert.Empty(page.FindAll("[data-find]"));

        search.Input("start");
        Assert.Equal("start", page.Find("[data-find]").GetAttribute("data-find"));
        page.Find(".palette input[type=search]").Input("hello");
        Assert.Equal("greet", page.Find("[data-find]").GetAttribute("data-find"));
        await page.Find("[data-find]").ClickAsync();

        page.WaitForAssertion(() => Assert.Contains("greet", page.Find(".insp header .mono").TextContent, StringComparison.Ordinal));
    }

    private IRenderedComponent<FlowPage> Open(Caller caller, Flow flow) =>
        Render<FlowPage>(set => set.Add(page => page.Workspace, "contracts").Add(page => page.Id, $"{flow.Id}").AddCascadingValue(Scopes.Of(caller.Workspace, caller.User!.Value, Role.Owner)));
}
