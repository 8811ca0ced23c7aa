using MistralStudio.Agents.Turns;

namespace MistralStudio.Agents.Tests;

public sealed class PromptBudgetTests
{
    [Theory]
    // Everything fits.
    [InlineData(2048, 512, 100, new[] { 200, 200 }, new[] { 50, 50 }, 2, 0, 936)]
    // No knowledge: the history has all of it, and the oldest goes first.
    [InlineData(1000, 500, 100, new int[0], new[] { 300, 200, 200 }, 0, 1, 0)]
    // No history: passages have all of it.
    [InlineData(1000, 400, 200, new[] { 200, 200, 200 }, new int[0], 2, 0, 0)]
    // Both want more than there is: evidence before memory.
    [InlineData(1000, 400, 200, new[] { 200, 200, 200 }, new[] { 100, 90, 80 }, 1, 1, 30)]
    // What the history leaves goes back to passages.
    [InlineData(1000, 400, 200, new[] { 150, 140, 100 }, new[] { 10 }, 3, 0, 0)]
    // Instructions and question alone do not fit: nothing else is kept, and the model says so.
    [InlineData(500, 250, 900, new[] { 10 }, new[] { 10 }, 0, 1, 0)]
    public void Fit_KeepsTheBestPassages_AndTheLatestMessages(
        int context, int answer, int required, int[] passages, int[] history, int keptPassages, int firstMessage, int left) =>
        Assert.Equal(new PromptBudget(keptPassages, firstMessage, left), PromptBudget.Fit(context, answer, required, passages, history));
}
