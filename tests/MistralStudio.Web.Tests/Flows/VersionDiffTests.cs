using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Flows.Engine;
using MistralStudio.Web.Features.Flows.Changes;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>Two definitions on one canvas, and beside it in words.</summary>
public sealed class VersionDiffTests : BunitContext, IClassFixture<ApiStudio>
{
    private static readonly FlowDefinition s_before = FlowDefinitions.Read("""
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"draft","type":"template","title":"The draft","config":{"template":"Dear {{ q }},\nthank you.\nBye"},"policy":{"timeout":"00:02:00"}},{"id":"old","type":"for-each","config":{},"body":{"nodes":[{"id":"inside","type":"template","config":{"template":"x"}}],"edges":[]}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.q","to":"draft.q"},{"from":"draft.text","to":"answer.text"}],"inputs":[{"name":"q","type":"text"}]}
        """).Value;

    private static readonly FlowDefinition s_after = FlowDefinitions.Read("""
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"draft","type":"template","title":"The draft","config":{"template":"Dear {{ q }},\nmany thanks.\nBye"},"policy":{"timeout":"00:01:30"}},{"id":"new","type":"template","config":{"template":"{{ text }}"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.q","to":"draft.q"},{"from":"draft.text","to":"new.text"},{"from":"new.text","to":"answer.text"}],"inputs":[{"name":"q","type":"text"}]}
        """).Value;

    private readonly ApiStudio _studio;

    public VersionDiffTests(ApiStudio studio)
    {
        _studio = studio;
        using var started = studio.CreateClient();
        Services.AddLogging();
        Services.AddLocalization();
        Services.AddSingleton(TimeProvider.System);
        Services.AddSingleton(studio.Services.GetRequiredService<NodeCatalog>());
        Services.AddSingleton(studio.Services.GetRequiredService<FlowPlans>());
        JSInterop.Mode = JSRuntimeMode.Loose;
        JSInterop.SetupModule(call => call.Arguments[0]?.ToString()?.Contains("canvas.js", StringComparison.Ordinal) == true).Mode = JSRuntimeMode.Loose;
        Renderer.SetRendererInfo(new Microsoft.AspNetCore.Components.RendererInfo("Server", isInteractive: true));
    }

    [Fact]
    public void Cards_SayWhatCame_WhatWent_AndWhatIsDifferent()
    {
        var view = Render<GhostCanvas>(set => set.Add(one => one.Before, s_before).Add(one => one.After, s_after).Add(one => one.Name, "Letters").AddCascadingValue(Scopes.Owner));

        Assert.Equal(
            ["answer -", "draft changed", "new added", "old removed", "old/inside removed", "start -"],
            view.FindAll(".world > .node").Select(card => $"{card.GetAttribute("data-id")} {card.QuerySelector(".delta")?.ClassName!.Split(' ')[1] ?? "-"}").Order(StringComparer.Ordinal));

        view.FindAll(".seg button")[0].Click();
        Assert.DoesNotContain(view.FindAll(".world > .node"), card => card.GetAttribute("data-id") == "new");
        view.FindAll(".seg button")[2].Click();
        Assert.DoesNotContain(view.FindAll(".world > .node"), card => card.GetAttribute("data-id") == "old");
        Assert.Equal("true", view.FindAll(".seg button")[2].GetAttribute("aria-pressed"));
    }

    [Fact]
    public void Wires_ThatComeAndGo_AreDrawnAsSuch()
    {
        var ghosts = Ghosts.Of(s_before, s_after);
        var look = FlowLook.At(new MistralStudio.Flows.Compilation.FlowCompiler(_studio.Services.GetRequiredService<NodeCatalog>()), Ghosts.Drawn(s_before, s_after, GhostView.Both));

        Assert.Equal(
            ["draft.text > answer.text removed", "draft.text > new.text added", "new.text > answer.text added", "start.q > draft.q "],
            CanvasWire.EdgesOf(look, path => path, ghosts.MarkOf).Select(edge => $"{edge.From}.{edge.FromPort} > {edge.To}.{edge.ToPort} {edge.State}").Order(StringComparer.Ordinal));
        Assert.All(look.Definition.Nodes, node => Assert.NotNull(node.Position));
    }

    [Fact]
    public void EachChange_IsToldInWords_AndTextsLineByLine()
    {
        var view = Render<VersionDiff>(set => set.Add(one => one.Before, s_before).Add(one => one.After, s_after).Add(one => one.Name, "Letters").AddCascadingValue(Scopes.Owner));
        Assert.Equal(
            ["for-each", "The draft", "template", "draft.text → answer.text", "draft.text → new.text", "new.text → answer.text"],
            view.FindAll(".changes b").Select(name => name.TextContent).Select(name => name switch { "For each" => "for-each", "Write text" => "template", _ => name }));

        view.FindAll("button.part-main")[1].Click();

        Assert.Equal("thank you.", view.Find(".change-fields .gone code").TextContent);
        Assert.Equal("many thanks.", view.Find(".change-fields .come code").TextContent);
        Assert.Equal(("Time limit", "2 min", "90 s"), (view.FindAll(".change-fields dt")[1].TextContent, view.Find(".change-fields dd > del").TextContent, view.Find(".change-fields dd > ins").TextContent));
    }

    [Fact]
    public void TheSame_IsSaid()
    {
        var view = Render<VersionDiff>(set => set.Add(one => one.Before, s_before).Add(one => one.After, s_before).Add(one => one.Name, "Letters").AddCascadingValue(Scopes.Owner));

        Assert.Equal("Both do the same.", view.Find("p").TextContent);
    }
}
