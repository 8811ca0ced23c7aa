using System.Text.Json;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Hosting;
using MistralStudio.Flows.Words;
using MistralStudio.Web.Features.Flows;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Features.Flows.FromWords;
using MistralStudio.Web.Features.FlowsApi;
using MistralStudio.Web.Hosting;
using MistralStudio.Web.Layout;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>Flows, their runs and their pages, over the real stores and the real engine.</summary>
public abstract class FlowTests : BunitContext, IClassFixture<ApiStudio>
{
    /// <summary>Says hello to a name, louder in a second step.</summary>
    protected const string TwoGreetings = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"greet","type":"template","config":{"template":"Hello {{ name }}"}},
                  {"id":"again","type":"template","config":{"template":"{{ text }}!"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.name","to":"greet.name"},{"from":"greet.text","to":"again.text"},{"from":"again.text","to":"answer.text"}],
         "inputs":[{"name":"name","type":"text","required":true},{"name":"often","type":"number"}]}
        """;

    private static readonly TimeSpan s_most = TimeSpan.FromMinutes(1);

    protected FlowTests(ApiStudio studio)
    {
        Studio = studio;
        using var started = studio.CreateClient();
        Services.AddLogging();
        Services.AddLocalization();
        Services.AddSingleton(TimeProvider.System);
        Share<NodeCatalog>();
        Share<FlowPlans>();
        Share<FlowRuns>();
        Share<IFlowStore>();
        Share<IFlowVersions>();
        Share<IRunStore>();
        Share<IFlowJournal>();
        Share<StudioOptions>();
        Share<RunDecisions>();
        Share<IBlobStore>();
        Share<FlowPublication>();
        Share<FlowDrafts>();
        Share<DraftPins>();
        Share<RunPageServices>();
        Services.AddSingleton(_ => Words);
        Share<OpenProposals>();
        Share<AccountStore>();
        Share<IKnowledgeStore>();
        Share<IModelRouter>();
        Share<IModelHost>();
        Services.AddScoped<PageConnection>();
        JSInterop.Mode = JSRuntimeMode.Loose;
        JSInterop.SetupModule(call => call.Arguments[0]?.ToString()?.EndsWith(".js", StringComparison.Ordinal) == true).Mode = JSRuntimeMode.Loose;
        Renderer.SetRendererInfo(new RendererInfo("Server", isInteractive: true));
    }

    protected static CancellationToken Token => Xunit.TestContext.Current.CancellationToken;

    protected ApiStudio Studio { get; }

    /// <summary>Who writes flows for components.</summary>
    protected virtual FlowWords Words => Get<FlowWords>();

    protected T Get<T>()
        where T : notnull => Studio.Services.GetRequiredService<T>();

    /// <summary>Gives components what the studio has.</summary>
    protected void Share<T>()
        where T : class => Services.AddSingleton(Get<T>());

    protected async Task<Caller> OwnerAsync()
    {
        var owner = (await Get<AccountStore>().FindDefaultOwnerAsync(Token))!;
        return new Caller(owner.Workspace, owner.User, RolePermissions.Of(Role.Owner));
    }

    /// <summary>Another member of the workspace.</summary>
    protected async Task<Caller> JoinAsync(string email, Role role = Role.Member)
    {
        var joined = await Studio.JoinAsync(email, role);
        return new Caller(joined.Workspace, joined.User, RolePermissions.Of(role));
    }

    /// <summary>A flow with a draft.</summary>
    protected async Task<Flow> CreateAsync(Caller caller, string definition, string? name = null) =>
        (await new FlowListState(Get<IFlowStore>(), caller).CreateAsync(name ?? $"Flow {Guid.NewGuid():N}", FlowDefinitions.Read(definition).Value, Token))!;

    /// <summary>Runs the draft of a flow until it has succeeded.</summary>
    protected async Task<RunId> RunAsync(Caller caller, Flow flow, object inputs)
    {
        var ran = await Get<FlowRuns>().RunAsync(Order(caller, flow, inputs), s_most, null, Token);
        Assert.Null(ran.Value.Error);
        Assert.Equal(RunStatus.Succeeded, ran.Value.Status);
        return ran.Value.Id;
    }

    /// <summary>Runs the draft of a flow until it waits for somebody.</summary>
    protected async Task<RunId> AskAsync(Caller caller, Flow flow, object inputs)
    {
        var ran = await Get<FlowRuns>().RunAsync(Order(caller, flow, inputs), s_most, null, Token);
        Assert.Equal(RunStatus.Suspended, ran.Value.Status);
        return ran.Value.Id;
    }

    /// <summary>Waits until a run has succeeded.</summary>
    protected async Task<RunResult> WaitAsync(Caller caller, RunId run)
    {
        var ended = await Get<FlowRuns>().WaitAsync(caller.Workspace, run, s_most, Token);
        Assert.Equal(RunStatus.Succeeded, ended.Value.Status);
        return ended.Value;
    }

    protected async Task<List<RunEvent>> EventsOfAsync(RunId run)
    {
        var events = new List<RunEvent>();
        await foreach (var happened in Get<IFlowJournal>().ReadAsync(run, 0, Token))
        {
            events.Add(happened);
        }

        return events;
    }

    /// <summary>What the page of a flow knows, alone, or with drafts that several have open.</summary>
    protected FlowState State(Caller caller, FlowDrafts? drafts = null) => new(
        new FlowPageServices(Get<IFlowStore>(), Get<IFlowVersions>(), Get<FlowPlans>(), Get<FlowPublication>(), Get<FlowRuns>(), Get<IBlobStore>(), drafts, Get<DraftPins>()), caller);

    /// <summary>The editor of a flow that was read.</summary>
    protected async Task<EditorState> EditAsync(Caller caller, Flow flow, FlowDrafts? drafts = null)
    {
        var editor = new EditorState(State(caller, drafts), new NodeCatalogView(Get<NodeCatalog>(), Services.GetRequiredService<IStringLocalizer<FlowPageWords>>()));
        Assert.True(await editor.Flow.LoadAsync(flow.Id, Token));
        return editor;
    }

    /// <summary>What the page of a run knows.</summary>
    protected RunViewState View(Caller caller) => new(Get<RunPageServices>(), caller);

    /// <summary>What the page of a run knows, once that was read.</summary>
    protected async Task<RunViewState> ViewAsync(Caller caller, RunId run)
    {
        var view = View(caller);
        Assert.True(await view.LoadAsync(run, Token));
        return view;
    }

    /// <summary>What the list of runs knows.</summary>
    protected RunListState Runs(Caller caller) => new(Get<IRunStore>(), Get<IFlowStore>(), Get<RunDecisions>(), Get<AccountStore>(), caller);

    private static RunOrder Order(Caller caller, Flow flow, object inputs) => new()
    {
        Workspace = caller.Workspace,
        Flow = flow.Id,
        Version = VersionChoice.Draft,
        By = caller.User,
        Inputs = JsonSerializer.SerializeToElement(inputs, FlowJson.Relaxed).EnumerateObject().ToDictionary(input => input.Name, input => input.Value),
    };
}
