using System.Text.Json;
using MistralStudio.Inference.Structured;

namespace MistralStudio.Inference.Tests.Engine;

public sealed class ChoicesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(4)]
    [InlineData(2)]
    [InlineData(1)]
    public async Task SeveralAnswers_ComeFromOneReadingOfThePrompt_EachAsItsOwnSeedWouldGiveIt(int slots)
    {
        var prompt = TestEngine.Prompt(300);
        await using var engine = new TestEngine(slots);
        var answers = await engine.AskAsync(TestEngine.Request(prompt, seed: 40) with { Choices = 5 }, Token);
        Assert.Equal(prompt.Length, engine.Decoder.PromptTokens);
        Assert.Equal((prompt.Length, 5 * 20), (answers.End!.InputTokens, answers.End.OutputTokens));
        for (var i = 0; i < 5; i++)
        {
            await using var alone = new TestEngine();
            var one = await alone.AskAsync(TestEngine.Request(prompt, seed: 40 + i), Token);
            Assert.Equal(one.Texts[0], answers.Texts[i]);
            Assert.Equal("length", answers.Reasons[i]);
        }
    }

    [Fact]
    public async Task AnAnswerThatFollowsAGrammar_IsWhole_HoweverFewTokensItMayHave()
    {
        var schema = JsonDocument.Parse("""{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"}}},"required":["a"],"additionalProperties":false}""");
        var grammar = OutputGrammar.FromJsonSchema(schema.RootElement).Value;
        await using var engine = new TestEngine();
        for (var most = 8; most < 40; most++)
        {
            var answer = await engine.AskAsync(TestEngine.Request([65, 66], most, seed: most, temperature: 2) with { Grammar = new(grammar) }, Token);
            Assert.Equal(JsonValueKind.Array, JsonDocument.Parse(answer.Texts[0]).RootElement.GetProperty("a").ValueKind);
            Assert.Equal("stop", answer.Reasons[0]);
        }
    }

    [Fact]
    public async Task AGrammarThatDoesNotFit_EndsAsCutOff()
    {
        var grammar = OutputGrammar.FromChoices(["a long answer that has no room"]).Value;
        await using var engine = new TestEngine();
        var answer = await engine.AskAsync(TestEngine.Request([65], most: 6) with { Grammar = new(grammar) }, Token);
        Assert.Equal(("a long", "length"), (answer.Texts[0], answer.Reasons[0]));
    }

    [Fact]
    public async Task AnAnswerThatMayFollowAGrammar_DoesSoFromItsTriggerOn()
    {
        var grammar = OutputGrammar.FromChoices(["(yes)", "(no)"]).Value;
        await using var engine = new TestEngine();
        var answer = await engine.AskAsync(TestEngine.Request([65], most: 4000, seed: 3) with { Grammar = new(grammar, After: "k") }, Token);
        Assert.Matches("^[^k]*k\\((yes|no)\\)$", answer.Texts[0]);
        Assert.Equal("stop", answer.Reasons[0]);
    }

    [Fact]
    public async Task LogitBias_DecidesWhatIsWritten()
    {
        await using var engine = new TestEngine();
        var request = TestEngine.Request([65], most: 5);
        var answer = await engine.AskAsync(request with { Sampling = request.Sampling with { LogitBias = new Dictionary<int, float> { ['z'] = 100 } } }, Token);
        Assert.Equal("zzzzz", answer.Texts[0]);
    }

    [Fact]
    public async Task Logprobs_AreOfTheTextThatWasWritten_AndOfTheModelsOwnDistribution()
    {
        await using var engine = new TestEngine();
        var request = TestEngine.Request([65], most: 12) with { TopLogprobs = 3 };
        var biased = request with { Sampling = request.Sampling with { LogitBias = new Dictionary<int, float> { ['z'] = 100 } } };
        var answer = await engine.AskAsync(biased, Token);
        Assert.Equal("zzzzzzzzzzzz", string.Concat(answer.Logprobs[0].Select(token => token.Text)));
        Assert.All(answer.Logprobs[0], token =>
        {
            Assert.Equal(3, token.Top.Count);
            Assert.True(token.Top[0].Logprob >= token.Top[1].Logprob && token.Top[1].Logprob >= token.Top[2].Logprob);
            // 256 tokens within 4 nats of each other: none has a probability near that of the bias.
            Assert.InRange(token.Logprob, -9.6f, -1.5f);
        });
    }

    [Fact]
    public async Task LogprobsOfWhatAStopStringTookAway_AreLeftOut()
    {
        await using var engine = new TestEngine();
        var free = await engine.AskAsync(TestEngine.Request([65], most: 30, temperature: 0) with { TopLogprobs = 0 }, Token);
        var stop = string.Concat(free.Logprobs[0][10].Text, free.Logprobs[0][11].Text);
        var cut = await engine.AskAsync(TestEngine.Request([65], most: 30, temperature: 0) with { TopLogprobs = 0, Stops = [stop] }, Token);
        Assert.Equal("stop", cut.Reasons[0]);
        Assert.Equal(cut.Texts[0], string.Concat(cut.Logprobs[0].Select(token => token.Text)));
        Assert.StartsWith(cut.Texts[0], free.Texts[0], StringComparison.Ordinal);
        Assert.True(cut.Texts[0].Length < free.Texts[0].Length);
    }
}
