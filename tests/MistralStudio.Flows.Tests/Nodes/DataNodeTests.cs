using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Nodes.Redact;
using MistralStudio.Tests.Shared;
using static MistralStudio.Flows.Tests.Flow;

namespace MistralStudio.Flows.Tests.Nodes;

public sealed class DataNodeTests : IDisposable
{
    private readonly FlowRig _rig = new();

    [Theory]
    [InlineData("Mail ada@example.org and ADA@example.org, or bob@b.co.uk.", "Mail [email 1] and [email 1], or [email 2].", """{"email":3}""")]
    [InlineData("Call +33 1 42 68 53 00 or (030) 1234-5678, not 2026 or 1234567.", "Call [phone 1] or [phone 2], not 2026 or 1234567.", """{"phone":2}""")]
    [InlineData("Card 4111 1111 1111 1111, not 4111 1111 1111 1112.", "Card [card 1], not 4111 1111 1111 1112.", """{"card":1}""")]
    [InlineData("IBAN DE89 3704 0044 0532 0130 00, not DE88 3704 0044 0532 0130 00", "IBAN [iban 1], not DE88 3704 0044 0532 0130 00", """{"iban":1}""")]
    [InlineData("From 192.168.0.17 to 2001:db8:0:0:1:0:0:1", "From [address 1] to [address 2]", """{"address":2}""")]
    [InlineData("key sk-abcdefghijklmnop1234 and AKIAIOSFODNN7EXAMPLE", "key [secret 1] and [secret 2]", """{"secret":2}""")]
    [InlineData("project falcon and Falconry", "[word 1] and Falconry", """{"word":1}""")]
    [InlineData("Nothing to see in 10-K of 2024: 1,234,567.89.", "Nothing to see in 10-K of 2024: 1,234,567.89.", "{}")]
    public void Redact_TakesOutWhatNamesSomebody(string text, string redacted, string found)
    {
        var kinds = found.Contains("iban", StringComparison.Ordinal) || found.Contains("card", StringComparison.Ordinal)
            ? [RedactKind.Iban, RedactKind.Card] : Enum.GetValues<RedactKind>();

        var (result, counts) = Redaction.Of(text, kinds, ["Project Falcon"]);

        Assert.Equal(redacted, result);
        Assert.Equal(found, JsonSerializer.Serialize(counts));
    }

    [Fact]
    public void Redact_IsLinear_InAHostileText()
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        Redaction.Of(string.Concat(Enumerable.Repeat("a.a-a+1 (0) 12 ", 20_000)) + new string('a', 100_000), Enum.GetValues<RedactKind>(), []);
        Unhurried.Ended(started);
    }

    [Theory]
    [InlineData("""{"where":"item.n > 1"}""", "[3,2,2]")]
    [InlineData("""{"where":"item.n > least"}""", "[3]")]
    [InlineData("""{"where":"index < 2"}""", "[3,1]")]
    [InlineData("""{"sortBy":"item.n"}""", "[1,2,2,3]")]
    [InlineData("""{"sortBy":"item.n","descending":true,"take":2}""", "[3,2]")]
    [InlineData("""{"distinctBy":"item.n"}""", "[3,1,2]")]
    [InlineData("""{"skip":1,"take":2,"reverse":true}""", "[2,1]")]
    [InlineData("""{"sortBy":"item.missing"}""", "[3,1,2,2]")]
    public async Task List_FiltersOrdersAndCuts(string config, string expected)
    {
        var flow = Of($"{Start},{Node("l", "list", config)},{Node("o", "output")}", "start.q l.items, start.least l.least, l.items o.items", """[{"name":"q","type":"list<json>"},{"name":"least","type":"number"}]""");

        var state = await _rig.RunAsync(flow, new { q = new[] { 3, 1, 2, 2 }.Select(n => new { n }), least = 2 });

        Assert.Equal(expected, JsonSerializer.Serialize(state.Outputs["items"].Json.EnumerateArray().Select(item => item.GetProperty("n").GetInt32())));
    }

    [Theory]
    [InlineData("Refund", "refund")]
    [InlineData("money back ", "refund")]
    [InlineData("hello", "else")]
    public async Task Switch_TakesTheBranchOfTheCase(string value, string branch)
    {
        var flow = Of(
            $"{Start},{Node("s", "switch", """{"cases":[{"name":"refund","values":["refund","money back"]},{"name":"five","values":[5]}]}""")},{Node("o", "output")}",
            "start.q s.value, s.refund o.refund, s.five o.five, s.else o.else");

        var state = await _rig.RunAsync(flow, new { q = value });

        Assert.Equal([branch], state.Outputs.Keys);
        Assert.Equal(value, state.Outputs[branch].Text);
    }

    [Theory]
    [InlineData("refund now", """{"true":"refund now"}""")]
    [InlineData("hello", """{"false":"hello"}""")]
    public async Task Condition_CarriesTheValue_ToOneBranch(string q, string outputs)
    {
        var state = await _rig.RunAsync(
            Of($"{Start},{Node("c", "condition", """{"when":"q contains \"refund\""}""")},{Node("o", "output")}", "start.q c.q, c.true o.true, c.false o.false"), new { q });

        Assert.Equal(outputs, JsonSerializer.Serialize(state.Outputs.ToDictionary(one => one.Key, one => one.Value.Json)));
    }

    [Theory]
    [InlineData("first", "\"a\"")]
    [InlineData("object", """{"p":"a","r":"c"}""")]
    [InlineData("list", """["a","c"]""")]
    public async Task Merge_WaitsForAll_AndTakesWhatArrived(string mode, string value)
    {
        _rig.Work.Scripts["n"] = (_, _) => new(NodeOutcome.Of("left", FlowValue.Of("left")));
        var flow = Of(
            $$"""{{Start}},{{Node("a", config: """{"text":"a"}""")}},{{Node("n")}},{{Node("c", config: """{"text":"c"}""")}},{{Node("m", "merge", $$"""{"mode":"{{mode}}"}""")}},{{Node("o", "output")}}""",
            "start.q a.q, start.q n.q, start.q c.q, a.text m.p, n.right m.q, c.text m.r, m.value o.v");

        Assert.Equal(value, (await _rig.RunAsync(flow, new { q = "x" })).Outputs["v"].Json.GetRawText());
    }

    [Fact]
    public async Task TwoBranches_MayEndInOneAnswer()
    {
        var flow = Of(
            $"{Start},{Node("c", "condition", """{"when":"q == 'x'"}""")},{Node("yes", config: """{"text":"yes"}""")},{Node("no", config: """{"text":"no"}""")},{Node("a", "answer")}",
            "start.q c.q, c.true yes.v, c.false no.v, yes.text a.text, no.text a.text");

        Assert.Equal("yes", (await _rig.RunAsync(flow, new { q = "x" })).Outputs["text"].Text);
        Assert.Equal("no", (await _rig.RunAsync(flow, new { q = "y" })).Outputs["text"].Text);
    }

    [Fact]
    public async Task Values_CarryTheDocuments_ThatTheyCameFrom()
    {
        var document = MistralStudio.Core.Ids.DocumentId.New();
        _rig.Work.Scripts["s"] = (_, _) => new(NodeOutcome.Of("text", FlowValue.Of("found") with { Sources = [document] }));
        var state = await _rig.RunAsync(
            Of($"{Start},{Node("s")},{Node("t", "template", """{"template":"{{ s.text }}!"}""")},{Node("u", "template", """{"template":"{{ q }}"}""")},{Node("o", "output")}", "start.q s.q, start.q u.q, s.text t.x, t.text o.t, u.text o.u"),
            new { q = "x" });

        Assert.Equal([document], state.Outputs["t"].Sources);
        Assert.Empty(state.Outputs["u"].Sources);
    }

    [Fact]
    public async Task Start_GivesDefaults_AndSkipsWhatWasNotGiven()
    {
        var flow = Of(
            $"{Start},{Node("o", "output")}", "start.a o.a, start.b o.b, start.c o.c",
            """[{"name":"a","type":"text","default":"preset"},{"name":"b","type":"text"},{"name":"c","type":"number","required":true}]""");

        Assert.Equal(["a", "c"], (await _rig.RunAsync(flow, new { c = 5 })).Outputs.Keys);
        foreach (var (inputs, code) in new (object, string)[] { (new { }, "run.input_missing"), (new { c = "5" }, "run.input_of_wrong_type"), (new { c = 5, d = 1 }, "run.input_unknown") })
        {
            var refused = await _rig.Engine.StartAsync(MistralStudio.Core.Ids.RunId.New(), _rig.Start(flow, inputs), TestContext.Current.CancellationToken);
            Assert.Equal(code, refused.Error!.Code);
        }
    }

    [Theory]
    [InlineData(RunTrigger.Schedule, "at")]
    [InlineData(RunTrigger.Webhook, "body")]
    [InlineData(RunTrigger.Person, "q")]
    public async Task ARun_BeginsWhereItWasCalled(RunTrigger trigger, string output)
    {
        var flow = Of(
            $"{Start},{Node("s", "schedule", """{"cron":"0 8 * * 1"}""")},{Node("w", "webhook")},{Node("o", "output")}", "start.q o.q, s.at o.at, w.body o.body, w.headers o.headers");
        var loop = await _rig.LoopAsync(_rig.Start(flow, trigger switch
        {
            RunTrigger.Schedule => new { at = "2026-11-26T08:00:00Z" },
            RunTrigger.Webhook => new { body = new { a = 1 } },
            _ => (object)new { q = "x" },
        }, trigger));

        await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal([output], loop.State.Outputs.Keys);
    }

    public void Dispose() => _rig.Dispose();
}
