using System.Collections.Frozen;
using System.Text.Json;
using Bunit;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Hosting;
using MistralStudio.Web.Features.Flows;
using MistralStudio.Web.Features.Flows.Asking;
using MistralStudio.Web.Features.FlowsApi;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>What runs ask, answered beside the canvas and in the inbox.</summary>
public sealed class RunAsksTests(ApiStudio studio) : FlowTests(studio)
{
    private const string Approved = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"ask","type":"approval","config":{"title":"Send to {{ start.name }}?"}},
                  {"id":"yes","type":"template","config":{"template":"sent: {{ ask.approved.note }}"}},{"id":"no","type":"template","config":{"template":"kept"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.name","to":"ask.name"},{"from":"ask.approved","to":"yes.x"},{"from":"ask.refused","to":"no.x"},{"from":"yes.text","to":"answer.text"},{"from":"no.text","to":"answer.text"}],
         "inputs":[{"name":"name","type":"text","required":true}]}
        """;

    private const string Formed = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"fill","type":"form","config":{"title":"How many?","fields":[{"name":"amount","type":"number","required":true}]}},{"id":"out","type":"output"}],
         "edges":[{"from":"start.name","to":"fill.name"},{"from":"fill.amount","to":"out.amount"}],
         "inputs":[{"name":"name","type":"text","required":true}]}
        """;

    [Fact]
    public async Task BesideTheCanvas_AQuestionIsAnswered_AndIsGoneWithoutAWord()
    {
        var owner = await OwnerAsync();
        var run = await AskAsync(owner, await CreateAsync(owner, Approved), new { name = "Bo" });
        var state = await ViewAsync(owner, run);
        var asks = Asks(state, owner, chosen: "ask");
        Assert.Equal("Send to Bo?", asks.Find(".question h2").TextContent);
        Assert.Contains("chosen", asks.Find(".question").ClassList);

        await asks.InvokeAsync(() => asks.Find("textarea").Change("fine"));
        await asks.Find("[data-decide=approve]").ClickAsync(new());
        await UntilAnsweredAsync(state);
        asks.Render();

        Assert.Empty(asks.FindAll(".run-asks"));
        Assert.Equal("sent: fine", (await WaitAsync(owner, run)).Outputs["text"].Text);
    }

    [Fact]
    public async Task WhatSomebodyElseAnsweredMeanwhile_IsSaid_WhetherItIsSeenOrPressed()
    {
        var owner = await OwnerAsync();
        var run = await AskAsync(owner, await CreateAsync(owner, Approved), new { name = "Bo" });
        var (seen, pressed) = (await ViewAsync(owner, run), await ViewAsync(owner, run));
        var (watching, late) = (Asks(seen, owner), Asks(pressed, owner));
        var bookmark = Assert.Single(seen.Questions).Bookmark.Id;
        Assert.True((await Get<RunDecisions>().DecideAsync(owner, run, bookmark, "approve", new Dictionary<string, JsonElement>(), Token)).IsSuccess);

        // Whose page heard of it sees the question go.
        await UntilAnsweredAsync(seen);
        watching.Render();
        Assert.Empty(watching.FindAll(".question"));
        Assert.Contains("“Send to Bo?” needs no answer any more", watching.Find(".note.info").TextContent, StringComparison.Ordinal);

        // Whose page did not is told in place of the buttons.
        await late.Find("[data-decide=refuse]").ClickAsync(new());
        Assert.Contains("This was decided already", late.Find(".question .note.danger").TextContent, StringComparison.Ordinal);
        Assert.Empty(late.FindAll("[data-decide]"));
        Assert.Equal("sent: ", (await WaitAsync(owner, run)).Outputs["text"].Text);
    }

    [Fact]
    public async Task WhenTheRunIsStopped_NothingCanBeAnswered()
    {
        var owner = await OwnerAsync();
        var run = await AskAsync(owner, await CreateAsync(owner, Approved), new { name = "Bo" });
        var asks = Asks(await ViewAsync(owner, run), owner);
        Assert.True((await Get<FlowRuns>().CancelAsync(run, owner.User, Token)).IsSuccess);
        await Get<FlowRuns>().WaitAsync(owner.Workspace, run, TimeSpan.FromMinutes(1), Token);

        await asks.Find("[data-decide=approve]").ClickAsync(new());

        Assert.Contains("the run has ended", asks.Find(".question .note.danger").TextContent, StringComparison.Ordinal);
        Assert.Empty(asks.FindAll("[data-decide]"));
    }

    [Fact]
    public async Task TheInbox_AnswersAForm_WhereItIsListed_AndShowsWhatIsMissing()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, Formed);
        var run = await AskAsync(owner, flow, new { name = "Bo" });
        var (list, inbox) = await InboxAsync(owner, flow);
        var question = list.Waiting.Single(one => one.Run.Id == run);
        var button = $"[data-ask='{question.Bookmark.Id}']";
        Assert.Empty(inbox.FindAll(".question"));

        inbox.Find(button).Click();
        Assert.Equal("true", inbox.Find(button).GetAttribute("aria-expanded"));
        inbox.WaitForAssertion(() => Assert.Equal("Bo", inbox.Find(".beginning .prose").TextContent));
        // How the run came to it stands beside: what began, and nothing of what is to come.
        var way = inbox.FindAll(".ask-way li");
        Assert.Equal(2, way.Count);
        Assert.StartsWith("Start", way[0].TextContent, StringComparison.Ordinal);
        Assert.EndsWith("Waiting", way[1].TextContent, StringComparison.Ordinal);
        Assert.Equal("asking", way[1].ClassName);
        await inbox.Find("[data-decide]").ClickAsync(new());
        Assert.NotEmpty(inbox.FindAll(".question .field-error"));
        Assert.Equal(RunStatus.Suspended, (await Get<IRunStore>().FindAsync(owner.Workspace, run, null, Token))!.Status);

        inbox.Find(".question input.num").Change("7");
        await inbox.Find("[data-decide]").ClickAsync(new());

        inbox.WaitForAssertion(() => Assert.Empty(inbox.FindAll(button)));
        Assert.Contains("“How many?” is answered", inbox.Find("[role=status]").TextContent, StringComparison.Ordinal);
        Assert.Equal("7", (await WaitAsync(owner, run)).Outputs["amount"].Text);
    }

    [Fact]
    public async Task WhatARunWasStartedWith_IsForThoseWhoMayLookAtIt()
    {
        var owner = await OwnerAsync();
        var run = await AskAsync(owner, await CreateAsync(owner, Approved), new { name = "Bo" });
        var stranger = new Caller(owner.Workspace, UserId.New(), owner.Granted.Where(permission => permission != Permissions.RunsReadAll).ToFrozenSet(StringComparer.Ordinal));

        Assert.Equal("Bo", (await Get<RunDecisions>().SoFarAsync(owner, run, Token))!.Beginning["name"].Text);
        Assert.Null(await Get<RunDecisions>().SoFarAsync(stranger, run, Token));
    }

    [Fact]
    public async Task TheInbox_SaysThatAnOpenQuestionWasAnsweredElsewhere()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, Approved);
        var run = await AskAsync(owner, flow, new { name = "Cy" });
        var (list, inbox) = await InboxAsync(owner, flow);
        var question = list.Waiting.Single(one => one.Run.Id == run);
        inbox.Find($"[data-ask='{question.Bookmark.Id}']").Click();
        Assert.True((await Get<RunDecisions>().DecideAsync(owner, run, question.Bookmark.Id, "approve", new Dictionary<string, JsonElement>(), Token)).IsSuccess);
        await WaitAsync(owner, run);

        Assert.True(await list.RefreshAsync(Token));
        inbox.Render();

        Assert.DoesNotContain(list.Waiting, one => one.Run.Id == run);
        Assert.Contains("“Send to Cy?” needs no answer any more", inbox.Find("[role=status]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OfALargeValue_TheBeginningIsAskedAbout_AndThatIsSaid()
    {
        var owner = await OwnerAsync();
        var name = new string('x', 10_000_000);
        var run = await AskAsync(owner, await CreateAsync(owner, Approved.Replace("Send to {{ start.name }}?", "Send it?", StringComparison.Ordinal)), new { name });
        var state = await ViewAsync(owner, run);

        var asks = Asks(state, owner);

        Assert.Contains("Only the beginning of “name” is shown (9.54 MB in all)", asks.Find(".question .note.warn").TextContent, StringComparison.Ordinal);
        Assert.InRange(asks.Markup.Length, 8_000, 32_000);
        Assert.InRange((await EventsOfAsync(run)).OfType<Suspended>().Single().Bookmark.Details!.Value.GetRawText().Length, 8_000, 16_000);
        Assert.Equal(10_000_002, state.Nodes.Single(node => node.Path == "ask").Inputs["name"].Bytes);
    }

    [Fact]
    public async Task WhoIsNotNamed_SeesTheQuestion_AndHasNothingToPress()
    {
        var owner = await OwnerAsync();
        var run = await AskAsync(owner, await CreateAsync(owner, Approved.Replace("\"title\"", "\"who\":[\"ana@example.org\"],\"title\"", StringComparison.Ordinal)), new { name = "Bo" });

        var asks = Asks(await ViewAsync(owner, run), owner);

        Assert.Empty(asks.FindAll("[data-decide]"));
        Assert.Contains("This is for others to decide.", asks.Find(".question").TextContent, StringComparison.Ordinal);
    }

    private IRenderedComponent<RunAsks> Asks(RunViewState state, Caller caller, string? chosen = null) =>
        Render<RunAsks>(set => set.Add(one => one.State, state).Add(one => one.Chosen, chosen).AddCascadingValue(Scopes.Of(caller.Workspace, caller.User!.Value, Role.Owner)));

    private async Task<(RunListState List, IRenderedComponent<RunInbox> Inbox)> InboxAsync(Caller caller, Flow flow)
    {
        var list = Runs(caller);
        await list.FindAsync(new RunFilter(flow.Id), Token);
        return (list, Render<RunInbox>(set => set.Add(one => one.State, list).AddCascadingValue(Scopes.Of(caller.Workspace, caller.User!.Value, Role.Owner))));
    }

    private static async Task UntilAnsweredAsync(RunViewState view)
    {
        await foreach (var notice in view.FollowAsync(Token))
        {
            await view.ApplyAsync(notice, Token);
        }

        await view.RefreshAsync(Token);
        Assert.Empty(view.Questions);
    }
}
