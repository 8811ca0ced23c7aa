using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Sampling;
using MistralStudio.Inference.Structured;

namespace MistralStudio.Inference.Tests.Engine;

/// <summary>Same request and seed, alone or in any company: same text.</summary>
public sealed class SameTextTests
{
    private static readonly OutputGrammar s_object = OutputGrammar.FromJsonSchema(JsonDocument.Parse(
        """{"type":"object","properties":{"name":{"type":"string","maxLength":12},"size":{"enum":["s","m","l"]}},"required":["name","size"],"additionalProperties":false}""").RootElement).Value;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Property(MaxTest = 15)]
    public Property AnAnswer_IsTheSame_AloneAndInAnyBatch() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        RunAsync(seed).GetAwaiter().GetResult();
        return true;
    });

    private static async Task RunAsync(int seed)
    {
        var random = new Random(seed);
        var requests = Enumerable.Range(0, 12).Select(_ => Any(random)).ToList();
        var alone = new List<TestAnswer>();
        foreach (var request in requests)
        {
            await using var engine = new TestEngine(slots: 8, capacity: 512);
            alone.Add(await engine.AskAsync(request, Token));
        }

        await using var together = new TestEngine(random.Next(1, 6), capacity: 512);
        using var leave = new CancellationTokenSource();
        var answers = requests.Select(request => together.AskAsync(request, Token)).ToList();
        // Some come and go beside them.
        var strangers = Enumerable.Range(0, 5).Select(_ => together.Submit(Any(random), leave.Token)).ToList();
        await answers[random.Next(answers.Count)];
        await leave.CancelAsync();
        for (var i = 0; i < requests.Count; i++)
        {
            var answer = await answers[i];
            Assert.Equal(alone[i].Texts, answer.Texts);
            Assert.Equal(alone[i].Reasons, answer.Reasons);
            Assert.Equal(alone[i].Logprobs[0].Select(token => token.Token), answer.Logprobs[0].Select(token => token.Token));
            Assert.Equal(alone[i].End!.OutputTokens, answer.End!.OutputTokens);
        }
    }

    private static GenerationRequest Any(Random random) => new(
        // Few beginnings, so that many share one.
        [.. TestEngine.Prompt(random.Next(0, 3) * 60, seed: 1), .. TestEngine.Prompt(random.Next(1, 120), random.Next())],
        random.Next(1, 60),
        new SamplingOptions
        {
            Temperature = random.Next(3) * 0.6f,
            Seed = random.Next(1000),
            TypicalP = random.Next(2) == 0 ? 1 : 0.7f,
            FrequencyPenalty = random.Next(2),
            RepetitionPenalty = 1 + (random.Next(2) * 0.2f),
            LogitBias = random.Next(2) == 0 ? new Dictionary<int, float> { ['x'] = 2 } : [],
        },
        random.Next(3) == 0 ? ["ab", "q"] : [])
    {
        Grammar = random.Next(3) == 0 ? new AnswerGrammar(s_object, random.Next(2) == 0 ? null : "k") : null,
        Choices = random.Next(4) == 0 ? random.Next(2, 10) : 1,
        TopLogprobs = random.Next(3) == 0 ? random.Next(4) : null,
    };
}
