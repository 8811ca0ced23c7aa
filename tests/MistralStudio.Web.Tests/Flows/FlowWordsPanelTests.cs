using Bunit;
using MistralStudio.Core.Security;
using MistralStudio.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Words;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Features.Flows.FromWords;
using MistralStudio.Web.Tests.Api;
using MistralStudio.Web.Tests.Playground.Help;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>A flow that is changed by saying what one wants, over the real stores and the real compiler; the model says what a test wrote.</summary>
public sealed class FlowWordsPanelTests(ApiStudio studio) : FlowTests(studio)
{
    private const string Greeting = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start","position":{"x":0,"y":0}},{"id":"greet","type":"template","title":"Greet","config":{"template":"Hello {{ name }}"},"position":{"x":240,"y":0}},{"id":"answer","type":"answer","position":{"x":480,"y":0}}],
         "edges":[{"from":"start.name","to":"greet.name"},{"from":"greet.text","to":"answer.text"}],
         "inputs":[{"name":"name","type":"text","required":true}]}
        """;

    private const string Patch = """
        {"summary":"Greets loudly, and counts.",
         "set":[{"node":{"id":"greet","type":"template","title":"Greet","config":{"template":"HELLO {{ name }}"}}},{"node":{"id":"loud","type":"template","title":"Louder","config":{"template":"{{ text }}!"}}}],
         "removeEdges":[{"from":"greet.text","to":"answer.text"}],
         "addEdges":[{"from":"greet.text","to":"loud.text"},{"from":"loud.text","to":"answer.text"}]}
        """;

    private readonly ScriptedWriter _writer = new();
    private Caller? _owner;
    private string? _shown;

    protected override FlowWords Words => field ??= new FlowWords(Get<NodeCatalog>(), Get<FlowPlans>(), _writer);

    [Fact]
    public async Task AnInstruction_IsProposedInParts_AndWhatIsNotRefusedIsOneStep()
    {
        var (editor, words) = await OpenAsync(Greeting);
        _writer.Says(Patch);
        var panel = Panel(editor, words);
        panel.Find("textarea").Input("Grüße lauter");
        await panel.Find("[data-ask-words]").ClickAsync(new());

        Assert.Contains("Grüße lauter", _writer.Tasks[0].Turns[0].Text, StringComparison.Ordinal);
        Assert.Contains("Greets loudly, and counts.", panel.Markup, StringComparison.Ordinal);
        Assert.Equal(["Greet", "Louder"], panel.FindAll(".part-main b").Select(name => name.TextContent));
        Assert.Equal(["changed", "added"], panel.FindAll(".parts .delta").Select(mark => mark.ClassName!.Split(' ')[1]));
        Assert.Contains("Hello", editor.Flow.Text, StringComparison.Ordinal);

        // What is different inside of it is shown where it is looked at, and the canvas brings it into view.
        await panel.Find("[data-part='Node:greet']").ClickAsync(new());
        Assert.Equal("greet", _shown);
        Assert.Equal(("Hello {{ name }}", "HELLO {{ name }}"), (panel.Find(".change-fields del").TextContent, panel.Find(".change-fields ins").TextContent));

        // By keys, one by one.
        await panel.FindAll(".parts > li")[0].KeyDownAsync(new Microsoft.AspNetCore.Components.Web.KeyboardEventArgs { Key = "n" });
        Assert.Equal("true", panel.Find("[aria-label='Refuse Greet']").GetAttribute("aria-pressed"));
        Assert.Equal("Hello {{ name }}", TemplateOf(words.After!, "greet"));
        Assert.Contains(new FlowEdge("loud.text", "answer.text"), words.After!.Edges);
        Assert.Contains("1 of 2", panel.Find("[data-accept]").TextContent, StringComparison.Ordinal);
        await panel.Find("[data-accept]").ClickAsync(new());

        Assert.Empty(editor.Flow.Problems);
        Assert.Equal(["start", "greet", "answer", "loud"], editor.Flow.Draft.Definition.Nodes.Select(node => node.Id));
        Assert.Equal("Hello {{ name }}", TemplateOf(editor.Flow.Draft.Definition, "greet"));
        Assert.Null(words.Proposal);
        Assert.Equal("loud", editor.TakeArrived());
        Assert.Equal("Words", editor.Flow.Draft.NextOf(editor.Flow).Undo);
        await editor.StepAsync(back: true, Token);
        Assert.Equal(FlowDefinitions.Hash(FlowDefinitions.Read(Greeting).Value), FlowDefinitions.Hash(editor.Flow.Draft.Definition));
    }

    [Fact]
    public async Task ARefusedProposal_ChangesNothing()
    {
        var (editor, words) = await OpenAsync(Greeting);
        _writer.Says(Patch);
        var panel = Panel(editor, words);
        panel.Find("textarea").Input("louder");
        await panel.Find("textarea").KeyDownAsync(new Microsoft.AspNetCore.Components.Web.KeyboardEventArgs { Key = "Enter", CtrlKey = true });
        Assert.NotNull(words.Proposal);

        await panel.Find("[data-refuse]").ClickAsync(new());

        Assert.Null(words.After);
        Assert.False(editor.Flow.IsDirty);
        Assert.Equal("louder", words.Text);
        JSInterop.VerifyFocusAsyncInvoke();
        Assert.Single(panel.FindAll("[data-ask-words]"));
    }

    [Fact]
    public async Task WhatSomebodyDidWhileItWasLookedAt_Stays()
    {
        var (editor, words) = await OpenAsync(Greeting);
        _writer.Says(Patch);
        words.Text = "louder";
        await words.AskAsync(editor.Flow.Draft.Definition);
        await editor.DoAsync(new MistralStudio.Flows.Editing.SetTitle("answer", "Named meanwhile"), Token);

        var panel = Panel(editor, words);
        await panel.Find("[data-accept]").ClickAsync(new());

        Assert.Equal("Named meanwhile", editor.TitleOf("answer"));
        Assert.Equal("HELLO {{ name }}", TemplateOf(editor.Flow.Draft.Definition, "greet"));
        Assert.Empty(editor.Flow.Problems);
    }

    [Fact]
    public async Task AProposal_IsThereAgain_WhenThePageIsLoadedAgain_UntilSomebodyDecides()
    {
        var (editor, words) = await OpenAsync(Greeting);
        var (open, flow) = (new OpenProposals(TimeProvider.System), editor.Flow.Flow!.Id);
        words.OnKeep = (_, proposal) => open.Keep(_owner!, flow, proposal);
        _writer.Says(Patch);
        words.Text = "Louder";
        await words.AskAsync(editor.Flow.Draft.Definition);
        words.Decide("Node:greet", isAccepted: false);

        // The page goes, and another comes; somebody else sees nothing of it.
        words.Dispose();
        var kept = open.Find(_owner!, flow);
        Assert.Null(open.Find(_owner! with { User = Core.Ids.UserId.New() }, flow));
        var again = new WordsState(Words, _owner!, TimeProvider.System);
        again.Restore(kept!);
        var panel = Panel(editor, again);
        Assert.Contains("Greets loudly, and counts.", panel.Markup, StringComparison.Ordinal);
        Assert.Equal("true", panel.Find("[aria-label='Refuse Greet']").GetAttribute("aria-pressed"));
        Assert.Equal(("Louder", words.Open), (again.Text, again.Open));

        again.OnKeep = (_, proposal) => open.Keep(_owner!, flow, proposal);
        await panel.Find("[data-accept]").ClickAsync(new());
        Assert.Null(open.Find(_owner!, flow));
        Assert.Equal("Hello {{ name }}", TemplateOf(editor.Flow.Draft.Definition, "greet"));
        Assert.Contains(editor.Flow.Draft.Definition.Nodes, node => node.Id == "loud");
    }

    [Fact]
    public async Task OfManyProposals_TheNewestAreKept_ForADay()
    {
        var (editor, words) = await OpenAsync(Greeting);
        _writer.Says(Patch);
        words.Text = "Louder";
        await words.AskAsync(editor.Flow.Draft.Definition);
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var open = new OpenProposals(clock);
        var flows = Enumerable.Range(0, OpenProposals.MostKept + 1).Select(_ => Core.Ids.FlowId.New()).ToList();
        foreach (var flow in flows)
        {
            open.Keep(_owner!, flow, words.Kept);
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Null(open.Find(_owner!, flows[0]));
        Assert.NotNull(open.Find(_owner!, flows[1]));
        clock.Advance(OpenProposals.Longest);
        Assert.Null(open.Find(_owner!, flows[^1]));
    }

    [Fact]
    public async Task Stop_EndsTheWriting()
    {
        var (editor, words) = await OpenAsync(Greeting);
        var going = _writer.Waits("{\"summary\"");
        var panel = Panel(editor, words);
        panel.Find("textarea").Input("louder");
        var asking = panel.Find("[data-ask-words]").ClickAsync(new());
        panel.WaitForElement("[data-stop-words]");
        Assert.Equal(10, words.Written);

        await panel.Find("[data-stop-words]").ClickAsync(new());
        await asking;

        Assert.True(going.IsCancellationRequested());
        Assert.False(words.IsBusy);
        Assert.Null(words.Error);
        Assert.Empty(panel.FindAll("[data-stop-words]"));
        Assert.Single(panel.FindAll("[data-ask-words]"));
    }

    [Fact]
    public async Task WhatTheModelCannotDo_IsASentence_WithTheWayToAnotherModel()
    {
        var (editor, words) = await OpenAsync("""{"schema":"mistralstudio.flow/1"}""");
        _writer.Says("I am sorry.");
        _writer.Says("I am sorry.");
        _writer.Says("I am very sorry.");
        _writer.Says("I am very, very sorry.");
        var panel = Panel(editor, words);
        panel.Find("textarea").Input("a flow that greets");
        await panel.Find("[data-ask-words]").ClickAsync(new());

        Assert.Equal("words.no_draft", words.Error?.Code);
        Assert.Contains("The model did not write a flow", panel.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Equal("/w/contracts/models", panel.Find("[role=alert] a").GetAttribute("href"));
        Assert.False(words.IsBusy);
    }

    [Fact]
    public async Task AnEmptyFlow_IsWrittenWhole()
    {
        var (editor, words) = await OpenAsync("""{"schema":"mistralstudio.flow/1","notes":[{"text":"Mine."}]}""");
        _writer.Says(Greeting);
        words.Text = "greet";
        await words.AskAsync(editor.Flow.Draft.Definition);

        Assert.Equal(4, words.Merge!.Parts.Count);
        Assert.Equal("Mine.", Assert.Single(words.After!.Notes).Text);
        Assert.Equal(3, words.After.Nodes.Count);
    }

    [Fact]
    public async Task AFlow_IsExplainedInTheReadersLanguage_AndWhatAModelWritesIsNoMarkup()
    {
        var (editor, words) = await OpenAsync(Greeting);
        _writer.Says("It **greets** <img src=x onerror=alert(1)>.");
        var panel = Panel(editor, words);

        await panel.Find("[data-explain]").ClickAsync(new());

        Assert.Equal("greets", panel.Find(".explain strong").TextContent);
        Assert.DoesNotContain("onerror=", panel.Find(".explain .read").InnerHtml.Replace("&lt;img src=x onerror=", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Empty(panel.FindAll(".explain img"));
    }

    [Fact]
    public void WhoMayNotWriteFlows_OrUseModels_IsNotOffered()
    {
        Assert.True(WordsState.Allows(new Caller(Scopes.Owner.Caller.Workspace, Scopes.Owner.Caller.User, RolePermissions.Of(Role.Owner))));
        Assert.False(WordsState.Allows(new Caller(Scopes.Owner.Caller.Workspace, Scopes.Owner.Caller.User, RolePermissions.Of(Role.Viewer))));
    }

    private static string TemplateOf(FlowDefinition definition, string node) => definition.Nodes.Single(one => one.Id == node).Config!.Value.GetProperty("template").GetString()!;

    private IRenderedComponent<WordsPanel> Panel(EditorState editor, WordsState words) => Render<WordsPanel>(set => set
        .Add(one => one.State, editor).Add(one => one.Words, words).Add(one => one.OnShow, path => _shown = path)
        .AddCascadingValue(Scopes.Of(_owner!.Workspace, _owner.User!.Value, Role.Owner)));

    private async Task<(EditorState Editor, WordsState Words)> OpenAsync(string definition)
    {
        _owner = await OwnerAsync();
        var editor = await EditAsync(_owner, await CreateAsync(_owner, definition));
        return (editor, new WordsState(Words, _owner, TimeProvider.System));
    }
}
