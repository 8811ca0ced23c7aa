using MistralStudio.Inference.Hosting;

namespace MistralStudio.Inference.Tests.Hosting;

public sealed class SlotSizeTests
{
    private const long Gigabyte = 1L << 30;

    // The starter: 95 MB of weights, 45 KB a token; a model of 7 billion parameters: 4 GB and 512 KB.
    private static readonly ModelFootprint s_small = new(95L << 20, 46_080, 8192);
    private static readonly ModelFootprint s_large = new(4 * Gigabyte, 512 << 10, 32_768);

    [Theory]
    [InlineData(2, 8, 2048)]
    [InlineData(8, 8, 4096)]
    [InlineData(12, 8, 8192)]
    [InlineData(64, 16, 8192)]
    [InlineData(1, 8, 2048)]
    [InlineData(0.5, 4, 2048)]
    [InlineData(0.125, 1, 512)]
    public void Conversations_GrowWithTheBudget_AndShrinkToFit(double gigabytes, int slots, int tokens) =>
        Assert.Equal(new SlotSize(slots, tokens), SlotSize.Choose(s_small, (long)(gigabytes * Gigabyte), 0, 0));

    [Theory]
    [InlineData(16, 8, 2048)]
    [InlineData(6, 2, 2048)]
    [InlineData(5, 1, 2048)]
    [InlineData(4.6, 1, 1024)]
    public void ALargeModel_HasFewer(double gigabytes, int slots, int tokens) =>
        Assert.Equal(new SlotSize(slots, tokens), SlotSize.Choose(s_large, (long)(gigabytes * Gigabyte), 0, 0));

    [Theory]
    [InlineData(3, 1000, 3, 960)]
    [InlineData(3, 100_000, 3, 8192)]
    public void WhatTheOperatorSays_Holds_UpToWhatTheModelWasTrainedOn(int slots, int tokens, int chosenSlots, int chosenTokens) =>
        Assert.Equal(new SlotSize(chosenSlots, chosenTokens), SlotSize.Choose(s_small, Gigabyte / 8, slots, tokens));
}
