using System.Diagnostics;
using MistralStudio.Flows.Definitions;
using MistralStudio.Tests.Shared;
using static MistralStudio.Flows.Tests.Flow;

namespace MistralStudio.Flows.Tests.Compilation;

public sealed class FlowCompilerTests : IDisposable
{
    private readonly FlowRig _rig = new();

    public static TheoryData<string, string, string, string?, string> Wrong => new()
    {
        { Of("", ""), "flow.empty", "", null, "no nodes" },
        { Of($"{Start},{Node("a", "teleport")}", ""), "flow.unknown_type", "a", null, "\"teleport\"" },
        { Of($"{Start},{Node("a.b")}", ""), "flow.bad_id", "a.b", null, "\"a.b\"" },
        { Of($"{Node("a")},{Node("a")}", ""), "flow.duplicate_id", "a", null, "\"a\"" },
        { Of($"{Node("a", "condition", """{"when":5}""")}", ""), "flow.bad_config", "a", "/when", "a string" },
        { Of($"{Node("a", "condition")}", ""), "flow.bad_config", "a", "", "\"when\" is missing" },
        { Of($"{Node("a", "template", """{"template":"x","colour":"red"}""")}", ""), "flow.bad_config", "a", "/colour", "not allowed" },
        { Of($"{Start},{Node("a")}", "start a.q"), "flow.bad_edge", "", null, "\"start\"" },
        { Of($"{Start},{Node("a")}", "begin.q a.q"), "flow.edge_to_nowhere", "", null, "\"begin\"" },
        { Of($"{Start},{Node("a")}", "start.p a.q"), "flow.no_such_output", "start", "p", "\"p\"" },
        { Of($"{Start},{Node("a")},{Node("b")}", "start.q a.q,a.error b.e"), "flow.no_error_port", "a", "error", "policy" },
        { Of($"{Start},{Node("a", "answer")}", "start.q a.words"), "flow.no_such_input", "a", "words", "\"words\"" },
        { Of($"{Start},{Node("a", "answer")}", ""), "flow.not_connected", "a", "text", "\"text\"" },
        { Of($"{Start},{Node("a")}", "start.q a.2x"), "flow.bad_port_name", "a", "2x", "\"2x\"" },
        { Of($"{Start},{Node("a")},{Node("b")},{Node("c")}", "start.q a.q,a.text b.x,b.text c.x,c.text a.x"), "flow.cycle", "a", null, "a → b → c → a" },
        { Of($"{Start},{Node("a")}", "start.q a.q,a.text a.x"), "flow.cycle", "a", null, "a → a" },
        { Of($"{Start},{Node("a", "answer")}", "start.n a.text", """[{"name":"n","type":"number"}]"""), "flow.wrong_type", "a", "text", "start.n gives number, and this port takes text" },
        { Of($"{Start},{Node("a", "template", """{"template":"{{ context }}"}""")}", "start.q a.q"), "flow.unknown_name", "a", "/template", "\"context\"" },
        { Of($"{Start},{Node("a")},{Node("b", "template", """{"template":"{{ a.text }}"}""")}", "start.q a.q,start.q b.q"), "flow.unknown_name", "b", "/template", "\"a.text\"" },
        { Of($"{Start},{Node("a")},{Node("b", "template", """{"template":"{{ a.value }}"}""")}", "start.q a.q,a.text b.q"), "flow.unknown_name", "b", "/template", "\"a.value\"" },
        { Of($"{Node("b", "template", """{"template":"{{ "}""")}", ""), "template.unreadable", "b", "/template", "cannot be read: A value was expected at (1:3)." },
        { Of($"{Start},{Node("b", "template", """{"template":"{{ q | explode }}"}""")}", "start.q b.q"), "template.unknown_filter", "b", "/template", "\"explode\"" },
        { Of($"{Node("b", "template", """{"template":"{% for i in (1..100000000) %}x{% endfor %}"}""")}", ""), "template.open_range", "b", "/template", "10,000" },
        { Of($"{Start},{Node("b", "condition", """{"when":"q =="}""")}", "start.q b.q"), "template.no_condition", "b", "/when", "condition" },
        { Of($"{Start},{Node("b", "condition", """{"when":"q %}{% endif %}{{ q }}{% if q"}""")}", "start.q b.q"), "template.no_condition", "b", "/when", "braces" },
        { Of($"{Start},{Node("b", "template", """{"template":"{{ variables.tone }}"}""")}", "start.q b.q"), "flow.unknown_variable", "b", "/template", "\"tone\"" },
        { Of($"{Start},{Node("s", "set-variable", """{"name":"tone"}""")},{Node("b", "template", """{"template":"{{ variables.tone }}"}""")}", "start.q s.value,start.q b.q"), "flow.unknown_variable", "b", "/template", "\"tone\"" },
        { Of($"{Start},{Node("a", more: ",\"policy\":{\"retry\":{\"attempts\":99}}")}", "start.q a.q"), "flow.bad_policy", "a", "/policy/retry/attempts", "between 1 and 20" },
        { Of($"{Start},{Node("a", more: ",\"policy\":{\"timeout\":\"-00:00:01\"}")}", "start.q a.q"), "flow.bad_policy", "a", "/policy/timeout", "time limit" },
        { Of($"{Start},{Node("a", more: ",\"policy\":{\"onError\":\"default\"}")}", "start.q a.q"), "flow.bad_policy", "a", "/policy/default", "no values" },
        { Of($"{Start},{Node("a", more: ",\"policy\":{\"onError\":\"default\",\"default\":{\"text\":5}}")}", "start.q a.q"), "flow.bad_policy", "a", "/policy/default/text", "text" },
        { Of($"{Start},{Node("e", "for-each")}", "start.q e.items", """[{"name":"q","type":"list<text>"}]"""), "flow.no_body", "e", null, "body" },
        { Of($"{Start},{Node("e", "for-each", more: Body("", ""))}", "start.q e.items", """[{"name":"q","type":"list<text>"}]"""), "flow.empty_body", "e", null, "nothing inside" },
        { Of($"{Start},{Node("e", "work", more: Body(Node("x"), ""))}", "start.q e.items"), "flow.stray_body", "e", null, "no body" },
        { Of($"{Start},{Node("e", "for-each", more: Body(Node("x"), "e.item x.i"))}", "start.q e.items", """[{"name":"q","type":"list<text>"}]"""), "flow.not_connected", "e", "result", "\"result\"" },
        { Of($"{Start},{Node("e", "for-each", more: Body(Node("x", "answer"), "e.item x.text, e.item e.result"))}", "start.q e.items", """[{"name":"q","type":"list<text>"}]"""), "flow.not_inside", "e/x", null, "inside" },
        { Of($"{Start},{Node("e", "for-each", more: Body(Node("x", "template", """{"template":"{{ start.q }}"}"""), "e.item x.i, x.text e.result"))}", "start.q e.items", """[{"name":"q","type":"list<text>"}]"""), "flow.unknown_name", "e/x", "/template", "\"start.q\"" },
        { Of($"{Start},{Node("s", "sub-flow", """{"flow":"triage@8"}""")}", ""), "flow.sub_flow_missing", "s", "/flow", "triage@8" },
        { Of(Start, "", """[{"name":"q","type":"text"},{"name":"q","type":"text"}]"""), "flow.duplicate_input", "", null, "\"q\"" },
        { Of(Start, "", """[{"name":"q","type":"number","default":"x"}]"""), "flow.bad_default", "", null, "number" },
        { Of($"{Node("s", "switch", """{"cases":[{"name":"a","values":["x"]},{"name":"a","values":["y"]}]}""")}", ""), "switch.duplicate_branch", "s", "/cases/1/name", "\"a\"" },
        { Of($"{Node("s", "schedule", """{"cron":"0 8 * * 1","timeZone":"Mars/Olympus"}""")}", ""), "schedule.unknown_time_zone", "s", "/timeZone", "Mars/Olympus" },
        { Of($"{Node("c", "code", """{"source":"return (;"}""")}", ""), "code.unreadable", "c", "/source", "line 1" },
        { Of($"{Node("w", "wait", """{"for":"soon"}""")}", ""), "people.bad_time", "w", "/for", "\"soon\"" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void AProblem_NamesThePlaceAndTheMend(string definition, string code, string node, string? place, string says)
    {
        var compiled = _rig.Compiler.Compile(FlowRig.Read(definition));

        Assert.Null(compiled.Plan);
        var problem = Assert.Single(compiled.Problems, problem => problem.Code == code);
        Assert.Equal((node, place), (problem.Node, problem.Field ?? problem.Port));
        Assert.Contains(says, problem.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", problem.Message, StringComparison.Ordinal);
        Assert.NotEmpty(problem.Next);
    }

    [Fact]
    public void AWrongConfiguration_IsNotHeldAgainstWhatComesAfter()
    {
        var compiled = _rig.Compiler.Compile(FlowRig.Read(Of($"{Start},{Node("a", "template", """{"template":7}""")},{Node("b", "answer")}", "start.q a.q,a.text b.text")));

        Assert.Equal(["a"], compiled.Problems.Select(problem => problem.Node));
    }

    [Fact]
    public void ManyProblems_AreToldAtOnce()
    {
        var compiled = _rig.Compiler.Compile(FlowRig.Read(Of($"{Start},{Node("a", "answer")},{Node("b", "teleport")},{Node("c", "condition")}", "start.z a.text")));

        Assert.Equal(["flow.bad_config", "flow.no_such_output", "flow.unknown_type"], compiled.Problems.Select(problem => problem.Code).Order());
    }

    [Fact]
    public void JsonFitsAnything_AndIsLookedAtOnArrival()
    {
        var compiled = _rig.Compiler.Compile(FlowRig.Read(Of($"{Start},{Node("a")},{Node("b", "answer")}", "start.q a.q,a.value b.text")));

        Assert.Empty(compiled.Problems);
        Assert.Equal("text", compiled.Plan!.Root.Edges[1].Check?.ToString());
    }

    [Fact]
    public void AListOfTexts_GivesTextsToTheBody_AndCollectsWhatItGivesBack()
    {
        var compiled = _rig.Compiler.Compile(FlowRig.Read(Of(
            $"{Start},{Node("e", "for-each", more: Body(Node("x"), "e.item x.i, x.text e.result"))},{Node("o", "output")}",
            "start.q e.items, e.results o.all", """[{"name":"q","type":"list<text>"}]""")));

        Assert.Empty(compiled.Problems);
        Assert.Equal("list<text>", compiled.Plan!.Outputs.Single().Type.ToString());
    }

    [Fact]
    public void AFlowThatCallsItself_IsRefused()
    {
        var definition = FlowRig.Read(Of($"{Start},{Node("s", "sub-flow", """{"flow":"me"}""")}", "start.q s.q"));

        var compiled = _rig.Compiler.Compile(definition, new Dictionary<string, FlowDefinition> { ["me"] = definition });

        Assert.Equal("flow.sub_flow_in_itself", Assert.Single(compiled.Problems).Code);
    }

    [Fact]
    public void ASubFlowThatDoesNotCompile_IsNamedAtItsCall()
    {
        var broken = FlowRig.Read(Of($"{Start},{Node("x", "teleport")}", ""));

        var compiled = _rig.Compiler.Compile(
            FlowRig.Read(Of($"{Start},{Node("s", "sub-flow", """{"flow":"other"}""")}", "start.q s.q")), new Dictionary<string, FlowDefinition> { ["other"] = broken });

        var problem = Assert.Single(compiled.Problems);
        Assert.Equal(("flow.sub_flow_broken", "s", "/flow"), (problem.Code, problem.Node, problem.Field));
        Assert.Contains("x: There is no type of node", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TenThousandNodes_Compile_AndOneMoreIsRefused()
    {
        var nodes = Enumerable.Range(0, 9_999).Select(i => Node($"n{i}", "template", """{"template":"{{ x }}"}""")).Prepend(Start);
        var edges = Enumerable.Range(1, 9_998).Select(i => $"n{i - 1}.text n{i}.x").Prepend("start.q n0.x");
        var definition = FlowRig.Read(Of(string.Join(',', nodes), string.Join(',', edges)));
        var started = Stopwatch.GetTimestamp();

        var compiled = _rig.Compiler.Compile(definition);

        Assert.Empty(compiled.Problems);
        Unhurried.Ended(started);
        var larger = _rig.Compiler.Compile(definition with { Nodes = [.. definition.Nodes, new FlowNode("more", "work")] });
        Assert.Equal("flow.too_large", Assert.Single(larger.Problems).Code);
    }

    [Fact]
    public void ACycleOfTenThousandNodes_IsFound()
    {
        var nodes = Enumerable.Range(0, 10_000).Select(i => Node($"n{i}"));
        var edges = Enumerable.Range(0, 10_000).Select(i => $"n{i}.text n{(i + 1) % 10_000}.x");

        var compiled = _rig.Compiler.Compile(FlowRig.Read(Of(string.Join(',', nodes), string.Join(',', edges))));

        Assert.Contains(compiled.Problems, problem => problem.Code == "flow.cycle" && problem.Message.EndsWith(" → ….", StringComparison.Ordinal));
    }

    [Fact]
    public void BodiesInsideEachOther_HaveALimit()
    {
        var inner = Node("x");
        for (var i = 0; i < 10; i++)
        {
            inner = Node($"e{i}", "loop", more: Body(inner, ""));
        }

        Assert.Equal("flow.too_deep", Assert.Single(_rig.Compiler.Compile(FlowRig.Read(Of(inner, ""))).Problems).Code);
    }

    [Fact]
    public void AVariable_IsKnownAfterItWasSet_AndInTheNextRoundOfALoop()
    {
        var after = Of(
            $"{Start},{Node("s", "set-variable", """{"name":"tone"}""")},{Node("b", "template", """{"template":"{{ variables.tone }}"}""")}",
            "start.q s.value, s.value b.q");
        var loop = Of(
            $"{Start},{Node("l", "loop", """{"most":3}""", Body(
                $"{Node("r", "template", """{"template":"{{ variables.last }}"}""")},{Node("s", "set-variable", """{"name":"last"}""")}",
                "l.q r.q, r.text s.value, s.value l.q"))}",
            "start.q l.q");

        Assert.Empty(_rig.Compiler.Compile(FlowRig.Read(after)).Problems);
        Assert.Empty(_rig.Compiler.Compile(FlowRig.Read(loop)).Problems);
    }

    public void Dispose() => _rig.Dispose();
}
