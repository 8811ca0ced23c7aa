using MistralStudio.Inference.Engine;

namespace MistralStudio.Inference.Tests.Engine;

public sealed class StepPlanTests
{
    [Theory]
    [InlineData(500, false, false, 128)]
    [InlineData(500, true, false, 32)]
    [InlineData(500, true, true, 128)]
    [InlineData(20, true, false, 20)]
    public void ChunkOf_IsShort_WhereOthersWaitForTokens(int left, bool othersDecode, bool reproducible, int chunk) =>
        Assert.Equal(chunk, StepPlan.ChunkOf(left, othersDecode, reproducible));

    [Fact]
    public void BestReuse_TakesTheLongestCommonBeginning_AndLeavesATokenToCompute()
    {
        var prompt = Enumerable.Range(0, 100).ToArray();
        IReadOnlyList<int>[] cached = [[], [.. prompt.Take(40), 7, 7], [.. prompt, 100, 101], [.. prompt.Take(10)]];
        Assert.Equal((2, 99), StepPlan.BestReuse(cached, prompt));
        Assert.Equal((1, 40), StepPlan.BestReuse(cached[..2], prompt));
        Assert.Equal((-1, 0), StepPlan.BestReuse([[], [.. prompt.Take(10)]], prompt));
    }
}
