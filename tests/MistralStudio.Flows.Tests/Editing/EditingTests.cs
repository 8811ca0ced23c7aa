using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using static MistralStudio.Flows.Tests.Flow;

namespace MistralStudio.Flows.Tests.Editing;

/// <summary>Commands on flows, ports that fit, clipboards, and parts that become flows.</summary>
public sealed class EditingTests
{
    private static readonly FlowCompiler s_compiler = new ServiceCollection().AddFlows().BuildServiceProvider().GetRequiredService<FlowCompiler>();

    private static readonly FlowDefinition s_letters = FlowDefinitions.Read(Of(
        $$"""{{Start}},{{Node("ask", "approval", """{"title":"Send {{ start.q }}?"}""")}},{{Node("letter", "template", """{"template":"Sent {{ ask.approved.q }}"}""")}},{{Node("answer", "answer")}}""",
        "start.q ask.q, ask.approved letter.x, letter.text answer.text")).Value;

    [Fact]
    public void TypingAWord_IsOneStep_AndWhatComesAfterAnother()
    {
        var editor = new FlowEditor(s_letters);
        foreach (var text in new[] { "H", "He", "Hello" })
        {
            editor.Do(new SetField("letter", "/template", JsonSerializer.SerializeToElement(text)), "Bo");
        }

        editor.Seal("Bo");
        editor.Do(new SetField("letter", "/template", JsonSerializer.SerializeToElement("Hello!")), "Bo");

        editor.Undo("Bo");
        Assert.Equal("Hello", Template(editor));
        editor.Undo("Bo");
        Assert.Equal("Sent {{ ask.approved.q }}", Template(editor));
        Assert.Null(editor.NextUndo("Bo"));
        editor.Redo("Bo");
        Assert.Equal("Hello", Template(editor));
    }

    [Fact]
    public void Undo_LeavesWhatSomebodyElseDidMeanwhile()
    {
        var editor = new FlowEditor(s_letters);
        editor.Do(new SetTitle("letter", "Mine"), "Bo");
        editor.Do(new SetTitle("ask", "Theirs"), "Kim");

        editor.Undo("Bo");

        Assert.Null(Scopes.FindNode(editor.Definition, "letter")!.Title);
        Assert.Equal("Theirs", Scopes.FindNode(editor.Definition, "ask")!.Title);
    }

    [Fact]
    public void ANewId_IsFollowedByEdgesAndTemplates()
    {
        var renamed = new SetId("ask", "check").Apply(s_letters).Value;

        Assert.Contains(new FlowEdge("check.approved", "letter.x"), renamed.Edges);
        Assert.Equal("Sent {{ check.approved.q }}", Scopes.FindNode(renamed, "letter")!.Config!.Value.GetProperty("template").GetString());
        Assert.Empty(s_compiler.Compile(renamed).Problems);
        Assert.Equal("flow.edit_taken_id", new SetId("ask", "letter").Apply(s_letters).Error!.Code);
        Assert.Equal("flow.bad_id", new SetId("ask", "not an id").Apply(s_letters).Error!.Code);
    }

    [Fact]
    public void AValueOfItsOwnName_GetsAnother_ThatTemplatesAndTheInsideFollow()
    {
        var definition = FlowDefinitions.Read("""
            {"schema":"mistralstudio.flow/1","nodes":[{"id":"start","type":"start"},{"id":"one","type":"template","config":{"template":"{{ q }} {{ q.x | default: 'q' }} {{ start.q }} q"}},{"id":"each","type":"for-each","body":{"nodes":[{"id":"in","type":"template","config":{"template":"{{ q }}"}}],"edges":[{"from":"each.q","to":"in.q"},{"from":"in.text","to":"each.result"}]}}],
             "edges":[{"from":"start.q","to":"one.q"},{"from":"start.q","to":"each.q"},{"from":"start.l","to":"each.items"}],"inputs":[]}
            """).Value;

        var one = new RenamePort("one", "q", "question").Apply(definition).Value;
        Assert.Contains(new FlowEdge("start.q", "one.question"), one.Edges);
        Assert.Equal("{{ question }} {{ question.x | default: 'q' }} {{ start.q }} q", one.Nodes[1].Config!.Value.GetProperty("template").GetString());

        var each = new RenamePort("each", "q", "topic").Apply(definition).Value;
        Assert.Contains(new FlowEdge("start.q", "each.topic"), each.Edges);
        Assert.Equal(new FlowEdge("each.topic", "in.q"), each.Nodes[2].Body!.Edges[0]);

        Assert.Equal("flow.edit_taken_port", new RenamePort("each", "q", "items").Apply(definition).Error?.Code);
        Assert.Equal("flow.edit_bad_port", new RenamePort("one", "q", "1 of them").Apply(definition).Error?.Code);
        Assert.Equal(new FlowEdge("in.text", "each.answer"), new RenamePort("each", "result", "answer", IsBack: true).Apply(definition).Value.Nodes[2].Body!.Edges[1]);
    }

    [Fact]
    public void RemovingANode_TakesItsEdgesWithIt()
    {
        var without = new RemoveParts(["ask"], [], []).Apply(s_letters).Value;

        Assert.Equal([new FlowEdge("letter.text", "answer.text")], without.Edges);
    }

    [Fact]
    public void Targets_AreThoseThatFit_AndOthersSayWhy()
    {
        var look = FlowLook.At(s_compiler, s_letters);

        var choices = PortSearch.Targets(look, "", "letter", "text");

        Assert.Equal("flow.edit_loop", choices.First(choice => choice.Node == "ask").Why!.Code);
        Assert.True(choices.Single(choice => choice.Edge.To == "answer.text").IsConnected);
        Assert.Contains(PortSearch.Targets(look, "", "start", "q"), choice => choice is { Node: "letter", IsNew: true, Port: "q", Why: null });
        Assert.Equal("flow.edit_same_edge", PortSearch.Refuses(look, "", new FlowEdge("start.q", "ask.q"))!.Code);
        Assert.Null(PortSearch.Refuses(look, "", new FlowEdge("start.q", "letter.anything")));
    }

    [Fact]
    public void ANodeWithUnfinishedSettings_CanBeConnected()
    {
        var unfinished = new AddParts("", [new FlowNode("say", "template")], []).Apply(s_letters).Value;
        var look = FlowLook.At(s_compiler, unfinished);

        Assert.Contains(look.Problems, problem => problem.Node == "say");
        Assert.Equal(["text"], look.Of("say").Outputs.Select(port => port.Name));
        Assert.True(look.Of("say").TakesMore);
    }

    [Fact]
    public void TheInsideOfAContainer_ReachesTheWayOut()
    {
        var each = FlowDefinitions.Read(Of(
            $$"""{{Start}},{{Node("each", "for-each", more: Body(Node("one", "template", """{"template":"{{ item }}"}"""), "each.item one.item"))}}""", "start.q each.items", """[{"name":"q","type":"list<text>"}]""")).Value;
        var look = FlowLook.At(s_compiler, each);

        Assert.Contains(PortSearch.Giving(look, "each", "each"), port => port.Name == "item");
        Assert.Contains(PortSearch.Targets(look, "each", "one", "text"), choice => choice is { Node: "each", Port: "result", Why: null });
    }

    [Fact]
    public void WhatIsPasted_GetsFreshIds_ThatItsOwnTemplatesFollow()
    {
        var text = FlowClipboard.Write(s_letters, ["ask", "letter"]);
        var pasted = FlowClipboard.Paste(s_letters, "", FlowClipboard.Read(text).Value, new FlowPosition(300, 40)).Apply(s_letters).Value;

        Assert.Equal("Sent {{ ask-2.approved.q }}", Scopes.FindNode(pasted, "letter-2")!.Config!.Value.GetProperty("template").GetString());
        Assert.Contains(new FlowEdge("ask-2.approved", "letter-2.x"), pasted.Edges);
        Assert.Equal(new FlowPosition(300, 40), Scopes.FindNode(pasted, "ask-2")!.Position);

        // Once more at the same place: beside what stands there now, and not over it.
        var again = FlowClipboard.Paste(pasted, "", FlowClipboard.Read(text).Value, new FlowPosition(300, 40)).Apply(pasted).Value;
        Assert.Equal(new FlowPosition(332, 72), Scopes.FindNode(again, "ask-3")!.Position);
    }

    [Fact]
    public void NodesThatMoveIntoAContainer_KeepTheirEdges_AndLeaveTheOthers()
    {
        var with = new AddParts("", [new FlowNode("each", "for-each") { Body = new FlowBody { Nodes = [new FlowNode("letter", "template")] } }], []).Apply(s_letters).Value;

        var moved = new MoveInto("each", [new PlacedPart("ask", new FlowPosition(10, 20)), new PlacedPart("letter", new FlowPosition(250, 20))]).Apply(with).Value;

        Assert.Equal(["letter", "ask", "letter-2"], Scopes.Find(moved, "each")!.Nodes.Select(node => node.Id));
        Assert.Equal([new FlowEdge("ask.approved", "letter-2.x")], Scopes.Find(moved, "each")!.Edges);
        Assert.Empty(moved.Edges);
        Assert.Equal(new FlowPosition(250, 20), Scopes.FindNode(moved, "each/letter-2")!.Position);
        Assert.Equal("flow.edit_no_container", new MoveInto("each", [new PlacedPart("each", new FlowPosition(0, 0))]).Apply(with).Error!.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a letter to a friend")]
    [InlineData("{}")]
    [InlineData("""{"schema":"mistralstudio.flow/1","nodes":[]}""")]
    [InlineData("""{"schema":"mistralstudio.flow/1","nodes":[null]}""")]
    [InlineData("""{"schema":"mistralstudio.flow/1","nodes":[{"id":"<script>","type":"x"}]}""")]
    [InlineData("""{"schema":"mistralstudio.flow/1","nodes":[{"id":"a","type":"x"},{"id":"a","type":"x"}]}""")]
    [InlineData("""{"schema":"somebody.else/9","nodes":[{"id":"a","type":"x"}]}""")]
    public void WhatIsNoPartOfAFlow_IsRefusedInASentence(string clipboard) =>
        Assert.Equal("flow.edit_not_ours", FlowClipboard.Read(clipboard).Error!.Code);

    [Fact]
    public void TooMuch_IsRefusedInASentence()
    {
        var many = new FlowDefinition { Nodes = [.. Enumerable.Range(0, FlowClipboard.MostNodes + 1).Select(number => new FlowNode($"n{number}", "template"))] };

        Assert.Equal("flow.edit_too_much", FlowClipboard.Read(FlowDefinitions.Write(many)).Error!.Code);
    }

    [Fact]
    public void APartOfAFlow_BecomesAFlow_ThatIsCalledInItsPlace()
    {
        var look = FlowLook.At(s_compiler, s_letters);
        var part = Collapse.Of(look, ["ask", "letter"], type => type switch { "start" => NodeRole.Begin, "answer" => NodeRole.End, _ => NodeRole.Task }).Value;
        var after = new CallInstead(part, "letters@1", "Letters").Apply(s_letters).Value;

        Assert.Empty(s_compiler.Compile(part.SubFlow).Problems);
        Assert.Empty(s_compiler.Compile(after, new Dictionary<string, FlowDefinition> { ["letters@1"] = part.SubFlow }).Problems);
        Assert.Equal(["start", "answer", "sub-flow"], after.Nodes.Select(node => node.Id));
        Assert.Equal("flow.edit_nothing_to_collapse", Collapse.Of(look, ["start"], _ => NodeRole.Begin).Error!.Code);
        Assert.Equal("flow.edit_collapse_around", Collapse.Of(look, ["start", "letter"], _ => NodeRole.Task).Error!.Code);
    }

    [Theory]
    [InlineData("/schema/properties/name", """{"type":"string"}""", """{"schema":{"properties":{"name":{"type":"string"}}}}""")]
    [InlineData("/cases/0/name", "\"a\"", """{"cases":[{"name":"a"}]}""")]
    [InlineData("/bases/-", "\"b\"", """{"bases":["b"]}""")]
    [InlineData("", "{\"k\":1}", """{"k":1}""")]
    public void AField_IsPutWhereItsPointerSays(string pointer, string value, string config)
    {
        var after = new SetField("start", pointer, JsonElement.Parse(value)).Apply(s_letters).Value;

        Assert.Equal(config, Scopes.FindNode(after, "start")!.Config!.Value.GetRawText());
        Assert.Equal("flow.edit_bad_field", new SetField("start", "/a/b", JsonElement.Parse("1")).Apply(new SetField("start", "/a", JsonElement.Parse("1")).Apply(s_letters).Value).Error!.Code);
    }

    [Fact]
    public void FiveHundredNodes_AreArranged()
    {
        var random = new Random(3);
        var many = new FlowDefinition
        {
            Nodes = [.. Enumerable.Range(0, 500).Select(number => new FlowNode($"n{number}", "template"))],
            Edges = [.. Enumerable.Range(0, 700).Select(_ => random.Next(499)).Select(from => new FlowEdge($"n{from}.text", $"n{random.Next(from + 1, Math.Min(500, from + 20))}.x")).Distinct()],
        };

        Assert.Equal(500, AutoLayout.Arrange(many, (_, node) => CardShape.Of(node, NodeLook.Unknown, isNote: false)).Select(place => place.Position).Distinct().Count());
    }

    private static string Template(FlowEditor editor) => Scopes.FindNode(editor.Definition, "letter")!.Config!.Value.GetProperty("template").GetString()!;
}
