using MistralStudio.Core.Models;
using MistralStudio.Inference.Engine;

namespace MistralStudio.Inference.Tests.Engine;

public sealed class AdmissionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 0, 0, true)]
    [InlineData(63, 63, 0, true)]
    [InlineData(64, 64, 0, false)]
    [InlineData(64, 64, 1, true)]
    [InlineData(64, 0, 0, true)]
    [InlineData(511, 3, 0, true)]
    [InlineData(512, 0, 0, false)]
    public void Decide_LetsAClientHaveItsShare_AndAllTheWholeQueue(int waiting, int ofClient, int free, bool admitted) =>
        Assert.Equal(admitted, Admission.Decide(new EngineLoad(waiting, ofClient, free, Slots: 8, SecondsPerAnswer: 4), share: 64).IsAdmitted);

    [Theory]
    [InlineData(64, null, 2)]
    [InlineData(64, 4.0, 8)]
    [InlineData(512, 4.0, 60)]
    [InlineData(64, 0.001, 1)]
    public void WhoIsRefused_ComesBackWhenAQuarterOfTheQueueHasBegun(int waiting, double? secondsPerAnswer, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Admission.Decide(new EngineLoad(waiting, waiting, 0, Slots: 8, secondsPerAnswer), share: 64).RetryAfter);

    [Fact]
    public async Task WhoFloodsTheQueue_WaitsForHisOwn_NotOthersForHim()
    {
        await using var engine = new TestEngine(slots: 1, share: 64);
        using var gate = new StepGate(engine.Decoder);
        var order = new List<string>();
        var flood = new List<Task>();
        try
        {
            while (true)
            {
                flood.Add(NoteAsync("flood"));
            }
        }
        catch (ModelException refused)
        {
            Assert.Equal("model.queue_full", refused.Error.Code);
            Assert.True(refused.RetryAfter > TimeSpan.Zero);
        }

        Assert.Equal(64 + 1, flood.Count);
        var other = NoteAsync("other");
        gate.Open();
        await Task.WhenAll([.. flood, other]);
        // One ran already, one had its turn; the third is the other's.
        Assert.InRange(order.IndexOf("other"), 0, 2);

        Task NoteAsync(string client)
        {
            var generation = engine.Submit(TestEngine.Request([1, 2], most: 2) with { Client = client }, Token);
            // On the loop, in the order in which it ends them; readers get to their ends in any. No step ends before the gate is open.
            generation.Ending = (() => order.Add(client)) + generation.Ending;
            return TestEngine.ReadAsync(generation, Token);
        }
    }

    [Fact]
    public async Task WhoLeavesTheQueue_MakesPlaceAtOnce_WhileAStepIsUnderWay()
    {
        await using var engine = new TestEngine(slots: 1, share: 64);
        using var gate = new StepGate(engine.Decoder);
        var first = engine.Submit(TestEngine.Request([1, 2], most: 2), Token);
        await gate.Arrived;
        using var leave = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 64).Select(_ => engine.Submit(TestEngine.Request([1, 2]), leave.Token)).ToList();
        Assert.Throws<ModelException>(() => engine.Submit(TestEngine.Request([1, 2]), Token));
        await leave.CancelAsync();
        Assert.Equal((0, 1), (engine.Loop.WaitingRequests, engine.Loop.ActiveRequests));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TestEngine.ReadAsync(waiting[0], Token));
        gate.Open();
        Assert.NotNull((await TestEngine.ReadAsync(first, Token)).End);
    }
}
