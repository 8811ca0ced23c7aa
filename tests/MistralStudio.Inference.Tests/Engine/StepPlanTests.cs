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

    [Theory]
    [InlineData(500, 4, 0.5, 56)]
    [InlineData(500, 20, 0.5, 128)]
    [InlineData(500, 1, 1, 24)]
    [InlineData(10, 20, 0.5, 10)]
    public void ChunkOf_TakesNoLongerThanThoseWhoDecodeShallWait(int left, double decodeMs, double prefillMsPerToken, int chunk) =>
        Assert.Equal(chunk, StepPlan.ChunkOf(left, othersDecode: true, fixedLengths: false, decodeMs, prefillMsPerToken));

    [Theory]
    [InlineData(40, 40)]
    [InlineData(102, 99)]
    [InlineData(10, 0)]
    public void Reusable_LeavesATokenToCompute_AndAShortBeginningAlone(int cached, int reused)
    {
        var prompt = Enumerable.Range(0, 100).ToArray();
        Assert.Equal(reused, StepPlan.Reusable(Enumerable.Range(0, cached).ToArray(), prompt));
    }
}
