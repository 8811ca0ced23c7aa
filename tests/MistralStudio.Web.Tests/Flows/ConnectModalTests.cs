using Bunit;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
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

/// <summary>Wires are drawn, taken off and put on somewhere else by keys alone.</summary>
public sealed class ConnectModalTests : BunitContext, IClassFixture<ApiStudio>
{
    private const string Two = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"first","type":"template","config":{"template":"Hello"}},{"id":"second","type":"template","config":{"template":"Hello"}}],
         "edges":[{"from":"start.name","to":"first.name"}],
         "inputs":[{"name":"name","type":"text"}]}
        """;

    private readonly ApiStudio _studio;

    public ConnectModalTests(ApiStudio studio)
    {
        _studio = studio;
        using var started = studio.CreateClient();
        Services.AddLogging();
        Services.AddLocalization();
        JSInterop.Mode = JSRuntimeMode.Loose;
        JSInterop.SetupModule(call => call.Arguments[0]?.ToString()?.EndsWith(".js", StringComparison.Ordinal) == true).Mode = JSRuntimeMode.Loose;
    }

    private static CancellationToken Token => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task AWire_IsTakenOff_AndPutOnSomewhereElse_InOneDialog()
    {
        var editor = await OpenAsync();
        var isClosed = false;
        var dialog = Render<ConnectModal>(set => set.Add(one => one.State, editor).Add(one => one.Path, "start").Add(one => one.OnClose, () => isClosed = true));
        Assert.Equal("Connect", Act(dialog));

        // The first row is the wire that is there; the dialog begins at what could be one.
        await KeyAsync(dialog, "ArrowUp", 10);
        Assert.Equal("Disconnect", Act(dialog));
        await KeyAsync(dialog, "Enter");
        Assert.Empty(editor.Flow.Draft.Definition.Edges);
        Assert.False(isClosed);

        await KeyAsync(dialog, "ArrowDown", 10);
        await KeyAsync(dialog, "Enter");
        Assert.Equal(new FlowEdge("start.name", "second.name"), Assert.Single(editor.Flow.Draft.Definition.Edges));
        Assert.True(isClosed);

        await editor.StepAsync(back: true, Token);
        await editor.StepAsync(back: true, Token);
        Assert.Equal(new FlowEdge("start.name", "first.name"), Assert.Single(editor.Flow.Draft.Definition.Edges));
    }

    private static string Act(IRenderedComponent<ConnectModal> dialog) => dialog.Find(".connect-foot > button:last-child").TextContent.TrimEnd('↵');

    private static async Task KeyAsync(IRenderedComponent<ConnectModal> dialog, string key, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            await dialog.Find("input[type=search]").KeyDownAsync(new KeyboardEventArgs { Key = key });
        }
    }

    private async Task<EditorState> OpenAsync()
    {
        var found = (await Get<AccountStore>().FindDefaultOwnerAsync(Token))!;
        var owner = new Caller(found.Workspace, found.User, RolePermissions.Of(Role.Owner));
        var flow = (await Get<IFlowStore>().CreateAsync(owner.Workspace, "Wires", Two, found.User, Token)).Value;
        var services = new FlowPageServices(Get<IFlowStore>(), Get<IFlowVersions>(), Get<FlowPlans>(), Get<FlowPublication>(), Get<FlowRuns>(), Get<IBlobStore>());
        var editor = new EditorState(new FlowState(services, owner), new NodeCatalogView(Get<NodeCatalog>(), Get<IStringLocalizer<FlowPageWords>>()));
        Assert.True(await editor.Flow.LoadAsync(flow.Id, Token));
        return editor;
    }

    private T Get<T>()
        where T : notnull => _studio.Services.GetRequiredService<T>();
}
