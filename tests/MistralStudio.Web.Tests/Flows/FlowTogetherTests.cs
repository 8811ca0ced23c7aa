using System.Text.Json;
using Bunit;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Features.FlowsApi;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>Two people on one flow, over the real stores and the real compiler.</summary>
public sealed class FlowTogetherTests : FlowTests
{
    private const string Greeting = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"greet","type":"template","title":"Greet","config":{"template":"Hello {{ name }}"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.name","to":"greet.name"},{"from":"greet.text","to":"answer.text"}],
         "inputs":[{"name":"name","type":"text","required":true}]}
        """;

    private static readonly UserId s_bo = UserId.New();

    private readonly FlowDrafts _drafts;
    private Caller _owner = null!;

    public FlowTogetherTests(ApiStudio studio)
        : base(studio) => _drafts = new FlowDrafts(Get<IFlowStore>(), TimeProvider.System, NullLogger<FlowDrafts>.Instance);

    [Fact]
    public async Task WhoIsThere_AndWhatTheyHaveSelected_IsKnown_UntilTheyLeave()
    {
        var (mine, theirs) = await OpenAsync();
        var heard = 0;
        mine.Flow.Draft.Presence.Changed += () => heard++;

        theirs.Select(["greet", "gone"]);
        theirs.Select(["greet"]);

        var guest = Assert.Single(mine.Flow.Draft.Presence.Beside(_owner.User));
        Assert.Equal((s_bo, "greet"), (guest.User, Assert.Single(guest.Selected)));
        Assert.Equal(1, heard);
        theirs.Flow.Dispose();
        Assert.Empty(mine.Flow.Draft.Presence.Beside(_owner.User));
        Assert.Equal(2, heard);
    }

    [Fact]
    public async Task WhoseConnectionIsAway_IsNotThere_AndComesBackWithIt()
    {
        var (mine, theirs) = await OpenAsync();
        theirs.Select(["greet"]);
        var presence = mine.Flow.Draft.Presence;
        var heard = 0;
        presence.Changed += () => heard++;

        presence.Part(theirs.Flow);
        presence.Part(theirs.Flow);

        Assert.Empty(presence.Beside(_owner.User));
        Assert.Equal((1, s_bo), (heard, presence.UserOf(theirs.Flow)));
        presence.Return(theirs.Flow);
        Assert.Equal("greet", Assert.Single(Assert.Single(presence.Beside(_owner.User)).Selected));
        Assert.Equal(2, heard);
    }

    [Fact]
    public async Task OfOneField_TheLaterCounts_AndTheOtherIsTold_AndPutsTheirsBack()
    {
        var (mine, theirs) = await OpenAsync();
        var conflicts = Watch(mine);
        await mine.SetAsync("greet", "/template", Text("Mine {{ name }}"), Token);
        await theirs.SetAsync("greet", "/template", Text("Theirs {{ name }}"), Token);
        await theirs.DoAsync(new SetTitle("greet", "Named by them"), Token);
        await theirs.DoAsync(new MoveParts([new PlacedPart("greet", new FlowPosition(8, 8))], []), Token);
        await mine.Flow.LookAgainAsync(Token);
        var heard = Assert.Single(conflicts.Open);
        Assert.Equal(("greet", "/config/template"), (heard.Path, heard.Field));

        var notes = Render<TogetherNotes>(set => set.Add(one => one.State, mine).Add(one => one.Conflicts, conflicts).Add(one => one.NameOf, page => ReferenceEquals(page, theirs.Flow) ? "Bo" : "Ada"));
        Assert.Contains("Bo changed Text of Named by them, which you had changed before.", notes.Find("p").TextContent, StringComparison.Ordinal);
        await notes.Find("button.btn").ClickAsync(new());

        Assert.Empty(conflicts.Open);
        Assert.Equal("Mine {{ name }}", TemplateOf(mine));
        // A change like any other: they are told in their turn, and it can be undone.
        await mine.StepAsync(back: true, Token);
        Assert.Equal("Theirs {{ name }}", TemplateOf(mine));
    }

    [Fact]
    public async Task WhatTheyUndo_IsNoConflictAnyMore_AndWhatWasRenamedIsFound()
    {
        var (mine, theirs) = await OpenAsync();
        var conflicts = Watch(mine);
        await mine.DoAsync(new SetTitle("greet", "Mine"), Token);
        await theirs.DoAsync(new SetTitle("greet", "Theirs"), Token);
        Assert.Single(conflicts.Open);
        await theirs.StepAsync(back: true, Token);
        Assert.Empty(conflicts.Open);

        await theirs.DoAsync(new SetId("greet", "hello"), Token);
        await theirs.DoAsync(new SetTitle("hello", "Theirs again"), Token);
        var found = Assert.Single(conflicts.Open);
        Assert.Equal("hello", found.Path);
        Assert.True(await mine.DoAsync(found.PutBack, Token));
        Assert.Equal("Mine", mine.Find("hello")!.Node.Title);
    }

    [Fact]
    public async Task AStepThatTheyRemove_ComesBackWithItsConnections()
    {
        var (mine, theirs) = await OpenAsync();
        var conflicts = Watch(mine);
        await mine.SetAsync("greet", "/template", Text("Mine {{ name }}"), Token);
        await theirs.DoAsync(new RemoveParts(["greet"], [], []), Token);
        var gone = Assert.Single(conflicts.Open);
        Assert.Null(gone.Field);

        Assert.True(await mine.DoAsync(gone.PutBack, Token));

        Assert.Empty(mine.Flow.Problems);
        Assert.Equal("Mine {{ name }}", TemplateOf(mine));
    }

    [Fact]
    public async Task AVersionUnderAnOpenDraft_LosesNothing_AndIsKnownByItsNumber()
    {
        var (mine, _) = await OpenAsync();
        var flow = mine.Flow.Flow!;
        await mine.DoAsync(new SetTitle("greet", "Typed meanwhile"), Token);
        Assert.NotNull((await Get<FlowPublication>().PublishAsync(flow.Workspace, flow.Id, flow.Revision, "", _owner.User!.Value, Token)).Version);

        Assert.True(await mine.Flow.SaveAsync(Token));

        var stored = (await Get<IFlowStore>().FindAsync(flow.Workspace, flow.Id, Token))!;
        Assert.Equal((1, 1), (stored.PublishedVersion, mine.Flow.Flow!.PublishedVersion));
        Assert.Contains("Typed meanwhile", stored.Draft, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACard_SaysWhoElseHasItSelected()
    {
        var (mine, _) = await OpenAsync();
        var card = mine.Find("greet")! with { By = [new Guest("Bo Builder", "c", ["greet"])] };

        var shown = Render<NodeCard>(set => set.Add(one => one.Card, card).Add(one => one.Title, "Greet").Add(one => one.Kind, "Write text"));

        var node = shown.Find("[data-id=greet]");
        Assert.Contains("by c", node.ClassName!, StringComparison.Ordinal);
        Assert.Contains("Selected by Bo Builder", node.GetAttribute("aria-label")!, StringComparison.Ordinal);
        Assert.Equal("BB", shown.Find(".av.c").TextContent);
    }

    [Fact]
    public async Task WordsFromRightToLeft_AreReadFromTheirRight()
    {
        var (mine, _) = await OpenAsync();
        await mine.DoAsync(new SetNote(0, new FlowNote("ملاحظة!")), Token);
        await mine.DoAsync(new SetTitle("greet", "تحية"), Token);

        var remark = Render<NodeCard>(set => set.Add(one => one.Card, mine.Find("notes.0")!).Add(one => one.Title, "").Add(one => one.Kind, ""));
        var card = Render<NodeCard>(set => set.Add(one => one.Card, mine.Find("greet")!).Add(one => one.Title, "تحية").Add(one => one.Kind, "Write text"));

        Assert.Equal(("auto", "ملاحظة!"), (remark.Find(".remark-text").GetAttribute("dir"), remark.Find(".remark-text").TextContent));
        Assert.Equal(("auto", "تحية"), (card.Find("header b").GetAttribute("dir"), card.Find("header b").TextContent));
    }

    [Fact]
    public async Task ARemarkOfTheFlow_IsChosen_AndWrittenAnew()
    {
        var (mine, _) = await OpenAsync();
        await mine.DoAsync(new SetNote(0, new FlowNote("Mind this.") { Size = new FlowSize(240, 80) }), Token);

        var panel = Render<Inspector>(set => set.Add(one => one.State, mine).Add(one => one.Card, mine.Find("notes.0")!));
        await panel.Find("#note-text").ChangeAsync(new() { Value = "Mind that." });

        Assert.Equal(new FlowNote("Mind that.") { Size = new FlowSize(240, 80) }, Assert.Single(mine.Flow.Draft.Definition.Notes));
    }

    private static JsonElement Text(string text) => JsonSerializer.SerializeToElement(text);

    private static string TemplateOf(EditorState editor) => editor.Flow.Draft.Definition.Nodes.Single(node => node.Id == "greet").Config!.Value.GetProperty("template").GetString()!;

    private static FlowConflicts Watch(EditorState editor)
    {
        var conflicts = new FlowConflicts(editor.Flow);
        editor.Flow.Draft.Edited += conflicts.Take;
        return conflicts;
    }

    private async Task<(EditorState Mine, EditorState Theirs)> OpenAsync()
    {
        _owner = await OwnerAsync();
        var flow = await CreateAsync(_owner, Greeting, "Together");
        return (await EditAsync(_owner, flow, _drafts), await EditAsync(_owner with { User = s_bo }, flow, _drafts));
    }
}
