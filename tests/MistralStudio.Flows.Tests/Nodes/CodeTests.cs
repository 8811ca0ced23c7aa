using System.Diagnostics;
using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Nodes.Code;
using MistralStudio.Tests.Shared;
using static MistralStudio.Flows.Tests.Flow;

namespace MistralStudio.Flows.Tests.Nodes;

public sealed class CodeTests
{
    private static readonly Dictionary<string, FlowValue> s_inputs = new()
    {
        ["score"] = FlowValue.Of(1.5),
        ["items"] = FlowValue.Of(JsonElement.Parse("""[{"n":1},{"n":2}]""")),
        ["class"] = FlowValue.Of("a reserved word"),
        ["with-dash"] = FlowValue.Of("no identifier"),
    };

    [Theory]
    [InlineData("return score * 2", "3")]
    [InlineData("return items.map(i => i.n + 1)", "[2,3]")]
    [InlineData("return { text: `${inputs['class']}/${inputs['with-dash']}`, nothing: null }", """{"text":"a reserved word/no identifier","nothing":null}""")]
    [InlineData("// says nothing", "null")]
    [InlineData("return undefined", "null")]
    [InlineData("let sum = 0; for (let i = 0; i < 100000; i++) { sum += i } return sum", "4999950000")]
    [InlineData("return JSON.parse('{\"a\":[1]}').a[0]", "1")]
    public void AScript_GivesJson(string source, string json) => Assert.Equal(json, Run(source).Value.Json.GetRawText());

    [Theory]
    [InlineData("while (true) {}", "code.too_long")]
    [InlineData("for (;;) { [1,2,3].map(x => x) }", "code.too_")]
    [InlineData("const a = []; for (;;) { a.push('x'.repeat(1000) + a.length) }", "code.too_")]
    [InlineData("let s = 'x'; for (;;) { s += s }", "code.too_much_memory")]
    [InlineData("return 'x'.repeat(1000000000)", "code.t")]
    [InlineData("return new Array(100000000).fill(0)", "code.t")]
    [InlineData("return Array.from({ length: 100000000 }, (_, i) => i)", "code.t")]
    [InlineData("function f() { return f() } return f()", "code.too_deep")]
    [InlineData("return /(a+)+$/.test('a'.repeat(40) + 'b')", "code.too_long")]
    [InlineData("throw new Error('on purpose')", "code.threw")]
    [InlineData("return missing.member", "code.threw")]
    [InlineData("const a = {}; a.a = a; return a", "code.no_value")]
    [InlineData("return () => 1", "code.no_value")]
    public void AScript_ThatGoesWrong_IsStopped_AndSaysSo(string source, string code)
    {
        var started = Stopwatch.GetTimestamp();

        var refused = Run(source, seconds: 1);

        Assert.StartsWith(code, refused.Error?.Code, StringComparison.Ordinal);
        Unhurried.Ended(started);
        Assert.EndsWith(".", refused.Error!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("typeof System")]
    [InlineData("typeof require")]
    [InlineData("typeof process")]
    [InlineData("typeof fetch")]
    [InlineData("typeof setTimeout")]
    [InlineData("typeof importNamespace")]
    [InlineData("typeof globalThis.System")]
    public void NothingOfTheHost_IsThere(string expression) => Assert.Equal("\"undefined\"", Run($"return {expression}").Value.Json.GetRawText());

    [Theory]
    [InlineData("return eval('1+1')")]
    [InlineData("return new Function('return 1')()")]
    [InlineData("return (() => {}).constructor('return 1')()")]
    [InlineData("return inputs.score.GetType()")]
    [InlineData("return import('fs')")]
    [InlineData("}); System.Exit(1); (function(){")]
    public void NoWay_LeadsAroundIt(string source) => Assert.False(Run(source).IsSuccess);

    [Fact]
    public void OneScript_LeavesNothingForTheNext()
    {
        Assert.True(Run("Object.prototype.leak = 1; Array.prototype.map = () => 'mine'; return 1").IsSuccess);
        Assert.Equal("[1,null]", Run("return [[1].map(x => x)[0], ({}).leak ?? null]").Value.Json.GetRawText());
    }

    [Fact]
    public async Task AnEndlessScript_DoesNotHoldUpItsRun()
    {
        using var rig = new FlowRig();
        var loop = await rig.LoopAsync(Of($"{Start},{Node("c", "code", """{"source":"while (true) {}","timeoutMs":10000}""")}", "start.q c.q"), new { q = "a" });
        var run = loop.RunAsync(TestContext.Current.CancellationToken);

        await loop.CancelAsync(null);
        await run;

        // Its own limit would have failed it.
        Assert.Equal(RunStatus.Cancelled, loop.State.Status);
    }

    [Fact]
    public void AnOrdinaryScript_MayLetGoOfMuchMemory() =>
        Assert.Equal("100000", Run("let n = 0; for (let i = 0; i < 100000; i++) { n += [i].map(x => ({ x })).length } return n").Value.Json.GetRawText());

    [Fact]
    public async Task AScript_WorksInAFlow()
    {
        using var rig = new FlowRig();
        var state = await rig.RunAsync(Of($"{Start},{Node("c", "code", """{"source":"return q.split('').reverse().join('')"}""")},{Node("a", "answer")}", "start.q c.q, c.value a.text"), new { q = "abc" });

        Assert.Equal("cba", state.Outputs["text"].Text);
    }

    [Theory]
    [InlineData("return 5", "5")]
    [InlineData("return { a: [1, 'é'] }", """{"a":[1,"é"]}""")]
    [InlineData("return null", null)]
    public async Task AValue_ThatIsNoText_IsAnsweredAsItsJson_AndNothingFailsThere(string source, string? answered)
    {
        using var rig = new FlowRig();
        var state = await rig.RunAsync(Of($"{Start},{Node("c", "code", $$"""{"source":"{{source}}"}""")},{Node("s", "redact")},{Node("a", "answer")}", "start.q c.q, c.value s.text, s.text a.text"), new { q = "abc" });

        Assert.Equal(answered, state.Error is null ? state.Outputs["text"].Text : null);
        Assert.Equal(answered is null ? "run.value_of_wrong_type" : null, state.Error?.Code);
    }

    [Fact]
    public async Task AValue_ThatIsNotWhatThePortTakes_FailsThere()
    {
        using var rig = new FlowRig();
        var state = await rig.RunAsync(Of($"{Start},{Node("c", "code", """{"source":"return 5"}""")},{Node("l", "list")},{Node("o", "output")}", "start.q c.q, c.value l.items, l.items o.all"), new { q = "abc" });

        Assert.Equal("run.value_of_wrong_type", state.Error!.Code);
    }

    // Time enough on a machine that does other things too, but where the time is what is tested.
    private static MistralStudio.Core.Result<FlowValue> Run(string source, int seconds = 10) =>
        Script.Run(source, TimeSpan.FromSeconds(seconds), s_inputs, TestContext.Current.CancellationToken);
}
