namespace MistralStudio.Inference.Tests.Engine;

public sealed class CancellationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(2000, 1)]
    [InlineData(20, 3)]
    public async Task WhoLeavesInAStep_CausesNoFurtherOne(int promptTokens, int leavesAt)
    {
        await using var engine = new TestEngine();
        using var leave = new CancellationTokenSource();
        engine.Decoder.BeforeStep = step =>
        {
            if (step == leavesAt)
            {
                leave.Cancel();
            }
        };
        var left = engine.Submit(TestEngine.Request(TestEngine.Prompt(promptTokens), most: 1000), leave.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TestEngine.ReadAsync(left, Token));
        Assert.Equal(leavesAt, engine.Decoder.Steps);
        Assert.Equal(0, engine.Loop.ActiveRequests);
    }

    [Fact]
    public async Task WhatALeaverHadComputed_ServesTheNextOne()
    {
        await using var engine = new TestEngine();
        using var leave = new CancellationTokenSource();
        engine.Decoder.BeforeStep = step =>
        {
            if (step == 3)
            {
                leave.Cancel();
            }
        };
        var prompt = TestEngine.Prompt(1000);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.AskAsync(TestEngine.Request(prompt), leave.Token));
        var again = await engine.AskAsync(TestEngine.Request(prompt), Token);
        Assert.Equal(3 * 128, again.End!.Timings.CachedTokens);
    }
}
