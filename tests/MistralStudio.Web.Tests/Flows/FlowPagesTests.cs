using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Web.Features.Flows;
using MistralStudio.Web.Features.FlowsApi;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>What the pages of flows and runs know and do, over the real stores and the real engine.</summary>
public sealed class FlowPagesTests(ApiStudio studio) : FlowTests(studio)
{
    private const string Greeting = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"greet","type":"template","config":{"template":"Hello {{ start.name }}!"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.name","to":"greet.name"},{"from":"greet.text","to":"answer.text"}],
         "inputs":[{"name":"name","type":"text","required":true}]}
        """;

    private const string Approved = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"ask","type":"approval","config":{"title":"Send to {{ start.name }}?","who":["WHO"]}},
                  {"id":"yes","type":"template","config":{"template":"sent: {{ ask.approved.note }}"}},{"id":"no","type":"template","config":{"template":"kept"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.name","to":"ask.name"},{"from":"ask.approved","to":"yes.x"},{"from":"ask.refused","to":"no.x"},
                  {"from":"yes.text","to":"answer.text"},{"from":"no.text","to":"answer.text"}],
         "inputs":[{"name":"name","type":"text","required":true}]}
        """;

    [Fact]
    public async Task ADefinition_IsCheckedAsItIsTyped_AndSavedAgainstTheRevisionThatWasRead()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, Greeting);
        var (mine, theirs) = (State(owner), State(owner));
        Assert.True(await mine.LoadAsync(flow.Id, Token));
        Assert.True(await theirs.LoadAsync(flow.Id, Token));
        Assert.Empty(mine.Problems);
        Assert.Equal("text", Assert.Single(mine.Outputs).Name);

        await mine.EditAsync(Greeting.Replace("start.name }}", "start.nobody }}", StringComparison.Ordinal), Token);
        var problem = Assert.Single(mine.Problems);
        Assert.Equal(("greet", "/template"), (problem.Node, problem.Field));
        Assert.True(await mine.SaveAsync(Token), "A draft need not compile.");
        Assert.False(mine.IsDirty);

        await theirs.EditAsync(Greeting.Replace("Hello", "Goodbye", StringComparison.Ordinal), Token);
        Assert.False(await theirs.SaveAsync(Token));
        Assert.Equal(FlowStoreErrors.Conflict().Code, theirs.Error?.Code);
        Assert.Contains("Goodbye", theirs.Text, StringComparison.Ordinal);

        await mine.EditAsync("{ no JSON", Token);
        Assert.Equal("flow.unreadable", Assert.Single(mine.Problems).Code);
        Assert.False(await mine.SaveAsync(Token));
        Assert.Equal("flow.unreadable", mine.Error?.Code);
    }

    [Fact]
    public async Task Publishing_SavesFirst_RefusesProblems_AndVersionsAreComparedAndRestored()
    {
        var owner = await OwnerAsync();
        var state = State(owner);
        await state.LoadAsync((await CreateAsync(owner, Greeting)).Id, Token);
        await state.EditAsync(Greeting.Replace("start.name }}", "start.nobody }}", StringComparison.Ordinal), Token);
        Assert.False(await state.PublishAsync("broken", Token));
        Assert.Equal("flow.does_not_compile", state.Error?.Code);
        Assert.Null(state.Flow!.PublishedVersion);

        await state.EditAsync(Greeting, Token);
        Assert.True(await state.PublishAsync("first", Token));
        await state.EditAsync(Greeting.Replace("Hello", "Goodbye", StringComparison.Ordinal), Token);
        Assert.True(await state.PublishAsync("second", Token));
        await state.ListVersionsAsync(Token);
        Assert.Equal([(2, "second"), (1, "first")], state.Versions!.Select(version => (version.Number, version.Message)));

        var change = Assert.Single(await SinceFirstAsync());
        Assert.Equal((ChangeKind.Changed, "greet", "/config/template"), (change.Kind, change.Path, Assert.Single(change.Fields).Pointer));
        Assert.True(await state.RestoreAsync(1, Token));
        Assert.Contains("Hello", state.Text, StringComparison.Ordinal);
        Assert.Empty(await SinceFirstAsync());
        Assert.Equal(2, state.Flow!.PublishedVersion);

        async Task<IReadOnlyList<FlowChange>> SinceFirstAsync() => DefinitionDiff.Of((await state.DefinitionAsync(1, Token))!, (await state.DefinitionAsync(null, Token))!);
    }

    [Fact]
    public async Task ARun_IsSeenAsItGoesOn_WaitsForWhoIsNamed_AndGoesOnWithTheirNote()
    {
        var owner = await OwnerAsync();
        var member = await JoinAsync("ana-pages@example.org");
        var run = await RunAsync(owner, "Asked", Approved.Replace("WHO", "ana-pages@example.org", StringComparison.Ordinal), "Bo");
        var view = View(owner);
        Assert.True(await view.LoadAsync(run, Token));
        await UntilAsync(view, () => view.Questions.Count > 0);
        Assert.Equal(RunStatus.Suspended, view.Status);
        Assert.Equal(NodeStatus.Waiting, view.Nodes.Single(node => node.Path == "ask").Status);
        Assert.Equal("Bo", view.Nodes.Single(node => node.Path == "ask").Inputs["name"].Text);

        // The owner sees it and is not who was named.
        var asked = Assert.Single(view.Questions);
        Assert.False(asked.MayDecide);
        var refused = await Get<RunDecisions>().DecideAsync(owner, run, asked.Bookmark.Id, "approve", new Dictionary<string, JsonElement>(), Token);
        Assert.Equal("run.not_yours_to_decide", refused.Error?.Code);

        // Who was named finds the question under Runs, and sees it without the run.
        var list = Runs(member);
        await list.FindAsync(new RunFilter(), Token);
        Assert.Equal("Send to Bo?", Assert.Single(list.Waiting, question => question.Run.Id == run).Bookmark.Title);
        Assert.DoesNotContain(list.Runs!, one => one.Id == run);
        var theirs = View(member);
        Assert.True(await theirs.LoadAsync(run, Token));
        Assert.False(theirs.MaySee);
        var note = new Dictionary<string, JsonElement> { ["note"] = Json("\"fine\"") };
        Assert.True((await Get<RunDecisions>().DecideAsync(member, run, Assert.Single(theirs.Questions).Bookmark.Id, "approve", note, Token)).IsSuccess);

        await UntilAsync(view, () => view.Status.IsEnded());
        Assert.Equal("sent: fine", view.Outputs["text"].Text);
        Assert.Equal(NodeStatus.Skipped, view.Nodes.Single(node => node.Path == "no").Status);
        Assert.Empty(view.Questions);
        Assert.Equal(RunEventKind.RunFinished, view.Events.First().Kind);
        Assert.False(await View(member).LoadAsync(run, Token), "Nothing is asked any more.");
    }

    [Fact]
    public async Task WhatWaits_IsPaged_WhatWaitsLongestFirst_AndOnlyOnesOwn()
    {
        var owner = await OwnerAsync();
        var member = await JoinAsync("eve-pages@example.org");
        var runs = new List<RunId>();
        foreach (var who in new[] { "eve-pages@example.org", "somebody@example.org", "eve-pages@example.org", "eve-pages@example.org" })
        {
            var run = await RunAsync(owner, $"Asked {runs.Count}", Approved.Replace("WHO", who, StringComparison.Ordinal), "Bo");
            var view = View(owner);
            await view.LoadAsync(run, Token);
            await UntilAsync(view, () => view.Questions.Count > 0);
            runs.Add(run);
        }

        var decisions = Get<RunDecisions>();
        var found = new List<RunId>();
        string? after = null;
        do
        {
            var page = await decisions.ListAsync(member, after, 2, Token);
            Assert.InRange(page.Items.Count, 0, 2);
            found.AddRange(page.Items.Select(question => question.Run.Id));
            after = page.After;
        }
        while (after is not null);

        Assert.Equal([runs[0], runs[2], runs[3]], found);
        var viewer = member with { Granted = RolePermissions.Of(Role.Viewer) };
        Assert.Empty((await decisions.ListAsync(viewer, null, 10, Token)).Items);
    }

    [Fact]
    public async Task AFork_TakesAnEditedInput_AndLeavesTheRunAsItIs()
    {
        var owner = await OwnerAsync();
        var run = await RunAsync(owner, "Forked", Greeting, "Ada");
        var view = View(owner);
        await view.LoadAsync(run, Token);
        await UntilAsync(view, () => view.Status.IsEnded());
        Assert.Equal("Hello Ada!", view.Outputs["text"].Text);

        var fork = await view.ForkAsync("greet", new Dictionary<string, JsonElement> { ["greet.name"] = Json("\"Bea\"") }, Token);
        var forked = View(owner);
        Assert.True(await forked.LoadAsync(fork!.Value, Token));
        await UntilAsync(forked, () => forked.Status.IsEnded());
        Assert.Equal("Bea", forked.Nodes.Single(node => node.Path == "greet").Inputs["name"].Text);
        Assert.Equal("Hello Bea!", forked.Outputs["text"].Text);
        Assert.Equal("Hello Ada!", view.Outputs["text"].Text);
        Assert.Equal(run, forked.State!.Fork!.From);

        var list = Runs(owner);
        await list.FindAsync(new RunFilter(view.Flow!.Id, RunStatus.Succeeded), Token);
        Assert.Equal([fork.Value, run], list.Runs!.Select(one => one.Id));
        Assert.All(list.Runs!, one => Assert.Equal("Forked", list.NameOf(one)));
        await list.FindAsync(new RunFilter(view.Flow.Id, RunStatus.Failed), Token);
        Assert.Empty(list.Runs!);
    }

    [Fact]
    public async Task AWebhook_ShowsItsSecretOnce_AndIsNobodysWhoMayNotPublish()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, Greeting);
        var state = Triggers(owner, flow);
        await state.LoadAsync(Token);
        Assert.Null(state.Triggers!.WebhookSince);
        await state.RotateAsync(Token);
        Assert.StartsWith("whsec_", state.Secret, StringComparison.Ordinal);
        Assert.NotNull(state.Triggers.WebhookSince);
        Assert.False(state.TakesCalls);
        var first = state.Secret;
        await state.RotateAsync(Token);
        Assert.NotEqual(first, state.Secret);
        state.Hide();
        await state.PauseAsync(true, Token);
        Assert.True(state.Triggers.IsPaused);
        Assert.Null(state.Secret);
        await state.RevokeAsync(Token);
        Assert.Null(state.Triggers.WebhookSince);

        var member = Triggers(new Caller(owner.Workspace, owner.User, RolePermissions.Of(Role.Member)), flow);
        await member.LoadAsync(Token);
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => member.RotateAsync(Token));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => member.PauseAsync(false, Token));
    }

    [Fact]
    public async Task AFlow_IsRenamed_AndNotDeletedWhileARunOfItWaits()
    {
        var owner = await OwnerAsync();
        var run = await RunAsync(owner, "Kept", Approved.Replace("WHO", "role:owner", StringComparison.Ordinal), "Bo");
        var view = View(owner);
        await view.LoadAsync(run, Token);
        await UntilAsync(view, () => view.Questions.Count > 0);
        var list = new FlowListState(Get<IFlowStore>(), owner);
        await list.FindAsync("kept", Token);
        Assert.True(await list.RenameAsync(Assert.Single(list.Flows!), "Kept a while", Token));
        Assert.False(await list.DeleteAsync(Assert.Single(list.Flows!), Token));
        Assert.Equal("flow.has_runs", list.Error?.Code);

        Assert.True(await view.CancelAsync(Token));
        await UntilAsync(view, () => view.Status.IsEnded());
        Assert.True(await list.DeleteAsync(Assert.Single(list.Flows!), Token));
        Assert.Empty(list.Flows!);
        var reader = new FlowListState(Get<IFlowStore>(), new Caller(owner.Workspace, owner.User, RolePermissions.Of(Role.Viewer)));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => reader.CreateAsync("Mine", new FlowDefinition(), Token));
    }

    private static JsonElement Json(string json) => JsonElement.Parse(json);

    private async Task<RunId> RunAsync(Caller caller, string name, string definition, string who)
    {
        var state = State(caller);
        await state.LoadAsync((await CreateAsync(caller, definition, name)).Id, Token);
        var run = await state.RunAsync(null, new Dictionary<string, JsonElement> { ["name"] = JsonSerializer.SerializeToElement(who) }, [], Token);
        Assert.Null(state.Error);
        return run!.Value;
    }

    private static async Task UntilAsync(RunViewState view, Func<bool> isThere)
    {
        await view.RefreshAsync(Token);
        if (isThere())
        {
            return;
        }

        await foreach (var notice in view.FollowAsync(Token))
        {
            await view.ApplyAsync(notice, Token);
            await view.RefreshAsync(Token);
            if (isThere())
            {
                return;
            }
        }

        Assert.True(isThere(), "The run ended before.");
    }

    private TriggersState Triggers(Caller caller, Flow flow) => new(Get<IFlowTriggers>(), Get<IFlowVersions>(), caller, flow);
}
