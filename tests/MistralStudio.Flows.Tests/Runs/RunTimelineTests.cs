using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Runs;
using static MistralStudio.Flows.Tests.Flow;

namespace MistralStudio.Flows.Tests.Runs;

/// <summary>The way back through a journal.</summary>
public sealed class RunTimelineTests : IDisposable
{
    private static readonly DateTimeOffset s_begin = new(2026, 11, 26, 8, 0, 0, TimeSpan.Zero);

    private readonly FlowRig _rig = new();
    private RunId _run;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TheStateAfterAnEvent_IsThatOfTheEvent_ForwardsAndBack()
    {
        var timeline = await OfAsync(Of($"{Start},{Node("a")},{Node("b")},{Node("o", "output")}", "start.q a.q, a.text b.q, b.text o.all"), new { q = "x" });
        var done = _rig.Journal.Read(_run).Single(one => one is NodeSucceeded && one.Node == "a").Seq;

        Assert.Equal(["start Succeeded", "a Running", "b Pending", "o Pending"], await AtAsync(timeline, done - 1));
        Assert.Equal(["start Succeeded", "a Succeeded", "b Queued", "o Pending"], await AtAsync(timeline, done));
        Assert.Equal(["start Queued", "a Pending", "b Pending", "o Pending"], await AtAsync(timeline, 1));
        Assert.Same(timeline.Now, await timeline.AtAsync(timeline.Now.LastSeq, Token));
        Assert.Equal(done, timeline.Before(done).First().Seq);
        Assert.Equal(done, timeline.KeptBefore(done));
    }

    [Fact]
    public async Task RoundsThatAreOver_AreStillThere_EachAsItWas()
    {
        _rig.Work.Scripts["each[2]/x"] = (_, _) => new(new NodeOutcome.Failed(new Error("x.broke", "It broke.", "Mend it.")));
        var timeline = await OfAsync(
            Of($"{Start},{Node("each", "for-each", """{"parallel":1}""", Body(Node("x"), "each.item x.i, x.text each.result"))},{Node("o", "output")}", "start.q each.items, each.results o.all", """[{"name":"q","type":"list<text>"}]"""),
            new { q = new[] { "a", "b", "c", "d" } });

        var each = timeline.Now.Nodes().Single(node => node.Path == "each");
        Assert.Equal((3, 2, 4), (each.Rounds!.Begun, each.Rounds.Done, each.Rounds.Of));
        Assert.Equal([2], each.Rounds.Failed);
        Assert.Equal(1, Assert.Single(timeline.Now.Nodes("each[1]")).Inputs["i"].Part!.Value.Index);
        Assert.Equal(NodeStatus.Succeeded, Assert.Single(timeline.Now.Nodes("each[1]")).Status);
        Assert.Equal("x.broke", Assert.Single(timeline.Now.Nodes("each[2]")).Error!.Code);
        Assert.Empty(timeline.Now.Nodes("each[3]"));
        Assert.Empty(RunState.Fold(timeline.Now.Plan, _rig.Journal.Read(_run)).Nodes("each[1]"));

        var first = _rig.Journal.Read(_run).Single(one => one is NodeSucceeded && one.Node == "each[0]/x").Seq;
        var then = (await timeline.AtAsync(first, Token)).Nodes().Single(node => node.Path == "each").Rounds!;
        Assert.Equal((2, 1, 0), (then.Begun, then.Done, then.Failed.Count));
    }

    [Fact]
    public async Task WhatALoopHandsOn_IsThatOfEachRound()
    {
        var timeline = await OfAsync(
            Of(
                $$"""{{Start}},{{Node("l", "loop", """{"most":3}""", Body(Node("x", "template", """{"template":"{{ l.text }}."}"""), "l.text x.text, x.text l.text"))}},{{Node("o", "answer")}}""",
                "start.q l.text, l.text o.text"),
            new { q = "a" });

        Assert.Equal(["a", "a.", "a.."], Enumerable.Range(0, 3).Select(round => Assert.Single(timeline.Now.Nodes($"l[{round}]")).Inputs["text"].Text));
    }

    [Fact]
    public void WaitingForAPerson_TakesLittleOfTheAxis_AndPlacesLeadBackToEvents()
    {
        var bookmark = new Bookmark(BookmarkId.New(), BookmarkKind.Approval) { Title = "?" };
        var timeline = FromEvents(
            Of($"{Start},{Node("ok", "approval", """{"title":"?"}""")},{Node("a")}", "start.q ok.q, ok.approved a.q"),
            (0, new NodeSucceeded(Values("q")) { Node = "start" }), (10, new NodeStarted { Node = "ok", Attempt = 1 }), (20, new Suspended(bookmark) { Node = "ok", Attempt = 1 }),
            (TimeSpan.FromDays(2).TotalMilliseconds, new Resumed(new Resumption(bookmark.Id, "approve", new Dictionary<string, System.Text.Json.JsonElement>(), null)) { Node = "ok", Attempt = 1 }),
            (TimeSpan.FromDays(2).TotalMilliseconds + 10, new NodeStarted { Node = "ok", Attempt = 2 }),
            (TimeSpan.FromDays(2).TotalMilliseconds + 20, new NodeSucceeded(Values("approved")) { Node = "ok", Attempt = 2 }),
            (TimeSpan.FromDays(2).TotalMilliseconds + 60, new NodeStarted { Node = "a", Attempt = 1 }));

        var scale = timeline.Scale(s_begin + TimeSpan.FromDays(2) + TimeSpan.FromMilliseconds(80));
        var pause = Assert.Single(scale.Pauses());
        Assert.Equal(100, scale.BusyMs);
        Assert.InRange(pause.To - pause.From, 0.04, 0.05);
        Assert.InRange(scale.PlaceOf(4), 0.15, 0.2);
        Assert.Equal(scale.PlaceOf(8), scale.PlaceOfTime(80), 3);
        foreach (var seq in Enumerable.Range(3, 6))
        {
            Assert.Equal(seq, scale.EventAt(scale.PlaceOf(seq)));
        }

        Assert.Equal(2, scale.EventAt(0));
        Assert.Equal(8, scale.EventAt(1));
        Assert.Equal(["start", "ok", "a"], timeline.Tracks.Select(track => track.Path));
        Assert.Equal(
            [(3, 4L, NodeStatus.Running), (4, 5L, NodeStatus.Waiting), (6, 7L, NodeStatus.Running)],
            timeline.Tracks[1].Spans.Select(span => (span.From, span.To, span.Status)));
        Assert.Null(Assert.Single(timeline.Tracks[2].Spans).To);
    }

    [Fact]
    public async Task OfALongJournal_TheNewestAreKept_AndTheRestIsReadAgain()
    {
        var reads = 0;
        var loop = await _rig.LoopAsync(Of($"{Start},{Node("a")},{Node("b")},{Node("o", "output")}", "start.q a.q, a.text b.q, b.text o.all"), new { q = "x" });
        await loop.RunAsync(Token);
        var timeline = new RunTimeline(loop.State.Plan, (after, token) => { reads++; return _rig.Journal.ReadAsync(loop.Run, after, token); }, mostKept: 4);
        foreach (var happened in _rig.Journal.Read(loop.Run))
        {
            timeline.Append(happened);
        }

        Assert.InRange(timeline.KeptBefore(long.MaxValue), 4, 5);
        Assert.Equal(["start Succeeded", "a Queued", "b Pending", "o Pending"], await AtAsync(timeline, 2));
        Assert.Equal(1, reads);
        await timeline.AtAsync(timeline.Now.LastSeq - 1, Token);
        await timeline.AtAsync(timeline.Now.LastSeq - 1, Token);
        Assert.Equal(2, reads);
    }

    public void Dispose() => _rig.Dispose();

    private async Task<RunTimeline> OfAsync(string json, object inputs)
    {
        var loop = await _rig.LoopAsync(json, inputs);
        await loop.RunAsync(Token);
        _run = loop.Run;
        var timeline = new RunTimeline(loop.State.Plan, (_, _) => throw new InvalidOperationException("All of it is kept."));
        foreach (var happened in _rig.Journal.Read(loop.Run))
        {
            timeline.Append(happened);
        }

        return timeline;
    }

    private RunTimeline FromEvents(string json, params (double AtMs, RunEvent Event)[] happened)
    {
        var start = _rig.Start(json, new { q = "x" });
        var timeline = new RunTimeline(_rig.Compiler.Compile(FlowRig.Read(json)).Plan!, (_, _) => throw new InvalidOperationException("All of it is kept."));
        timeline.Append(new RunStarted(start) { Seq = 1, At = s_begin });
        foreach (var (at, one) in happened)
        {
            timeline.Append(one with { Seq = timeline.Now.LastSeq + 1, At = s_begin + TimeSpan.FromMilliseconds(at) });
        }

        return timeline;
    }

    private static Dictionary<string, FlowValue> Values(string port) => new() { [port] = FlowValue.Of("x") };

    private static async Task<IEnumerable<string>> AtAsync(RunTimeline timeline, long seq) => (await timeline.AtAsync(seq, Token)).Nodes().Select(node => $"{node.Path} {node.Status}");
}
