using Bunit;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>In which order the canvas hears of things.</summary>
public sealed class FlowCanvasTests(ApiStudio studio) : FlowTests(studio)
{
    private const string Two = """{"schema":"mistralstudio.flow/1","nodes":[{"id":"start","type":"start"},{"id":"greet","type":"template"}],"edges":[]}""";

    [Fact]
    public async Task ACardThatJustCame_IsChosenAfterTheCanvasHasIt_HoweverSlowTheCanvasIs()
    {
        var owner = await OwnerAsync();
        var editor = await EditAsync(owner, await CreateAsync(owner, Two));
        var canvas = JSInterop.SetupModule(call => call.Arguments[0]?.ToString()?.EndsWith(".js", StringComparison.Ordinal) == true).SetupModule("mount", _ => true);
        canvas.Mode = JSRuntimeMode.Loose;
        var slow = canvas.Setup<bool>("apply", _ => true);
        var shown = Render<FlowCanvas>(set => With(set, editor.Cards.Take(1)));

        shown.Render(set => With(set, editor.Cards));
        var chosen = shown.InvokeAsync(() => shown.Instance.FocusAsync("greet"));
        Assert.Equal(["apply"], canvas.Invocations.Select(call => call.Identifier));
        slow.SetResult(true);
        await chosen;

        Assert.Equal(["apply", "apply", "focus"], canvas.Invocations.Select(call => call.Identifier));
        Assert.Equal("greet", Assert.Single(((WirePatch)canvas.Invocations["apply"][1].Arguments[0]!).Nodes).Id);

        void With(ComponentParameterCollectionBuilder<FlowCanvas> set, IEnumerable<CardModel> cards) => set
            .Add(one => one.Cards, [.. cards]).Add(one => one.Edges, []).Add(one => one.Name, "Two").Add(one => one.TitleOf, editor.TitleOf).Add(one => one.KindOf, card => card.Node.Type)
            .Add(one => one.OnAct, (_, _, _) => Task.FromResult<object?>(null));
    }
}
