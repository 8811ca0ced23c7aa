using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Engine;
using static MistralStudio.Flows.Tests.Flow;

namespace MistralStudio.Flows.Tests.Engine;

public sealed class SuspensionTests : IDisposable
{
    private static readonly string s_approval = Of(
        $"{Start},{Node("ok", "approval", """{"title":"Send {{ q }}?","who":["role:builder"],"expires":"01:00:00"}""")},{Node("yes")},{Node("no")},{Node("o", "output")}",
        "start.q ok.q, ok.approved yes.v, ok.refused no.v, yes.text o.sent, no.text o.kept");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 26, 8, 0, 0, TimeSpan.Zero));
    private readonly FlowRig _rig;

    public SuspensionTests() => _rig = new FlowRig(_time);

    [Fact]
    public async Task AnApproval_SuspendsTheRun_AndGoesOnInAnotherLoop()
    {
        var (run, bookmark) = await SuspendAsync(s_approval);
        Assert.Equal(("Send it?", BookmarkKind.Approval), (bookmark.Title, bookmark.Kind));
        Assert.Equal(["role:builder"], bookmark.Who);
        Assert.Equal("""{"q":"it"}""", bookmark.Details!.Value.GetRawText());
        Assert.Equal(RunStatus.Suspended, _rig.Journal.Last[run].Status);

        var loop = await ResumeAsync(run, new Resumption(bookmark.Id, "approve", Values("""{"note":"fine"}"""), _rig.User));

        Assert.Equal(RunStatus.Succeeded, loop.State.Status);
        Assert.Equal("""{"q":"it","note":"fine"}""", loop.State.Outputs["sent"].Text);
        Assert.Equal(["yes"], _rig.Work.Ran);
    }

    [Fact]
    public async Task ARefusal_TakesTheOtherBranch()
    {
        var (run, bookmark) = await SuspendAsync(s_approval);
        var loop = await ResumeAsync(run, new Resumption(bookmark.Id, "refuse", Values("{}"), _rig.User));

        Assert.Equal(["no"], _rig.Work.Ran);
        Assert.True(loop.State.Outputs.ContainsKey("kept"));
        Assert.Equal(_rig.User, _rig.Journal.Read(run).OfType<Resumed>().Single().Resumption.By);
    }

    [Fact]
    public async Task ABookmark_IsUsedOnce()
    {
        var (run, bookmark) = await SuspendAsync(s_approval);
        var loop = await _rig.ReopenAsync(run);
        var first = loop.ResumeAsync(new Resumption(bookmark.Id, "approve", Values("{}"), _rig.User));
        var second = loop.ResumeAsync(new Resumption(bookmark.Id, "refuse", Values("{}"), _rig.User));
        await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.True((await first).IsSuccess);
        Assert.Equal("run.bookmark_used", (await second).Error!.Code);
    }

    [Fact]
    public async Task ADecision_ThatIsNone_IsRefused()
    {
        var (run, bookmark) = await SuspendAsync(s_approval);
        var loop = await _rig.ReopenAsync(run);
        var answer = loop.ResumeAsync(new Resumption(bookmark.Id, "perhaps", Values("{}"), _rig.User));
        await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal("run.unknown_decision", (await answer).Error!.Code);
    }

    [Fact]
    public async Task ARun_ThatIsWokenBeforeItsTime_SinceAClockJumped_WaitsOn_AndIsWokenOnceAfterIt()
    {
        var (run, bookmark) = await SuspendAsync(Of($"{Start},{Node("w", "wait", """{"for":"01:00:00"}""")},{Node("o", "output")}", "start.q w.q, w.at o.at"));
        var told = _rig.Journal.Read(run).Count;

        // The clock was ahead when it was woken, and is back.
        var early = await (await _rig.ReopenAsync(run)).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal((RunPauseKind.Suspended, bookmark.DueAt), (early.Kind, early.ClockAt));
        Assert.Equal(told, _rig.Journal.Read(run).Count);

        // It leaps over the time, and further.
        _time.Advance(TimeSpan.FromDays(400));
        var late = await (await _rig.ReopenAsync(run)).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal((RunPauseKind.Finished, RunStatus.Succeeded), (late.Kind, late.Status));
        Assert.Single(_rig.Journal.Read(run).OfType<Resumed>());
    }

    [Fact]
    public async Task AnApproval_ThatNobodyDecides_Expires()
    {
        var (run, bookmark) = await SuspendAsync(s_approval);
        Assert.Equal(_time.GetUtcNow().AddHours(1), bookmark.ExpiresAt);
        Assert.Equal(bookmark.ExpiresAt, _rig.Journal.Last[run].ClockAt);

        _time.Advance(TimeSpan.FromHours(2));
        var loop = await _rig.ReopenAsync(run);
        await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal((RunStatus.Failed, "people.expired"), (loop.State.Status, loop.State.Error!.Code));
    }

    [Fact]
    public async Task AForm_GivesItsFields_AndChecksThem()
    {
        var flow = Of(
            $"{Start},{Node("f", "form", """{"title":"About","fields":[{"name":"order","type":"number"},{"name":"why","type":"text","choices":["late","broken"],"required":false}]}""")},{Node("o", "output")}",
            "start.q f.q, f.order o.order, f.why o.why");
        var (run, bookmark) = await SuspendAsync(flow);
        var loop = await _rig.ReopenAsync(run);
        var wrong = loop.ResumeAsync(new Resumption(bookmark.Id, "submit", Values("""{"order":"seven"}"""), _rig.User));
        var other = loop.ResumeAsync(new Resumption(bookmark.Id, "submit", Values("""{"order":7,"why":"ugly"}"""), _rig.User));
        var right = loop.ResumeAsync(new Resumption(bookmark.Id, "submit", Values("""{"order":7}"""), _rig.User));
        await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.Contains("order: It is a string", (await wrong).Error!.Message, StringComparison.Ordinal);
        Assert.Equal("run.bad_values", (await other).Error!.Code);
        Assert.True((await right).IsSuccess);
        Assert.Equal("""{"order":7}""", JsonSerializer.Serialize(loop.State.Outputs.ToDictionary(one => one.Key, one => one.Value.Json)));
    }

    [Fact]
    public async Task AWait_IsLeftToTheClock_ThroughARestart()
    {
        var flow = Of($"{Start},{Node("w", "wait", """{"for":"{{ q }}"}""")},{Node("o", "output")}", "start.q w.q, w.at o.at");
        var loop = await _rig.LoopAsync(flow, new { q = "02:00:00" });
        var pause = await loop.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal((RunPauseKind.Suspended, _time.GetUtcNow().AddHours(2)), (pause.Kind, pause.ClockAt!.Value));

        _time.Advance(TimeSpan.FromHours(1));
        var early = await _rig.ReopenAsync(loop.Run);
        Assert.Equal(RunPauseKind.Suspended, (await early.RunAsync(TestContext.Current.CancellationToken)).Kind);
        _time.Advance(TimeSpan.FromHours(1));
        var due = await _rig.ReopenAsync(loop.Run);
        await due.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal("2026-11-26T10:00:00.0000000Z", due.State.Outputs["at"].Text);
    }

    [Theory]
    [InlineData("""{"until":"2026-11-26T09:00:00+02:00"}""", null)]
    [InlineData("""{"until":"2026-11-26T09:00:00Z"}""", "2026-11-26T09:00:00+00:00")]
    [InlineData("""{"until":"{{ q }}"}""", "bad")]
    public async Task AWait_UntilATime(string config, string? waits)
    {
        var loop = await _rig.LoopAsync(Of($"{Start},{Node("w", "wait", config)},{Node("o", "output")}", "start.q w.q, w.at o.at"), new { q = "tomorrow-ish" });
        var pause = await loop.RunAsync(TestContext.Current.CancellationToken);

        if (waits == "bad")
        {
            Assert.Equal("people.bad_time", loop.State.Error!.Code);
        }
        else
        {
            Assert.Equal(waits is null ? null : DateTimeOffset.Parse(waits, null), pause.ClockAt);
            Assert.Equal(waits is null ? RunStatus.Succeeded : RunStatus.Suspended, loop.State.Status);
        }
    }

    [Fact]
    public async Task OtherBranches_GoOn_WhileOneWaits()
    {
        var flow = Of($"{Start},{Node("ok", "approval", """{"title":"?"}""")},{Node("x")},{Node("o", "output")}", "start.q ok.q, start.q x.q, x.text o.x, ok.approved o.a");
        var (run, bookmark) = await SuspendAsync(flow);

        Assert.Equal(["x"], _rig.Work.Ran);
        var loop = await ResumeAsync(run, new Resumption(bookmark.Id, "approve", Values("{}"), _rig.User));
        Assert.Equal(["x"], _rig.Work.Ran);
        Assert.Equal(RunStatus.Succeeded, loop.State.Status);
    }

    [Fact]
    public async Task ASuspendedRun_CanBeCancelled()
    {
        var (run, _) = await SuspendAsync(s_approval);
        var loop = await _rig.ReopenAsync(run);
        var answer = loop.CancelAsync(null);
        await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.True((await answer).IsSuccess);
        Assert.Equal(RunStatus.Cancelled, loop.State.Status);
        Assert.Empty(loop.State.WaitingFor);
    }

    public void Dispose() => _rig.Dispose();

    private static Dictionary<string, JsonElement> Values(string json) => JsonElement.Parse(json).EnumerateObject().ToDictionary(value => value.Name, value => value.Value);

    private async Task<(RunId Run, Bookmark Bookmark)> SuspendAsync(string flow)
    {
        var loop = await _rig.LoopAsync(flow, new { q = "it" });
        var pause = await loop.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(RunPauseKind.Suspended, pause.Kind);
        return (loop.Run, loop.State.WaitingFor.Single().Bookmark);
    }

    private async Task<RunLoop> ResumeAsync(RunId run, Resumption resumption)
    {
        var loop = await _rig.ReopenAsync(run);
        var answer = loop.ResumeAsync(resumption);
        await loop.RunAsync(TestContext.Current.CancellationToken);
        Assert.True((await answer).IsSuccess);
        return loop;
    }
}
