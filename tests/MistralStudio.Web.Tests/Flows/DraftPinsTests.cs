using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Hosting;
using MistralStudio.Web.Features.Flows;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Features.FlowsApi;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>Outputs of past runs that are pinned in drafts, over the real stores and the real engine.</summary>
public sealed class DraftPinsTests(ApiStudio studio) : IClassFixture<ApiStudio>
{
    private const string Flow = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"greet","type":"template","config":{"template":"Hello {{ name }}"}},{"id":"size","type":"code","config":{"source":"return inputs.text.length;"}},{"id":"out","type":"output"}],
         "edges":[{"from":"start.name","to":"greet.name"},{"from":"greet.text","to":"size.text"},{"from":"greet.text","to":"out.text"},{"from":"size.value","to":"out.size"}],
         "inputs":[{"name":"name","type":"text","required":true}]}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhatIsPinned_IsTakenByRunsOfTheDraft_SeenByAllWhoEditIt_AndUnknownToVersions()
    {
        var (owner, state) = await OpenAsync();
        using var mine = state;
        using var theirs = State(owner);
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
        using var later = State(owner);
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

    private async Task<(Caller Owner, FlowState State)> OpenAsync()
    {
        using var started = studio.CreateClient();
        var account = (await Get<AccountStore>().FindDefaultOwnerAsync(Token))!;
        var owner = new Caller(account.Workspace, account.User, RolePermissions.Of(Role.Owner));
        var flow = (await new FlowListState(Get<IFlowStore>(), owner).CreateAsync($"Pinned {Guid.NewGuid():N}", FlowDefinitions.Read(Flow).Value, Token))!;
        var state = State(owner);
        Assert.True(await state.LoadAsync(flow.Id, Token));
        return (owner, state);
    }

    private FlowState State(Caller caller) => new(
        new FlowPageServices(Get<IFlowStore>(), Get<IFlowVersions>(), Get<FlowPlans>(), Get<FlowPublication>(), Get<FlowRuns>(), Get<IBlobStore>(), Get<FlowDrafts>(), Get<DraftPins>()), caller);

    private static Dictionary<string, JsonElement> Inputs(string name) => new() { ["name"] = JsonSerializer.SerializeToElement(name) };

    private async Task<RunId> RunAsync(FlowState state, string name, bool isPinned = true)
    {
        var run = await state.RunAsync(null, Inputs(name), [], Token, isPinned);
        Assert.Null(state.Error);
        await WaitAsync(null, run!.Value, state.Flow!.Workspace);
        return run.Value;
    }

    private async Task WaitAsync(Caller? caller, RunId run, WorkspaceId? workspace = null)
    {
        var ended = await Get<FlowRuns>().WaitAsync(workspace ?? caller!.Workspace, run, TimeSpan.FromMinutes(1), Token);
        Assert.Equal(RunStatus.Succeeded, ended.Value.Status);
    }

    private async Task<string> TextOfAsync(Caller owner, RunId run) => (await Get<FlowRuns>().WaitAsync(owner.Workspace, run, TimeSpan.FromMinutes(1), Token)).Value.Outputs["text"].Text;

    private async Task<List<RunEvent>> EventsOfAsync(RunId run)
    {
        var events = new List<RunEvent>();
        await foreach (var happened in Get<IFlowJournal>().ReadAsync(run, 0, Token))
        {
            events.Add(happened);
        }

        return events;
    }

    private T Get<T>()
        where T : notnull => studio.Services.GetRequiredService<T>();
}
