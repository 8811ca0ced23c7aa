using Bunit;
using Microsoft.AspNetCore.Components.Web;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>Wires are drawn, taken off and put on somewhere else by keys alone.</summary>
public sealed class ConnectModalTests(ApiStudio studio) : FlowTests(studio)
{
    private const string Two = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"first","type":"template","config":{"template":"Hello"}},{"id":"second","type":"template","config":{"template":"Hello"}}],
         "edges":[{"from":"start.name","to":"first.name"}],
         "inputs":[{"name":"name","type":"text"}]}
        """;

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

    [Fact]
    public async Task AStartWithoutInputs_SaysHowItComesToGiveSomething_AndNothingOfOtherSteps()
    {
        var editor = await OpenAsync();
        await editor.DoAsync(new RemoveParts([], [new EdgePlace("", new FlowEdge("start.name", "first.name"))], []), Token);
        await editor.DoAsync(new SetInputs([]), Token);

        var dialog = Render<ConnectModal>(set => set.Add(one => one.State, editor).Add(one => one.Path, "start"));

        Assert.Contains("add an input in its settings first", dialog.Find(".connect").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("no other step", dialog.Find(".connect").TextContent, StringComparison.Ordinal);
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
        var owner = await OwnerAsync();
        return await EditAsync(owner, await CreateAsync(owner, Two));
    }
}
