using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Flows.Hosting;
using MistralStudio.Web.Features.Flows;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>Outputs of past runs that are pinned in drafts, over the real stores and the real engine.</summary>
public sealed class DraftPinsTests(ApiStudio studio) : FlowTests(studio)
{
    private const string Flow = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"greet","type":"template","config":{"template":"Hello {{ name }}"}},{"id":"size","type":"code","config":{"source":"return inputs.text.length;"}},{"id":"out","type":"output"}],
         "edges":[{"from":"start.name","to":"greet.name"},{"from":"greet.text","to":"size.text"},{"from":"greet.text","to":"out.text"},{"from":"size.value","to":"out.size"}],
         "inputs":[{"name":"name","type":"text","required":true}]}
        """;

    [Fact]
    public async Task WhatIsPinned_IsTakenByRunsOfTheDraft_SeenByAllWhoEditIt_AndUnknownToVersions()
    {
        var (owner, state) = await OpenAsync();
        using var mine = state;
        using var theirs = State(owner, Get<FlowDrafts>());
        Assert.True(await theirs.LoadAsync(mine.Flow!.Id, Token));
        var told = 0;
        theirs.Draft.Saved += () => told++;
        var past = await RunAsync(mine, "Ada");

        Assert.True(await mine.PinAsync("greet", past, "greet", Token));
        Assert.Equal(past, theirs.Draft.Pins["greet"].Run);
        Assert.Equal(1, told);
        Assert.True(new EditorState(theirs, new NodeCatalogView(Get<NodeCatalog>(), Get<Microsoft.Extensions.Localization.IStringLocalizer<FlowPageWords>>())).Find("greet")!.IsPinned);

        var pinned = await RunAsync(mine, "Bea");
        Assert.Equal("Hello Ada", await TextOfAsync(owner, pinned));
        Assert.Contains(await EventsOfAsync(pinned), happened => happened is NodeReused { Node: "greet", IsPinned: true });
        Assert.Equal("Hello Bea", await TextOfAsync(owner, await RunAsync(mine, "Bea", isPinned: false)));

        // No hash and no version knows of it, nor does a run of one, or a fork into one.
        Assert.True(await mine.PublishAsync("first", Token));
        var run = await mine.RunAsync(1, Inputs("Cy"), [], Token);
        await WaitAsync(owner, run!.Value);
        Assert.Equal("Hello Cy", await TextOfAsync(owner, run.Value));
        var fork = await Get<FlowRuns>().ForkAsync(
            new ForkOrder { Workspace = owner.Workspace, From = pinned, Version = VersionChoice.Of(1), By = owner.User!.Value, Inputs = new Dictionary<string, JsonElement>() }, Token);
        await WaitAsync(owner, fork.Value);
        Assert.Equal("Hello Bea", await TextOfAsync(owner, fork.Value));

        // Opened anew it is still there, until somebody takes it away.
        using var later = State(owner, Get<FlowDrafts>());
        await later.LoadAsync(mine.Flow.Id, Token);
        Assert.Equal("greet", Assert.Single(later.Pins).Key);
        await later.UnpinAsync("greet", Token);
        Assert.Empty(mine.Pins);
        Assert.Equal("Hello Dan", await TextOfAsync(owner, await RunAsync(mine, "Dan")));
    }

    [Fact]
    public async Task AForkFromAPinnedNode_RunsItForReal_AndTakesTheOtherPins()
    {
        var (owner, state) = await OpenAsync();
        using var mine = state;
        var past = await RunAsync(mine, "Ada");
        await mine.PinAsync("greet", past, "greet", Token);
        await mine.PinAsync("size", past, "size", Token);
        var pinned = await RunAsync(mine, "Beatrix");

        var fork = await Get<FlowRuns>().ForkAsync(new ForkOrder { Workspace = owner.Workspace, From = pinned, Node = "greet", By = owner.User!.Value }, Token);
        await WaitAsync(owner, fork.Value);

        Assert.Equal("Hello Beatrix", await TextOfAsync(owner, fork.Value));
        Assert.Equal(["size"], (await EventsOfAsync(fork.Value)).OfType<NodeReused>().Where(reused => reused.IsPinned).Select(reused => reused.Node));
    }

    [Fact]
    public async Task ATrial_IsFilledWithWhatPinnedNodesBring()
    {
        var (owner, state) = await OpenAsync();
        using var mine = state;
        await mine.PinAsync("greet", await RunAsync(mine, "Ada"), "greet", Token);
        using var trial = new TrialState(Get<FlowRuns>(), Get<IRunStore>(), owner);
        trial.Show(mine.Look!, "size");

        Assert.True(await trial.TakePinsAsync(mine.Draft.Pins, Token));
        Assert.Equal("Hello Ada", Assert.Single(trial.Fields).Text);
        trial.Fields[0].Text = "mine";
        Assert.False(await trial.TakePinsAsync(mine.Draft.Pins, Token));
        Assert.Equal("mine", trial.Fields[0].Text);
        await trial.TryAsync(mine.Flow!.Id, mine.Draft.Definition);
        Assert.Equal("4", trial.Outputs["value"].Text);
    }

    [Fact]
    public async Task OnlyWhoEdits_Pins_AndOnlyWhatTheFlowsOwnRunsGave()
    {
        var (owner, state) = await OpenAsync();
        using var mine = state;
        var (_, other) = await OpenAsync();
        using var another = other;
        var (past, strange) = (await RunAsync(mine, "Ada"), await RunAsync(another, "Ada"));

        Assert.False(await mine.PinAsync("greet", RunId.New(), "greet", Token));
        Assert.Equal("run.not_found", mine.Error!.Code);
        Assert.False(await mine.PinAsync("nothing", past, "nothing", Token));
        Assert.Equal("pin.nothing", mine.Error!.Code);

        Assert.False(await mine.PinAsync("greet", strange, "greet", Token));
        Assert.Equal("run.not_found", mine.Error!.Code);
        Assert.Empty(mine.Draft.Pins);

        var member = new Caller(owner.Workspace, owner.User, RolePermissions.Of(Role.Member));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Get<DraftPins>().PinAsync(member, mine.Flow!.Id, past, "greet", "greet", Token));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => Get<DraftPins>().UnpinAsync(member, mine.Flow!.Id, "greet", Token));
    }

    [Fact]
    public async Task ANodeThatIsCalledOtherwise_KeepsItsPin_AlsoWhenThatIsUndone_AndWhenItIsOpenedAnew()
    {
        var (owner, state) = await OpenAsync();
        using var mine = state;
        using var theirs = State(owner, Get<FlowDrafts>());
        await theirs.LoadAsync(mine.Flow!.Id, Token);
        var past = await RunAsync(mine, "Ada");
        await mine.PinAsync("greet", past, "greet", Token);

        Assert.True(await mine.DoAsync(new SetId("greet", "hello"), Token));
        Assert.Equal("hello", Assert.Single(mine.Pins).Key);
        Assert.Equal("hello", Assert.Single(theirs.Pins).Key);
        Assert.Equal("greet", mine.Pins["hello"].Instance);
        Assert.True(await mine.SaveAsync(Token));
        Assert.Equal("Hello Ada", await TextOfAsync(owner, await RunAsync(mine, "Bea")));
        Assert.Equal("hello", Assert.Single(await Get<DraftPins>().ListAsync(owner.Workspace, mine.Flow.Id, Token)).Key);

        // What the past run calls it is no node of the draft any more.
        var view = await ViewAsync(owner, past);
        Assert.False(await view.PinAsync(view.Nodes.Single(node => node.Path == "greet"), Token));
        Assert.Equal("pin.not_in_draft", view.Error!.Code);

        // In its source, too.
        await mine.EditAsync(mine.Text.Replace("hello", "welcome", StringComparison.Ordinal), Token);
        Assert.Equal("welcome", Assert.Single(mine.Pins).Key);

        await mine.UndoAsync(Token);
        await mine.UndoAsync(Token);
        Assert.Equal("greet", Assert.Single(mine.Pins).Key);
        Assert.Equal("greet", Assert.Single(await Get<DraftPins>().ListAsync(owner.Workspace, mine.Flow.Id, Token)).Key);
    }

    [Fact]
    public async Task APin_FollowsItsNodeIntoAContainer_AndOutOfIt()
    {
        var (owner, state) = await OpenAsync();
        using var mine = state;
        var past = await RunAsync(mine, "Ada");
        await mine.PinAsync("greet", past, "greet", Token);
        await mine.DoAsync(new AddParts("", [new FlowNode("each", "for-each") { Body = new FlowBody() }], []), Token);

        await mine.DoAsync(new MoveInto("each", [new PlacedPart("greet", new FlowPosition(8, 16))]), Token);
        Assert.Equal(("each/greet", "greet"), (Assert.Single(mine.Pins).Key, mine.Pins["each/greet"].Instance));
        Assert.Equal("each/greet", Assert.Single(await Get<DraftPins>().ListAsync(owner.Workspace, mine.Flow!.Id, Token)).Key);

        await mine.DoAsync(new MoveInto("", [new PlacedPart("each/greet", new FlowPosition(240, 0))]), Token);
        Assert.Equal("greet", Assert.Single(mine.Pins).Key);
        await mine.UndoAsync(Token);
        Assert.Equal("each/greet", Assert.Single(await Get<DraftPins>().ListAsync(owner.Workspace, mine.Flow.Id, Token)).Key);
    }

    [Fact]
    public async Task WhatIsInsideAContainerThatIsCalledOtherwise_KeepsItsPins_AndAPinLeftUnderTheNameGivesWay()
    {
        var owner = await OwnerAsync();
        var (flow, other) = (await CreateAsync(owner, Flow), await CreateAsync(owner, Flow));
        var (run, strange) = (await RunAsync(owner, flow, new { name = "Ada" }), await RunAsync(owner, other, new { name = "Ada" }));
        var pins = Get<IFlowPins>();
        foreach (var node in new[] { "each", "each/draft", "eachother", "all/draft" })
        {
            Assert.True(await pins.PinAsync(owner.Workspace, flow.Id, node, new FlowPin(run, node), Token));
        }

        Assert.True(await pins.PinAsync(owner.Workspace, other.Id, "each", new FlowPin(strange, "each"), Token));
        await pins.RenameAsync(WorkspaceId.New(), flow.Id, "each", "all", Token);
        Assert.Equal(4, (await pins.ListAsync(owner.Workspace, flow.Id, Token)).Count);

        await pins.RenameAsync(owner.Workspace, flow.Id, "each", "all", Token);

        var now = await pins.ListAsync(owner.Workspace, flow.Id, Token);
        Assert.Equal(["all", "all/draft", "eachother"], now.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("each/draft", now["all/draft"].Instance);
        Assert.Equal("each", Assert.Single(await pins.ListAsync(owner.Workspace, other.Id, Token)).Key);
    }

    [Fact]
    public async Task ThePageOfARun_SaysWhatWasPinnedInIt()
    {
        var (owner, state) = await OpenAsync();
        using var mine = state;
        var past = await RunAsync(mine, "Ada");
        await mine.PinAsync("greet", past, "greet", Token);
        var run = await RunAsync(mine, "Bea");

        var view = await ViewAsync(owner, run);

        Assert.Equal(("greet", past), (Assert.Single(view.Pins).Key, view.Pins["greet"].Run));
        Assert.True(view.Nodes.Single(node => node.Path == "greet").IsPinned);
        Assert.Empty((await ViewAsync(owner, past)).Pins);
    }

    private async Task<(Caller Owner, FlowState State)> OpenAsync()
    {
        var owner = await OwnerAsync();
        var state = State(owner, Get<FlowDrafts>());
        Assert.True(await state.LoadAsync((await CreateAsync(owner, Flow)).Id, Token));
        return (owner, state);
    }

    private static Dictionary<string, JsonElement> Inputs(string name) => new() { ["name"] = JsonSerializer.SerializeToElement(name) };

    private async Task<RunId> RunAsync(FlowState state, string name, bool isPinned = true)
    {
        var run = await state.RunAsync(null, Inputs(name), [], Token, isPinned);
        Assert.Null(state.Error);
        await WaitAsync(await OwnerAsync(), run!.Value);
        return run.Value;
    }

    private async Task<string> TextOfAsync(Caller owner, RunId run) => (await WaitAsync(owner, run)).Outputs["text"].Text;
}
