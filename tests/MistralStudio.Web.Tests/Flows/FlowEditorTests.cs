using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Flows.Gallery;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Features.FlowsApi;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>What the canvas and the outline know and do, over the real stores and the real compiler.</summary>
public sealed class FlowEditorTests(ApiStudio studio) : FlowTests(studio)
{
    private Caller? _owner;
    private int _number = 100;

    [Fact]
    public async Task AFlow_IsBuiltByGestures_AndRuns()
    {
        var editor = await OpenAsync("Built");
        var actions = new EditorActions(editor, new Page());
        await Act(actions, 1, "Drop", """{"type":"start","scope":"","x":0,"y":0}""");
        await editor.DoAsync(new SetInputs([new FlowInput("name", PortType.Text) { Required = true }]), Token);
        await Act(actions, 2, "AddAfter", """{"scope":"","x":240,"y":10,"own":{"node":"start","port":"name"}}""");
        Assert.Equal(("start", "name"), editor.Adding!.From);
        await editor.AddAsync("template", editor.Adding, Token);
        await editor.SetAsync("template", "/template", JsonSerializer.SerializeToElement("Hello {{ start.name }}!"), Token);
        await Act(actions, 3, "Drop", """{"type":"answer","scope":"","x":480,"y":0}""");
        await Act(actions, 4, "Connect", """{"scope":"","forward":true,"own":{"node":"template","port":"text"},"other":{"node":"answer","port":null},"instead":null}""");

        Assert.Empty(editor.Flow.Problems);
        Assert.Equal([new FlowEdge("start.name", "template.name"), new FlowEdge("template.text", "answer.text")], editor.Flow.Draft.Definition.Edges);
        Assert.Equal(new FlowPosition(240, 16), editor.Find("template")!.Node.Position);
        Assert.True(await editor.Flow.SaveAsync(Token));
        Assert.NotNull(await editor.Flow.RunAsync(null, new Dictionary<string, JsonElement> { ["name"] = JsonSerializer.SerializeToElement("Bo") }, [], Token));
    }

    [Theory]
    [InlineData("llm", "llm.code")]
    [InlineData("extract", "extract.text")]
    [InlineData("knowledge-search", "knowledge-search.query")]
    public async Task AWireOntoACard_TakesThePortThatIsMeant(string type, string port)
    {
        var editor = await OpenAsync("Meant");
        var actions = new EditorActions(editor, new Page());
        await Act(actions, 1, "Drop", """{"type":"code","scope":"","x":0,"y":0}""");
        await Act(actions, 2, "Drop", $$"""{"type":"{{type}}","scope":"","x":240,"y":0}""");
        await Act(actions, 3, "Connect", $$"""{"scope":"","forward":true,"own":{"node":"code","port":"value"},"other":{"node":"{{type}}","port":null},"instead":null}""");

        Assert.Equal(new FlowEdge("code.value", port), Assert.Single(editor.Flow.Draft.Definition.Edges));
    }

    [Fact]
    public async Task ANodeOfATypeThatIsGone_StaysAsItIs_AndCanBeNamedMovedAndRemoved()
    {
        var editor = await OpenAsync("Gone", FlowDefinitions.Read("""
            {"schema":"mistralstudio.flow/1","nodes":[{"id":"start","type":"start"},{"id":"old","type":"gone-type","config":{"kept":"as it is"}}],"edges":[{"from":"start.q","to":"old.q"}],"inputs":[{"name":"q","type":"text"}]}
            """).Value);
        var card = editor.Find("old")!;
        Assert.Contains("gone-type", Assert.Single(card.Problems).Message, StringComparison.Ordinal);
        Assert.Equal("gone-type", editor.TitleOf(card));
        Assert.Single(Edges(editor));

        Assert.True(await editor.DoAsync(new SetTitle("old", "What it was"), Token));
        Assert.True(await editor.DoAsync(new MoveParts([new PlacedPart("old", new FlowPosition(240, 0))], []), Token));
        Assert.Equal("""{"kept":"as it is"}""", editor.Find("old")!.Node.Config!.Value.GetRawText());
        editor.Select(["old"]);
        await editor.RemoveAsync(Token);
        Assert.Null(editor.Find("old"));
        await editor.StepAsync(back: true, Token);
        Assert.Equal("What it was", editor.TitleOf("old"));
    }

    [Fact]
    public async Task WhatIsSelected_IsLinedUp_AsOneStep()
    {
        var editor = await OpenAsync("Lined up", FlowDefinitions.Read("""
            {"schema":"mistralstudio.flow/1","nodes":[{"id":"a","type":"start","position":{"x":16,"y":0}},{"id":"b","type":"answer","position":{"x":208,"y":48}},{"id":"c","type":"answer","position":{"x":640,"y":32}}]}
            """).Value);
        double[] At(Func<FlowPosition, double> along) => [.. editor.Cards.Select(card => along(card.Node.Position!))];
        editor.Select(["a", "b", "c"]);

        await editor.AlignAsync(Alignment.Evenly, Token);
        Assert.Equal([16, 328, 640], At(place => place.X));
        await editor.AlignAsync(Alignment.Tops, Token);
        Assert.Equal([0, 0, 0], At(place => place.Y));
        await editor.AlignAsync(Alignment.Lefts, Token);
        Assert.Equal([16, 16, 16], At(place => place.X));
        Assert.Equal("Align", editor.Flow.Draft.NextOf(editor.Flow).Undo);
        await editor.StepAsync(back: true, Token);
        Assert.Equal([16, 328, 640], At(place => place.X));
    }

    [Fact]
    public async Task AStep_IsBeyondTheSmallModel_UntilAnotherCanBeAsked_AndAFlowIsNone()
    {
        var editor = await OpenAsync("Beyond", FlowDefinitions.Read("""{"schema":"mistralstudio.flow/1","nodes":[{"id":"ask","type":"llm"}]}""").Value);
        ModelChoice Choice(string id, bool isStarter = false) => new(id, id, ModelTask.Chat, IsLocal: true, isStarter);

        editor.Models = [Choice("small", isStarter: true), Choice("flow:triage"), Choice("prompt:reply@production"), Choice("app:filings")];
        Assert.True(editor.IsBeyond(editor.Find("ask")!.Node));
        editor.Models = [.. editor.Models, Choice("server/large:8b")];
        Assert.False(editor.IsBeyond(editor.Find("ask")!.Node));
    }

    [Fact]
    public async Task AMessageThatComesTwice_IsTakenOnce_AndNonsenseIsNothing()
    {
        var editor = await OpenAsync("Twice");
        var actions = new EditorActions(editor, new Page());
        await Act(actions, 1, "Drop", """{"type":"template","scope":"","x":0,"y":0}""");
        await Act(actions, 1, "Drop", """{"type":"template","scope":"","x":0,"y":0}""");
        Assert.Single(editor.Cards);

        foreach (var (method, args) in new[]
        {
            ("Move", """{"nodes":[{"id":"gone","x":1e300,"y":0}]}"""), ("Move", "[]"), ("Connect", "{}"), ("Connect", """{"scope":"no","forward":true,"own":{"node":"a","port":"b"},"other":{"node":"c","port":"d"}}"""),
            ("Disconnect", """{"edge":"nothing"}"""), ("Paste", """{"text":"nothing","scope":"","x":0,"y":0}"""), ("Drop", """{"type":"unheard-of","scope":"","x":0,"y":0}"""), ("Nonsense", "null"),
        })
        {
            await actions.ActAsync(Next(), method, JsonElement.Parse(args), Token);
            Assert.Single(editor.Cards);
        }

        await actions.ActAsync(Next(), "Paste", JsonElement.Parse("""{"text":"a letter","scope":"","x":0,"y":0}"""), Token);
        Assert.Equal("flow.edit_not_ours", editor.Error!.Code);
        await actions.ActAsync(Next(), "Paste", JsonElement.Parse("""{"characters":5000000,"scope":"","x":0,"y":0}"""), Token);
        Assert.Equal("flow.edit_too_long", editor.Error!.Code);
        Assert.Single(editor.Cards);
    }

    [Fact]
    public async Task AContainerAndARemark_AreDrawnLarger_AndStayReadable()
    {
        var editor = await OpenAsync("Sizes", new FlowDefinition { Notes = [new FlowNote("Mind this.") { Position = new FlowPosition(8, 8) }] });
        var actions = new EditorActions(editor, new Page());
        await Act(actions, 1, "Drop", """{"type":"for-each","scope":"","x":0,"y":200}""");
        await Act(actions, 2, "Resize", """{"id":"for-each","w":640,"h":400}""");
        await Act(actions, 3, "Resize", """{"id":"notes.0","w":1,"h":1e9}""");

        Assert.Equal((640, 400), (editor.Find("for-each")!.Shape.Width, editor.Find("for-each")!.Shape.Height));
        Assert.Equal(new FlowNote("Mind this.") { Position = new FlowPosition(8, 8), Size = new FlowSize(48, 100_000) }, Assert.Single(editor.Flow.Draft.Definition.Notes));
        Assert.Equal(48, editor.Find("notes.0")!.Shape.Width);
        await editor.StepAsync(back: true, Token);
        Assert.Equal(CardShape.Card, editor.Find("notes.0")!.Shape.Width);
    }

    [Fact]
    public async Task TwoPages_EditOneDraft_AndTheCanvasIsToldOnlyWhatChanged()
    {
        var drafts = new FlowDrafts(Get<IFlowStore>(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<FlowDrafts>.Instance);
        var mine = await OpenAsync("Together", FlowTemplates.All[0].Flow, drafts);
        var theirs = await EditAsync(_owner!, mine.Flow.Flow!, drafts);
        Assert.Equal(2, mine.Flow.Draft.Presence.Pages);
        Assert.Empty(mine.Flow.Draft.Presence.Beside(_owner!.User));
        var wire = new CanvasWire();
        var whole = wire.Next(mine.Cards, Edges(mine), "")!;
        Assert.True(whole.Whole);
        Assert.Equal(mine.Cards.Count, whole.Nodes.Count);

        await theirs.DoAsync(new SetTitle(mine.Cards[1].Path, "Named by them"), Token);
        await mine.Flow.LookAgainAsync(Token);
        Assert.Equal("Named by them", mine.TitleOf(mine.Cards[1]));
        await mine.DoAsync(new MoveParts([new PlacedPart(mine.Cards[1].Path, new FlowPosition(800, 800))], []), Token);
        var patch = wire.Next(mine.Cards, Edges(mine), "")!;
        Assert.Equal((1, false, mine.Cards[1].Path), (patch.Revision, patch.Whole, Assert.Single(patch.Nodes).Id));
        Assert.All(patch.Edges, edge => Assert.Contains("Named by them", edge.Label, StringComparison.Ordinal));

        // Each undoes what they did themselves, and both are saved as one.
        await mine.StepAsync(back: true, Token);
        Assert.Equal("Named by them", mine.TitleOf(mine.Cards[1]));
        Assert.Null(await mine.Flow.Draft.SaveAsync(Token));
        Assert.False(theirs.Flow.IsDirty);
        Assert.Contains("Named by them", (await Get<IFlowStore>().FindAsync(_owner!.Workspace, mine.Flow.Flow!.Id, Token))!.Draft, StringComparison.Ordinal);
        theirs.Flow.Dispose();
        Assert.Equal(1, mine.Flow.Draft.Presence.Pages);
    }

    [Fact]
    public async Task WhatAProgramPublishes_IsSeenByAPageThatOpensIt_ThoughAnotherHasItOpen()
    {
        var drafts = new FlowDrafts(Get<IFlowStore>(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<FlowDrafts>.Instance);
        var open = await OpenAsync("Published meanwhile", FlowTemplates.All[0].Flow, drafts);
        var flow = open.Flow.Flow!;
        Assert.NotNull((await Get<FlowPublication>().PublishAsync(flow.Workspace, flow.Id, flow.Revision, "", _owner!.User!.Value, Token)).Version);
        Assert.Null(open.Flow.Flow!.PublishedVersion);

        var opened = State(_owner!, drafts);
        Assert.True(await opened.LoadAsync(flow.Id, Token));
        Assert.Equal((1, 1), (opened.Flow!.PublishedVersion, open.Flow.Flow!.PublishedVersion));
        Assert.False(opened.IsDirty);

        // What is being edited stays, and is not stored over what came in between.
        await open.DoAsync(new SetTitle(open.Cards[1].Path, "Mine"), Token);
        Assert.Null((await Get<IFlowStore>().SaveDraftAsync(flow.Workspace, flow.Id, opened.Flow.Revision, flow.Name, FlowDefinitions.Write(new FlowDefinition()), Token)).Error);
        var third = State(_owner!, drafts);
        Assert.True(await third.LoadAsync(flow.Id, Token));
        Assert.Equal("Mine", open.TitleOf(open.Cards[1]));
        Assert.Equal(FlowStoreErrors.Conflict().Code, (await third.Draft.SaveAsync(Token))?.Code);
    }

    [Fact]
    public async Task TheOutline_HasEveryStepOnce_UnderTheBranchThatLeadsToIt()
    {
        foreach (var template in FlowTemplates.All)
        {
            var editor = await OpenAsync(template.Title, template.Flow);
            var rows = OutlineRows.Of(editor.Cards, Edges(editor));
            Assert.Equal(editor.Cards.Where(card => !card.IsNote).Select(card => card.Path).Order(StringComparer.Ordinal), rows.Where(row => row.Card is not null).Select(row => row.Card!.Path).Order(StringComparer.Ordinal));
            Assert.Equal(rows.Count, rows.Select(row => row.Key).Distinct().Count());
        }

        var triage = await OpenAsync("Branches", FlowDefinitions.Read("""
            {"schema":"mistralstudio.flow/1","nodes":[{"id":"start","type":"start"},{"id":"ask","type":"approval","config":{"title":"Go?"}},{"id":"yes","type":"template","config":{"template":"yes"}},{"id":"after","type":"template","config":{"template":"after"}},{"id":"no","type":"template","config":{"template":"no"}},{"id":"answer","type":"answer"}],
             "edges":[{"from":"start.q","to":"ask.q"},{"from":"ask.approved","to":"yes.x"},{"from":"yes.text","to":"after.x"},{"from":"ask.refused","to":"no.x"},{"from":"after.text","to":"answer.text"},{"from":"no.text","to":"answer.text"},{"from":"ask.refused","to":"answer.text"}],"inputs":[{"name":"q","type":"text"}]}
            """).Value);
        var lines = OutlineRows.Of(triage.Cards, Edges(triage));
        Assert.Equal(["0 start", "0 ask", "1 approved", "2 yes", "2 after", "1 refused", "2 no", "0 answer"], lines.Select(row => $"{row.Depth} {row.Branch ?? row.Card!.Path}"));
        // What a branch shares with other ways stands elsewhere.
        Assert.Equal(["answer"], lines.Single(row => row.Branch == "refused").Elsewhere);
        Assert.Empty(lines.Single(row => row.Branch == "approved").Elsewhere);
    }

    [Fact]
    public async Task EveryTypeOfNode_CanBeAdded_AndHasAFieldForEverySetting()
    {
        var editor = await OpenAsync("Everything");
        foreach (var kind in editor.Catalog.Kinds)
        {
            Assert.NotEqual($"Kind.{kind.Type.Id}", kind.Name);
            Assert.True(await editor.AddAsync(kind.Type.Id, new AddPlace("", null, null), Token), kind.Type.Id);
            var card = editor.Chosen!;
            Assert.Equal(kind.Type.Id, card.Node.Type);
            foreach (var field in SchemaField.Of(kind.Type))
            {
                // What is shown can be read back.
                var value = Pointers.Find(JsonElement.Parse(kind.Type.Example), field.Pointer);
                Assert.True(field.TryRead(field.Show(value), out _), $"{kind.Type.Id}{field.Pointer}");
            }
        }

        Assert.Equal(editor.Cards.Count, editor.Cards.Select(card => card.Node.Position).Distinct().Count());
        await editor.TidyAsync(Token);
        Assert.Null(editor.Error);
    }

    [Fact]
    public async Task WhoMayNotWrite_ChangesNothing()
    {
        var owner = await OpenAsync("Read only", FlowTemplates.All[0].Flow);
        await owner.Flow.SaveAsync(Token);
        var reader = await EditAsync(_owner! with { Granted = RolePermissions.Of(Role.Viewer) }, owner.Flow.Flow!);
        var actions = new EditorActions(reader, new Page());
        foreach (var method in new[] { "Drop", "Move", "Remove", "Paste", "Connect", "Undo", "Duplicate", "Collapse" })
        {
            await actions.ActAsync(Next(), method, JsonElement.Parse("""{"type":"template","scope":"","x":0,"y":0,"text":"{}","nodes":[]}"""), Token);
        }

        Assert.False(reader.Flow.IsDirty);
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => reader.DoAsync(new SetTitle("start", "x"), Token));
    }

    [Fact]
    public async Task APart_BecomesAPublishedFlow_ThatIsCalledInItsPlace()
    {
        var editor = await OpenAsync("Whole", FlowDefinitions.Read("""
            {"schema":"mistralstudio.flow/1","nodes":[{"id":"start","type":"start"},{"id":"one","type":"template","config":{"template":"1 {{ q }}"}},{"id":"two","type":"template","config":{"template":"2 {{ one.text }}"}},{"id":"answer","type":"answer"}],
             "edges":[{"from":"start.q","to":"one.q"},{"from":"one.text","to":"two.x"},{"from":"two.text","to":"answer.text"}],"inputs":[{"name":"q","type":"text"}]}
            """).Value);
        var part = Collapse.Of(editor.Flow.Look!, ["one", "two"], editor.Catalog.RoleOf).Value;

        var reference = await editor.Flow.MakeOfAsync(part.SubFlow, "The middle", Token);

        Assert.Equal("the-middle@1", reference);
        Assert.True(await editor.DoAsync(new CallInstead(part, reference!, "The middle"), Token));
        Assert.Empty(editor.Flow.Problems);
        Assert.Equal(3, editor.Cards.Count);
    }

    private long Next() => ++_number;

    private static Task<object?> Act(EditorActions actions, long number, string method, string args) => actions.ActAsync(number, method, JsonElement.Parse(args), Token);

    private static IReadOnlyList<WireEdge> Edges(EditorState editor)
    {
        _ = editor.Cards;
        return CanvasWire.EdgesOf(editor.Flow.Look!, editor.TitleOf);
    }

    private async Task<EditorState> OpenAsync(string name, FlowDefinition? definition = null, FlowDrafts? drafts = null)
    {
        _owner = await OwnerAsync();
        return await EditAsync(_owner, await CreateAsync(_owner, FlowDefinitions.Write(definition ?? new FlowDefinition()), name), drafts);
    }

    /// <summary>A page that nothing is shown on.</summary>
    private sealed class Page : IEditorPage
    {
        public Task InspectAsync() => Task.CompletedTask;

        public void ShowOutline()
        {
        }

        public Task CollapseAsync() => Task.CompletedTask;
    }
}
