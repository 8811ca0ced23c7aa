using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Schemas;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Words;

namespace MistralStudio.Flows.Tests.Words;

public sealed class FlowWordsTests : IDisposable
{
    private const string Good = """
        {"summary":"Greets.","inputs":[{"name":"name","type":"text","required":true}],
         "nodes":[{"id":"start","type":"start","title":"Start","config":{}},{"id":"greet","type":"template","title":"Greet","config":{"template":"Hello {{ name }}"}},{"id":"answer","type":"answer","title":"Answer","config":{}}],
         "edges":[{"from":"start.name","to":"greet.name"},{"from":"greet.text","to":"answer.text"}]}
        """;

    private static readonly string s_unconnected = Good.Replace("""{"from":"start.name","to":"greet.name"},""", "", StringComparison.Ordinal);

    private readonly FlowRig _rig = new();
    private readonly ScriptedWriter _writer = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private FlowWords Words => new(_rig.Catalog, _rig.Plans, _writer);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task ADescription_BecomesAFlow_ThatCompilesAndRuns()
    {
        _writer.Says(Good);

        var made = (await Words.MakeAsync(Request("Begr\u00fc\u00dfe die Person"), Cancel)).Value;

        Assert.Empty(made.Problems);
        Assert.Equal(("Greets.", 1, 10L), (made.Summary, made.Attempts, made.Usage.InputTokens));
        Assert.All(made.Draft.Nodes, node => Assert.NotNull(node.Position));
        Assert.Equal("Hello Ann", (await _rig.RunAsync(FlowDefinitions.Write(made.Draft), new { name = "Ann" })).Outputs["text"].Text);
        var asked = _writer.Asked.Single();
        Assert.Contains("Begr\u00fc\u00dfe die Person", asked.Turns.Single().Text, StringComparison.Ordinal);
        foreach (var entry in _rig.Catalog.Entries)
        {
            Assert.Contains($"## {entry.Type.Id}\n", asked.System, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task WhatTheCompilerFinds_GoesBack_AndTheMendedFlowIsTaken()
    {
        _writer.Says(s_unconnected, "Sorry, I cannot.", $"Here it is:\n```json\n{Good}\n```");

        var made = (await Words.MakeAsync(Request("greet"), Cancel)).Value;

        Assert.Empty(made.Problems);
        Assert.Equal(3, made.Attempts);
        Assert.Equal(30, made.Usage.InputTokens);
        var back = _writer.Asked[1].Turns;
        Assert.Equal([false, true, false], back.Select(turn => turn.IsModel));
        Assert.Contains("node greet, config /template: \"name\" is not brought to this node by any edge.", back[2].Text, StringComparison.Ordinal);
        Assert.Contains("there is no JSON in it", _writer.Asked[2].Turns[2].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AfterThreeCorrections_ThePartialDraftIsShown_WithItsProblems_TheBestOfThem()
    {
        var worse = s_unconnected.Replace("\"template\",\"title\"", "\"no-such-type\",\"title\"", StringComparison.Ordinal).Replace("\"answer\",\"title\"", "\"nor-this\",\"title\"", StringComparison.Ordinal);
        _writer.Says(s_unconnected, worse, worse + "\n", worse, Good);

        var made = (await Words.MakeAsync(Request("greet"), Cancel)).Value;

        Assert.Equal("flow.unknown_name", Assert.Single(made.Problems).Code);
        Assert.Equal(4, made.Attempts);
        Assert.Equal(4, _writer.Asked.Count);
        Assert.Equal("template", made.Draft.Nodes[1].Type);
    }

    [Theory]
    [InlineData("no JSON at all", false, "words.no_draft", 2)]
    [InlineData("{\"nodes\": 5}", false, "words.no_draft", 2)]
    [InlineData("[1,2]", false, "words.no_draft", 2)]
    [InlineData("{\"nodes\":[],\"nodes\":[]}", false, "words.no_draft", 2)]
    [InlineData("{\"summary\":\"\",\"inputs\":[],\"nodes\":[],\"edges\":[]}", false, "words.no_steps", 2)]
    [InlineData("{\"nodes\": [{\"id\":", true, "words.cut", 1)]
    public async Task AModelThatCannot_IsAClearSentence(string says, bool isCut, string code, int asked)
    {
        _writer.Always(says, isCut);

        var error = (await Words.MakeAsync(Request("greet"), Cancel)).Error!;

        Assert.Equal(code, error.Code);
        Assert.True(error.Message.EndsWith('.') && error.Next.EndsWith('.'));
        Assert.Equal(asked, _writer.Asked.Count);
    }

    [Fact]
    public async Task AModelThatFails_SaysWhy_AndWhatThereWasIsKept()
    {
        _writer.Fails = ModelErrors.PromptTooLong(9_000, 2_048);
        Assert.Equal("model.prompt_too_long", (await Words.MakeAsync(Request("greet"), Cancel)).Error!.Code);

        _writer.Fails = null;
        _writer.Says(s_unconnected);
        _writer.FailsAfter = 1;
        Assert.Single((await Words.MakeAsync(Request("greet"), Cancel)).Value.Problems);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  \n ")]
    public async Task NothingToGoBy_AsksNobody(string text)
    {
        Assert.Equal("words.nothing", (await Words.MakeAsync(Request(text), Cancel)).Error!.Code);
        Assert.Equal("words.too_long", (await Words.MakeAsync(Request(new string('x', FlowWords.MostCharacters + 1)), Cancel)).Error!.Code);
        Assert.Empty(_writer.Asked);
    }

    [Fact]
    public async Task WithoutTheRights_NobodyIsAsked()
    {
        var reader = Request("greet") with { Caller = new Caller(_rig.Workspace, _rig.User, RolePermissions.Of(Role.Member)) };
        Assert.Equal("words.not_allowed", (await Words.MakeAsync(reader, Cancel)).Error!.Code);
        Assert.Equal("words.not_allowed", (await Words.ChangeAsync(reader, Definition(), Cancel)).Error!.Code);
        var elsewhere = Request("greet") with { Caller = new Caller(WorkspaceId.New(), _rig.User, RolePermissions.All) };
        Assert.Equal("words.not_allowed", (await Words.ExplainAsync(elsewhere, Definition(), Cancel)).Error!.Code);
        Assert.Empty(_writer.Asked);

        _writer.Says("It greets.");
        Assert.True((await Words.ExplainAsync(reader, Definition(), Cancel)).IsSuccess);
    }

    [Fact]
    public async Task ANewNode_LiesOnNothing_AlsoNotOnWhatWouldGo()
    {
        var current = Definition();
        current = current with { Nodes = [.. current.Nodes.Select((node, place) => node with { Position = new FlowPosition(240 * place, 0) })] };
        _writer.Says("""{"summary":"Measures.","remove":["greet","answer"],"set":[{"node":{"id":"size","type":"code","title":"Size","config":{"source":"return name.length;"}}},{"node":{"id":"out","type":"output","title":"Out","config":{}}}],"addEdges":[{"from":"start.name","to":"size.name"},{"from":"size.value","to":"out.size"}]}""");

        var changed = (await Words.ChangeAsync(Request("measure"), current, Cancel)).Value;

        var places = changed.Draft.Nodes.Concat(current.Nodes.Skip(1)).Select(node => node.Position!).ToList();
        Assert.All(places, (one, index) => Assert.DoesNotContain(places.Skip(index + 1), other => Math.Abs(one.X - other.X) < 184 && Math.Abs(one.Y - other.Y) < 160));
    }

    [Fact]
    public async Task AnInstruction_ChangesWhatItSpeaksOf_AndShowsTheDifference()
    {
        var current = Definition();
        current = current with { Nodes = [.. current.Nodes.Select(node => node.Id == "greet" ? node with { Policy = new() { Timeout = TimeSpan.FromSeconds(9) }, Position = new FlowPosition(7, 8) } : node)] };
        _writer.Says("""{"summary":"Shouts now.","set":[{"node":{"id":"greet","type":"template","title":"Shout","config":{"template":"HELLO {{ name }}"}}},{"node":{"id":"size","type":"code","title":"Size","config":{"source":"return name.length;"}}},{"node":{"id":"out","type":"output","title":"Out","config":{}}}],"addEdges":[{"from":"start.name","to":"size.name"},{"from":"size.value","to":"out.size"}]}""");

        var changed = (await Words.ChangeAsync(Request("shout"), current, Cancel)).Value;

        Assert.Empty(changed.Problems);
        Assert.Equal(
            ["Changed Node greet", "Added Node size", "Added Node out", "Added Edge start.name → size.name", "Added Edge size.value → out.size"],
            changed.Changes.Select(change => $"{change.Kind} {change.Part} {change.Path}"));
        var greet = changed.Draft.Nodes.Single(node => node.Id == "greet");
        Assert.Equal((TimeSpan.FromSeconds(9), new FlowPosition(7, 8), "Shout"), (greet.Policy!.Timeout, greet.Position, greet.Title));
    }

    [Fact]
    public async Task Changes_ReachIntoContainers_AndTakeEdgesAwayWithTheirNodes()
    {
        var current = FlowRig.Read(Flow.Of(
            $"{Flow.Start},{Flow.Node("each", "for-each", "{}", Flow.Body($"{Flow.Node("a", "template", """{"template":"{{ item }}"}""")},{Flow.Node("b", "template", """{"template":"{{ a }}"}""")}", "each.item a.item, a.text b.a, b.text each.result"))},{Flow.Node("o", "output")}",
            "start.q each.items, each.results o.r", """[{"name":"q","type":"list<text>","required":true}]"""));
        _writer.Says("""{"summary":"","remove":["each/b"],"addEdges":[{"in":"each","from":"a.text","to":"each.result"}]}""");

        var changed = (await Words.ChangeAsync(Request("shorter"), current, Cancel)).Value;

        Assert.Empty(changed.Problems);
        Assert.Equal(["a"], changed.Draft.Nodes[1].Body!.Nodes.Select(node => node.Id));
        Assert.Equal([new FlowEdge("each.item", "a.item"), new FlowEdge("a.text", "each.result")], changed.Draft.Nodes[1].Body!.Edges);
    }

    [Fact]
    public async Task AChange_OfWhatIsNotThere_GoesBack()
    {
        _writer.Says("""{"summary":"","remove":["ghost"]}""", """{"summary":"","addEdges":[{"in":"nowhere","from":"a.b","to":"c.d"}]}""", """{"summary":"Nothing."}""");

        var changed = (await Words.ChangeAsync(Request("x"), Definition(), Cancel)).Value;

        Assert.Equal((3, 0), (changed.Attempts, changed.Changes.Count(change => !change.IsLayout)));
        Assert.Contains("There is no node \"ghost\"", _writer.Asked[1].Turns[2].Text, StringComparison.Ordinal);
        Assert.Contains("There is no node \"nowhere\"", _writer.Asked[2].Turns[2].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fr", "French")]
    [InlineData("zh-Hans", "Chinese")]
    [InlineData("no such language", "English")]
    public async Task AFlow_IsExplained_InTheReadersLanguage(string language, string name)
    {
        _writer.Says(" It greets. ");

        var said = (await Words.ExplainAsync(Request("") with { Language = language }, Definition(), Cancel)).Value;

        Assert.Equal("It greets.", said.Text);
        var asked = _writer.Asked.Single();
        Assert.Contains($"Write in {name}", asked.System, StringComparison.Ordinal);
        Assert.Contains("- template: ", asked.System, StringComparison.Ordinal);
        Assert.DoesNotContain("- code: ", asked.System, StringComparison.Ordinal);
        Assert.Null(asked.Schema);
        Assert.Contains("Hello {{ name }}", asked.Turns.Single().Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAnswer_IsHeldToTheCatalogue()
    {
        _writer.Says(Good);
        await Words.MakeAsync(Request("greet"), Cancel);
        var schema = JsonSchema.Read(_writer.Asked[0].Schema!.Value).Value;

        Assert.Empty(schema.Validate(JsonElement.Parse(Good)));
        Assert.NotEmpty(schema.Validate(JsonElement.Parse(Good.Replace("\"template\",\"title\"", "\"no-such-type\",\"title\"", StringComparison.Ordinal))));
        Assert.NotEmpty(schema.Validate(JsonElement.Parse(Good.Replace("{\"template\":", "{\"templat\":", StringComparison.Ordinal))));
        Assert.NotEmpty(schema.Validate(JsonElement.Parse("""{"summary":"","inputs":[],"nodes":[{"id":"e","type":"for-each","title":"t","config":{}}],"edges":[]}""")));
    }

    private static FlowDefinition Definition() => FlowRig.Read(Good.Replace("\"summary\":\"Greets.\",", "\"schema\":\"mistralstudio.flow/1\",", StringComparison.Ordinal));

    private WordsRequest Request(string text) => new(_rig.Workspace, new Caller(_rig.Workspace, _rig.User, RolePermissions.All), ModelReference.Default, text, "en");

    private sealed class ScriptedWriter : IModelWriter
    {
        private readonly Queue<string> _says = [];
        private (string Text, bool IsCut)? _always;

        public List<WritingTask> Asked { get; } = [];

        public Error? Fails { get; set; }

        public int FailsAfter { get; set; } = int.MaxValue;

        public void Says(params string[] texts) => texts.ToList().ForEach(_says.Enqueue);

        public void Always(string text, bool isCut) => _always = (text, isCut);

        public Task<Result<WrittenText>> WriteAsync(WritingTask task, CancellationToken cancellationToken)
        {
            if (Fails is { } error || Asked.Count >= FailsAfter)
            {
                return Task.FromResult<Result<WrittenText>>(Fails ?? ModelErrors.QueueFull(1));
            }

            Asked.Add(task);
            return Task.FromResult<Result<WrittenText>>(_always is { } always ? new WrittenText(always.Text, always.IsCut, 10, 5) : new WrittenText(_says.Dequeue(), false, 10, 5));
        }
    }
}
