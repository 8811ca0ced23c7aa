using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Tests.Structured;

namespace MistralStudio.Inference.Tests.Engine;

/// <summary>The first words of an answer are passed on before the next step begins, and nobody is waited for who does not come back.</summary>
public sealed class HandoverTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AReader_WhoComesBackOrNot_GetsTheSameAnswer_AndHoldsNobodyUp(bool comesBack)
    {
        await using var engine = new TestEngine();
        var request = TestEngine.Request(TestEngine.Prompt(50), most: 12);
        var expected = await engine.AskAsync(request, Token);

        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var generation = new Generation(request, Vocabularies.Bytes.Vocabulary, TimeProvider.System, TimeProvider.System.GetTimestamp(), Token) { FirstRead = read };
        engine.Loop.Submit(generation);
        if (comesBack)
        {
            await generation.Events.WaitToReadAsync(Token);
            read.SetResult();
        }

        Assert.Equal(expected.Texts, (await TestEngine.ReadAsync(generation, Token)).Texts);
        Assert.Equal(comesBack, read.Task.IsCompleted);
    }
}
