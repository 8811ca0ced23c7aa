using Microsoft.Extensions.Time.Testing;
using MistralStudio.Inference.Engine;

namespace MistralStudio.Inference.Tests.Engine;

public sealed class EngineFailureTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AStepThatFails_EndsItsRequests_AndTheNextOneFindsAFreshDecoder()
    {
        await using var engine = new TestEngine();
        var expected = await engine.AskAsync(TestEngine.Request(TestEngine.Prompt(40)), Token);
        var fails = engine.Decoder.Steps + 6;
        engine.Decoder.BeforeStep = step =>
        {
            if (step == fails)
            {
                throw new InvalidOperationException("The step fails.");
            }
        };
        var failed = await engine.AskAsync(TestEngine.Request(TestEngine.Prompt(40)), Token);
        Assert.Equal("model.engine_failed", failed.Error!.Code);
        var again = await engine.AskAsync(TestEngine.Request(TestEngine.Prompt(40)), Token);
        Assert.Equal(expected.Texts[0], again.Texts[0]);
        Assert.Equal(0, again.End!.Timings.CachedTokens);
        Assert.Equal((1, 0), (engine.Decoder.Resets, engine.Loop.ActiveRequests));
    }

    [Fact]
    public async Task AnotherModelsEngine_GoesOn()
    {
        await using var broken = new TestEngine();
        await using var sound = new TestEngine();
        broken.Decoder.BeforeStep = _ => throw new InvalidOperationException("Every step fails.");
        var failed = broken.AskAsync(TestEngine.Request([1, 2]), Token);
        Assert.NotNull((await sound.AskAsync(TestEngine.Request([1, 2]), Token)).End);
        Assert.NotNull((await failed).Error);
    }

    [Fact]
    public async Task ADecoderThatAlwaysFails_IsTriedOnceARequest_AndEverMoreSeldom()
    {
        var time = new FakeTimeProvider();
        await using var engine = new TestEngine(slots: 1, time: time);
        engine.Decoder.BeforeStep = _ => throw new InvalidOperationException("Every step fails.");
        var requests = Enumerable.Range(0, 4).Select(_ => engine.AskAsync(TestEngine.Request([1, 2]), Token)).ToList();
        await Task.WhenAll(requests[0], requests[1]);
        // The loop rests: nothing is tried until time passes.
        Assert.Equal(2, engine.Decoder.Steps);
        Assert.False(requests[2].IsCompleted);
        while (requests.Exists(request => !request.IsCompleted))
        {
            Token.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        Assert.Equal(4, engine.Decoder.Steps);
        Assert.All(await Task.WhenAll(requests), answer => Assert.Equal("model.engine_failed", answer.Error!.Code));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 100)]
    [InlineData(3, 200)]
    [InlineData(5, 800)]
    [InlineData(7, 3200)]
    [InlineData(8, 5000)]
    [InlineData(1000, 5000)]
    public void PauseAfter_GrowsToFiveSeconds(int failures, int milliseconds) =>
        Assert.Equal(milliseconds, StepPlan.PauseAfter(failures).TotalMilliseconds);
}
