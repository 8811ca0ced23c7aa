namespace MistralStudio.Inference.Tests.Engine;

public sealed class PrefixCacheTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ASecondPromptOfTwoThousandEqualTokens_ComputesLessThanATwentiethOfThem()
    {
        await using var engine = new TestEngine();
        var prefix = TestEngine.Prompt(2048);
        await engine.AskAsync(TestEngine.Request([.. prefix, 1, 2, 3]), Token);
        Assert.Equal(2051, engine.Decoder.PromptTokens);
        var second = await engine.AskAsync(TestEngine.Request([.. prefix, 4, 5, 6]), Token);
        Assert.Equal(2048, second.End!.Timings.CachedTokens);
        Assert.Equal(2051 + 3, engine.Decoder.PromptTokens);
    }

    [Fact]
    public async Task APromptWhoseBeginningIsStillBeingAnswered_IsCopiedFromThere()
    {
        await using var engine = new TestEngine();
        var prefix = TestEngine.Prompt(200);
        var first = engine.AskAsync(TestEngine.Request([.. prefix, 1], most: 500), Token);
        var second = engine.AskAsync(TestEngine.Request([.. prefix, 2], most: 500), Token);
        await Task.WhenAll(first, second);
        Assert.Equal(202, engine.Decoder.PromptTokens);
    }

    [Fact]
    public async Task ConversationsThatAlternate_KeepTheirPlaces()
    {
        await using var engine = new TestEngine(slots: 4);
        int[][] prompts = [.. Enumerable.Range(1, 3).Select(seed => TestEngine.Prompt(500, seed))];
        foreach (var prompt in prompts)
        {
            await engine.AskAsync(TestEngine.Request(prompt, most: 4), Token);
        }

        Assert.Equal(1500, engine.Decoder.PromptTokens);
        for (var turn = 0; turn < 3; turn++)
        {
            foreach (var prompt in prompts)
            {
                var again = await engine.AskAsync(TestEngine.Request([.. prompt, turn], most: 4), Token);
                Assert.InRange(again.End!.Timings.CachedTokens, 500, 501);
            }
        }
    }

    [Fact]
    public async Task TheConversationThatWasUsedLongestAgo_MakesPlaceFirst()
    {
        await using var engine = new TestEngine(slots: 2);
        int[][] prompts = [.. Enumerable.Range(1, 3).Select(seed => TestEngine.Prompt(100, seed))];
        foreach (var prompt in prompts)
        {
            await engine.AskAsync(TestEngine.Request(prompt, most: 4), Token);
        }

        var kept = await engine.AskAsync(TestEngine.Request(prompts[1], most: 4), Token);
        Assert.Equal(99, kept.End!.Timings.CachedTokens);
        var gone = await engine.AskAsync(TestEngine.Request(prompts[0], most: 4), Token);
        Assert.Equal(0, gone.End!.Timings.CachedTokens);
    }
}
