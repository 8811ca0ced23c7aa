using MistralStudio.Inference.Hosting;

namespace MistralStudio.Inference.Tests.Hosting;

public sealed class MemoryPlanTests
{
    private static readonly LoadedModel s_old = new("old", 30, IsBusy: false, IsKept: false, LastUsed: 1);
    private static readonly LoadedModel s_new = new("new", 30, IsBusy: false, IsKept: false, LastUsed: 2);
    private static readonly LoadedModel s_busy = new("busy", 30, IsBusy: true, IsKept: false, LastUsed: 0);
    private static readonly LoadedModel s_kept = new("kept", 30, IsBusy: false, IsKept: true, LastUsed: 0);

    [Theory]
    [InlineData(70, "")]
    [InlineData(40, "")]
    [InlineData(41, "old")]
    [InlineData(70 + 1, "old,new")]
    public void IdleModels_MakePlace_TheOneUsedLongestAgoFirst(int needed, string unloaded)
    {
        var plan = MemoryPlan.Decide(100, needed, needed == 70 ? [s_old] : [s_new, s_old]);
        Assert.Equal(unloaded, string.Join(',', Assert.IsType<MemoryPlan.Unload>(plan).Ids));
    }

    [Fact]
    public void AnIdleModel_IsPickedBeforeABusyOne() =>
        Assert.Equal(["new"], Assert.IsType<MemoryPlan.Unload>(MemoryPlan.Decide(100, 60, [s_busy, s_new])).Ids);

    [Fact]
    public void WhereOnlyBusyModelsCouldMakePlace_ItWaitsForThem() =>
        Assert.Equal(["busy"], Assert.IsType<MemoryPlan.Wait>(MemoryPlan.Decide(100, 71, [s_busy, s_new])).Busy);

    [Fact]
    public void ModelsThatAreKeptWarm_NeverMakePlace() =>
        Assert.Equal(30, Assert.IsType<MemoryPlan.Never>(MemoryPlan.Decide(100, 71, [s_kept, s_new])).KeptBytes);

    [Fact]
    public void AModelLargerThanTheBudget_NeverFits() => Assert.IsType<MemoryPlan.Never>(MemoryPlan.Decide(100, 101, []));
}
