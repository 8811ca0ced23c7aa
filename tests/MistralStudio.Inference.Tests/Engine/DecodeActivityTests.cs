using MistralStudio.Inference.Engine;

namespace MistralStudio.Inference.Tests.Engine;

public sealed class DecodeActivityTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnEngine_IsBusyFromItsFirstStepToItsLastAnswer()
    {
        await using var engine = new TestEngine();
        using var gate = new StepGate(engine.Decoder);
        Assert.False(engine.Answers.IsBusy);

        var (first, second) = (engine.AskAsync(TestEngine.Request(TestEngine.Prompt(10)), Token), engine.AskAsync(TestEngine.Request(TestEngine.Prompt(20), most: 40), Token));
        await gate.Arrived.WaitAsync(Token);
        Assert.True(engine.Answers.IsBusy);
        var idle = engine.Answers.Idle;
        Assert.False(idle.IsCompleted);
        gate.Open();

        await Task.WhenAll(first, second);
        await idle.WaitAsync(Token);
        Assert.False(engine.Answers.IsBusy);
    }

    [Fact]
    public async Task AnEngineThatEnds_IsBusyNoLonger()
    {
        var engine = new TestEngine();
        var gate = new StepGate(engine.Decoder);
        engine.Submit(TestEngine.Request(TestEngine.Prompt(10), most: 10_000), Token);
        await gate.Arrived.WaitAsync(Token);
        var ending = engine.DisposeAsync();
        gate.Open();
        await ending;

        Assert.False(engine.Answers.IsBusy);
    }

    [Fact]
    public void SeveralEngines_AreBusyWhileOneIs()
    {
        var answers = new DecodeActivity();
        answers.Begin();
        answers.Begin();
        answers.End();
        Assert.True(answers.IsBusy);
        answers.End();
        Assert.False(answers.IsBusy);
        answers.Begin();
        Assert.False(answers.Idle.IsCompleted);
    }
}
