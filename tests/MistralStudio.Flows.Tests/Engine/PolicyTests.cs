using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Engine;
using static MistralStudio.Flows.Tests.Flow;

namespace MistralStudio.Flows.Tests.Engine;

public sealed class PolicyTests
{
    private static readonly Error s_busy = new("x.busy", "It is busy.", "Try again.");

    private static string One(string policy, string config = "{}") => Of(
        $"{Start},{Node("x", config: config, more: ",\"policy\":" + policy)},{Node("o", "output")}", "start.q x.q, x.text o.text");

    [Fact]
    public async Task ATransientError_IsTriedAgain_AfterAPauseThatDoubles()
    {
        var time = new WatchedTime();
        using var rig = new FlowRig(time);
        var tries = 0;
        rig.Work.Scripts["x"] = (_, _) => new(++tries < 3 ? new NodeOutcome.Failed(s_busy, IsTransient: true) : NodeOutcome.Of("text", FlowValue.Of("done")));
        var loop = await rig.LoopAsync(One("""{"retry":{"attempts":4,"delay":"00:00:08"}}"""), new { q = "a" });
        var run = loop.RunAsync(TestContext.Current.CancellationToken);

        await Until(() => rig.Journal.Last.GetValueOrDefault(loop.Run)?.ClockAt is not null);
        var first = Assert.IsType<RetryScheduled>(rig.Journal.Read(loop.Run)[^1]);
        Assert.InRange((first.DueAt - time.GetUtcNow()).TotalSeconds, 4, 8);
        await Until(() => time.Alarms.Contains(first.DueAt));
        time.Advance(first.DueAt - time.GetUtcNow());
        await Until(() => rig.Journal.Read(loop.Run).OfType<RetryScheduled>().Count() == 2);
        var second = rig.Journal.Read(loop.Run).OfType<RetryScheduled>().Last();
        Assert.InRange((second.DueAt - time.GetUtcNow()).TotalSeconds, 8, 16);
        await Until(() => time.Alarms.Contains(second.DueAt));
        time.Advance(second.DueAt - time.GetUtcNow());
        await run;

        Assert.Equal(RunStatus.Succeeded, loop.State.Status);
        Assert.Equal(3, tries);
        Assert.Equal([1, 2, 3], rig.Journal.Read(loop.Run).OfType<NodeStarted>().Select(started => started.Attempt));
    }

    [Fact]
    public async Task AnotherError_IsNotTriedAgain()
    {
        using var rig = new FlowRig();
        rig.Work.Scripts["x"] = (_, _) => new(new NodeOutcome.Failed(s_busy));

        var state = await rig.RunAsync(One("""{"retry":{"attempts":5}}"""), new { q = "a" });

        Assert.Equal((RunStatus.Failed, "x.busy"), (state.Status, state.Error!.Code));
        Assert.Single(rig.Work.Ran);
    }

    [Fact]
    public async Task ANodeThatTakesTooLong_IsLeftBehind_EvenWhereItDoesNotHeedIt()
    {
        using var rig = new FlowRig();
        var never = new TaskCompletionSource<NodeOutcome>();
        rig.Work.Scripts["x"] = (_, _) => new(never.Task);

        var state = await rig.RunAsync(One("""{"timeout":"00:00:00.050"}"""), new { q = "a" });

        Assert.Equal("run.node_timed_out", state.Error!.Code);
    }

    [Fact]
    public async Task AChangeOfTheWorldThatTimedOut_IsNotTriedAgain()
    {
        using var rig = new FlowRig();
        rig.Work.Scripts["x"] = async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            throw new InvalidOperationException();
        };

        var state = await rig.RunAsync(One("""{"timeout":"00:00:00.050","retry":{"attempts":5,"delay":"00:00:00"}}""", """{"effects":"changes"}"""), new { q = "a" });

        Assert.Single(rig.Work.Ran);
        Assert.Contains("nobody knows whether", state.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADefault_TakesThePlaceOfWhatFailed()
    {
        using var rig = new FlowRig();
        rig.Work.Scripts["x"] = (_, _) => new(new NodeOutcome.Failed(s_busy));

        var state = await rig.RunAsync(One("""{"onError":"default","default":{"text":"none"}}"""), new { q = "a" });

        Assert.Equal((RunStatus.Succeeded, "none"), (state.Status, state.Outputs["text"].Text));
    }

    [Fact]
    public async Task AnErrorPort_IsTakenInThePlaceOfTheOthers()
    {
        using var rig = new FlowRig();
        rig.Work.Scripts["x"] = (_, _) => new(new NodeOutcome.Failed(s_busy));
        var flow = Of($"{Start},{Node("x", more: ",\"policy\":{\"onError\":\"port\"}")},{Node("y")},{Node("o", "output")}", "start.q x.q, x.text y.t, y.text o.text, x.error o.wrong");

        var state = await rig.RunAsync(flow, new { q = "a" });

        Assert.Equal("""{"code":"x.busy","message":"It is busy."}""", state.Outputs["wrong"].Json.GetRawText());
        Assert.Equal(["x"], rig.Work.Ran);
    }

    [Theory]
    [InlineData("""{"tokens":100}""", "150 tokens")]
    [InlineData("""{"cost":0.5}""", "0.75 US dollars")]
    [InlineData("""{"steps":2}""", "3 steps")]
    public async Task ABudget_EndsTheRun_WithAnEvent(string budget, string says)
    {
        using var rig = new FlowRig();
        foreach (var path in new[] { "x", "y", "z" })
        {
            rig.Work.Scripts[path] = (_, _) => new(new NodeOutcome.Succeeded(new Dictionary<string, FlowValue> { ["text"] = FlowValue.Of("t") }) { Usage = new RunUsage(50, 25, .375m) });
        }

        var loop = await rig.LoopAsync(
            Of($"{Start},{Node("x")},{Node("y")},{Node("z")},{Node("o", "answer")}", "start.q x.q, x.text y.t, y.text z.t, z.text o.text", more: ",\"budget\":" + budget), new { q = "a" });
        await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal((RunStatus.Failed, "run.over_budget"), (loop.State.Status, loop.State.Error!.Code));
        Assert.Contains(says, loop.State.Error.Message, StringComparison.Ordinal);
        Assert.Contains("BudgetExceeded", rig.Story(loop.Run));
        Assert.DoesNotContain("NodeSucceeded z", rig.Story(loop.Run));
    }

    [Fact]
    public async Task WallTime_EndsARun_ThatIsWaiting()
    {
        var time = new FakeTimeProvider();
        using var rig = new FlowRig(time);
        var never = new TaskCompletionSource<NodeOutcome>();
        rig.Work.Scripts["x"] = (_, token) => new(never.Task.WaitAsync(token));
        var loop = await rig.LoopAsync(Of($"{Start},{Node("x")}", "start.q x.q", more: ",\"budget\":{\"wallTime\":\"00:01:00\"}"), new { q = "a" });
        var run = loop.RunAsync(TestContext.Current.CancellationToken);
        await Until(() => rig.Work.Ran.Count == 1);

        time.Advance(TimeSpan.FromMinutes(2));
        await run.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.Equal((RunStatus.Failed, "run.over_budget"), (loop.State.Status, loop.State.Error!.Code));
    }

    [Fact]
    public async Task RightsThatWereTaken_FailTheNextNode()
    {
        using var rig = new FlowRig();
        rig.Work.Scripts["x"] = (_, _) =>
        {
            rig.Rights.Refusal = new Error("members.gone", "You are no longer a member.", "Ask an owner.");
            return new(NodeOutcome.Of("text", FlowValue.Of("t")));
        };

        var state = await rig.RunAsync(Of($"{Start},{Node("x")},{Node("y")}", "start.q x.q, x.text y.t"), new { q = "a" });

        Assert.Equal("members.gone", state.Error!.Code);
        Assert.Equal(["x"], rig.Work.Ran);
    }

    [Fact]
    public async Task Cancel_StopsEverything_WithinTwoHundredMilliseconds_EvenWhereANodeDoesNotHeedIt()
    {
        // The quickest of some: a busy machine delays one, not all of them.
        var quickest = TimeSpan.MaxValue;
        for (var i = 0; i < 20 && quickest.TotalMilliseconds >= 200; i++)
        {
            using var rig = new FlowRig();
            var never = new TaskCompletionSource<NodeOutcome>();
            rig.Work.Scripts["x"] = (_, _) => new(never.Task);
            var loop = await rig.LoopAsync(Of($"{Start},{Node("x")},{Node("y")}", "start.q x.q, x.text y.t"), new { q = "a" });
            var run = loop.RunAsync(TestContext.Current.CancellationToken);
            await Until(() => rig.Work.Ran.Count == 1);
            var started = System.Diagnostics.Stopwatch.GetTimestamp();

            Assert.True((await loop.CancelAsync(rig.User)).IsSuccess);
            await run;

            quickest = TimeSpan.FromTicks(Math.Min(quickest.Ticks, System.Diagnostics.Stopwatch.GetElapsedTime(started).Ticks));
            Assert.Equal(RunStatus.Cancelled, loop.State.Status);
            Assert.Equal(["CancelRequested", "RunFinished"], rig.Story(loop.Run)[^2..]);
            Assert.Equal("run.ended", (await loop.CancelAsync(rig.User)).Error!.Code);
        }

        Assert.True(quickest.TotalMilliseconds < 200, $"{quickest}");
    }

    [Fact]
    public async Task AJournalThatRefuses_EndsTheLoop_AndTheRunGoesOnFromWhatItHas()
    {
        using var rig = new FlowRig();
        rig.Journal.Before = commit => commit.Events.Any(one => one is NodeSucceeded { Node: "x" }) ? new Error("storage.disk_full", "Full.", "Free some.") : null;
        var loop = await rig.LoopAsync(One("{}"), new { q = "a" });

        var pause = await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal((RunPauseKind.Faulted, "storage.disk_full"), (pause.Kind, pause.Error!.Code));
        rig.Journal.Before = null;
        var again = await rig.ReopenAsync(loop.Run);
        Assert.Equal(RunPauseKind.Finished, (await again.RunAsync(TestContext.Current.CancellationToken)).Kind);
        Assert.Equal("a", again.State.Outputs["text"].Text);
    }

    internal static async Task Until(Func<bool> condition)
    {
        for (var i = 0; !condition(); i++)
        {
            Assert.True(i < 2_000, "It did not come to that.");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>A clock that stands still until it is moved. Moved between a decision to wait and the waiting, it would be waited for without end.</summary>
    private sealed class WatchedTime : FakeTimeProvider
    {
        /// <summary>What somebody set an alarm for.</summary>
        public ConcurrentBag<DateTimeOffset> Alarms { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime >= TimeSpan.Zero)
            {
                Alarms.Add(GetUtcNow() + dueTime);
            }

            return timer;
        }
    }
}
