using MistralStudio.Agents.Writing;

namespace MistralStudio.Agents.Tests.Writing;

public sealed class RepetitionTests
{
    [Theory]
    [InlineData(8)]
    [InlineData(83)]
    [InlineData(400)]
    public void WhatIsSaidOverAndOver_IsFound_AfterWhateverBeginning(int period)
    {
        var piece = new string([.. Enumerable.Range(0, period).Select(i => (char)('a' + (i * i % 26)))]);

        Assert.True(Repetition.IsStuck("It began well. " + string.Concat(Enumerable.Repeat(piece, (600 / period) + 6))));
    }

    [Fact]
    public void ATextThatGoesOn_IsNot()
    {
        Assert.False(Repetition.IsStuck(""));
        Assert.False(Repetition.IsStuck(string.Concat(Enumerable.Range(0, 400).Select(i => $"{{\"id\":\"node{i}\",\"type\":\"template\"}},"))));
        Assert.False(Repetition.IsStuck(string.Concat(Enumerable.Repeat("The same sentence, said five times over. ", 5))));
        Assert.False(Repetition.IsStuck(string.Concat(Enumerable.Repeat("The same sentence. ", 60)) + "And then another."));
    }
}
