using System.Text;
using FsCheck.Xunit;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Flows.Tests.Properties;

/// <summary>What holds for every flow, whatever fails in it and wherever it is cut off.</summary>
public sealed class RunProperties
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Property(MaxTest = 150)]
    public async Task ExactlyTheNodesOfTheJoinRule_Run_AndTheRunEnds(int seed)
    {
        var flow = new RandomFlow(seed, stops: seed % 3 == 0);
        using var rig = new FlowRig();
        flow.Script(rig);
        var loop = await rig.LoopAsync(flow.Json, flow.Inputs);

        await loop.RunAsync(CancellationToken.None).WaitAsync(s_patience);

        if (flow.Runs() is { } runs)
        {
            Assert.Equal(RunStatus.Succeeded, loop.State.Status);
            var ran = rig.Work.Ran.Select(path => path.Split('[')[0]).ToHashSet();
            Assert.Equal(runs.Order(), ran.Order());
            var skipped = rig.Journal.Read(loop.Run).OfType<NodeSkipped>().Select(one => one.Node).ToHashSet();
            Assert.Empty(skipped.Intersect(rig.Work.Ran));
        }
        else
        {
            Assert.Equal(RunStatus.Failed, loop.State.Status);
        }
    }

    [Property(MaxTest = 60)]
    public async Task TheSameJournal_RebuildsTheSameState_AtEveryPrefix(int seed)
    {
        var flow = new RandomFlow(seed, stops: true);
        using var rig = new FlowRig();
        flow.Script(rig);
        var loop = await rig.LoopAsync(flow.Json, flow.Inputs);
        await loop.RunAsync(CancellationToken.None).WaitAsync(s_patience);
        var events = rig.Journal.Read(loop.Run);

        // One state that is told each event, against one that is made anew of what a database would give back.
        var told = new RunState(loop.State.Plan);
        for (var i = 0; i < events.Count; i++)
        {
            told.Apply(events[i]);
            Assert.Equal(Describe(told), Describe(RunState.Fold(loop.State.Plan, rig.Journal.Read(loop.Run).Take(i + 1))));
        }

        Assert.Equal(Describe(loop.State), Describe(told));
        Assert.Equal(Enumerable.Range(1, events.Count).Select(i => (long)i), events.Select(one => one.Seq));
        Assert.IsType<RunFinished>(events[^1]);
    }

    [Property(MaxTest = 40)]
    public async Task ATimeline_ShowsWhatTheFoldMakes_WhereverSomebodyGoes(int seed, byte kept)
    {
        var flow = new RandomFlow(seed, stops: true);
        using var rig = new FlowRig();
        flow.Script(rig);
        var loop = await rig.LoopAsync(flow.Json, flow.Inputs);
        await loop.RunAsync(CancellationToken.None).WaitAsync(s_patience);
        var events = rig.Journal.Read(loop.Run);
        var timeline = new RunTimeline(loop.State.Plan, (after, token) => rig.Journal.ReadAsync(loop.Run, after, token), 1 + kept);
        foreach (var happened in events)
        {
            timeline.Append(happened);
        }

        var random = new Random(seed);
        for (var i = 0; i < 30; i++)
        {
            var seq = random.Next(1, events.Count + 1);
            Assert.Equal(Describe(RunState.Fold(loop.State.Plan, events.Take(seq))), Describe(await timeline.AtAsync(seq, CancellationToken.None)));
        }
    }

    [Property(MaxTest = 150)]
    public async Task ARun_CutOffAnywhere_EndsAsItWouldHave_AndNothingThatWasDoneIsDoneAgain(int seed, byte place, byte again)
    {
        var flow = new RandomFlow(seed);
        using var rig = new FlowRig();
        flow.Script(rig);
        var loop = await rig.LoopAsync(flow.Json, flow.Inputs);
        await loop.RunAsync(CancellationToken.None).WaitAsync(s_patience);
        var whole = Outputs(loop.State);

        foreach (var at in new[] { place, again })
        {
            var length = rig.Journal.Read(loop.Run).Count;
            rig.Journal.Cut(loop.Run, 1 + (at % (length - 1)));
            var done = rig.Journal.Read(loop.Run).Where(one => one is NodeSucceeded or NodeFailed or NodeSkipped).Select(one => one.Node).ToHashSet();
            rig.Work.Ran.Clear();
            var reopened = await rig.ReopenAsync(loop.Run);
            await reopened.RunAsync(CancellationToken.None).WaitAsync(s_patience);

            Assert.Equal(RunStatus.Succeeded, reopened.State.Status);
            Assert.Equal(whole, Outputs(reopened.State));
            Assert.Empty(done.Intersect(rig.Work.Ran));
        }
    }

    [Property(MaxTest = 100)]
    public async Task AChangeOfTheWorld_IsNeverMadeTwice_WithoutAsking(int seed, byte place)
    {
        var flow = new RandomFlow(seed, uncertain: true);
        using var rig = new FlowRig();
        flow.Script(rig);
        var loop = await rig.LoopAsync(flow.Json, flow.Inputs);
        await loop.RunAsync(CancellationToken.None).WaitAsync(s_patience);
        var length = rig.Journal.Read(loop.Run).Count;
        rig.Journal.Cut(loop.Run, 1 + (place % (length - 1)));
        var started = rig.Journal.Read(loop.Run).OfType<NodeStarted>().Select(one => one.Node).ToHashSet();
        var ended = rig.Journal.Read(loop.Run).Where(one => one is NodeSucceeded or NodeFailed).Select(one => one.Node).ToHashSet();
        rig.Work.Ran.Clear();

        var reopened = await rig.ReopenAsync(loop.Run);
        await reopened.RunAsync(CancellationToken.None).WaitAsync(s_patience);

        var changes = flow.Nodes.Where(node => node is { Effects: "changes", IsContainer: false }).Select(node => node.Id).ToList();
        Assert.Empty(changes.Intersect(started).Intersect(rig.Work.Ran));
        var asked = changes.Where(id => started.Contains(id) && !ended.Contains(id)).ToList();
        Assert.Equal(asked.Order(), reopened.State.WaitingFor.Select(one => one.Node).Order());
        Assert.Equal(asked.Count > 0 ? RunStatus.Uncertain : RunStatus.Succeeded, reopened.State.Status);
    }

    [Property(MaxTest = 40)]
    public async Task Cancel_StopsEverything_AtAnyMoment(int seed, byte moment)
    {
        var flow = new RandomFlow(seed, stops: true);
        using var rig = new FlowRig();
        var started = 0;
        RunLoop? loop = null;
        Task? cancelled = null;
        flow.Script(rig, async (_, token) =>
        {
            if (Interlocked.Increment(ref started) == 1 + (moment % 6))
            {
                cancelled = loop!.CancelAsync(null);
            }

            await Task.Delay(moment % 3, token);
        });
        loop = await rig.LoopAsync(flow.Json, flow.Inputs);

        await loop.RunAsync(CancellationToken.None).WaitAsync(s_patience);
        await (cancelled ?? Task.CompletedTask);

        var events = rig.Journal.Read(loop.Run);
        var at = events.ToList().FindIndex(one => one is CancelRequested);
        if (at >= 0)
        {
            Assert.Equal(RunStatus.Cancelled, loop.State.Status);
            Assert.DoesNotContain(events.Skip(at), one => one is NodeStarted);
        }
    }

    private static string Outputs(RunState state) => string.Join('\n', state.Outputs.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key}={one.Value}"));

    // Everything that a state says, as text.
    private static string Describe(RunState state)
    {
        var text = new StringBuilder($"{state.Status} {state.LastSeq} {state.StepCount} {state.Usage} {state.Error?.Code} {state.ClockAt}\n");
        Describe(state.Root, text);
        return text.Append(Outputs(state)).ToString();
    }

    private static void Describe(ScopeState scope, StringBuilder text)
    {
        text.Append(scope.Prefix).Append(scope.Open).Append(' ').AppendJoin(',', scope.Edges).Append('\n');
        foreach (var node in scope.Nodes)
        {
            text.Append(node.Path).Append(' ').Append(node.Status).Append(' ').Append(node.Attempt).Append(' ').Append(node.Failures).Append(' ').Append(node.Unknown).Append(' ')
                .Append(node.Taken).Append(' ').AppendJoin(',', node.Outputs?.Select(one => $"{one.Key}={one.Value}") ?? []).Append('\n');
            foreach (var (_, inner) in node.Container?.Scopes.OrderBy(one => one.Key) ?? Enumerable.Empty<KeyValuePair<int, ScopeState>>())
            {
                Describe(inner, text);
            }
        }
    }
}
