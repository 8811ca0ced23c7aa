using MistralStudio.Inference.Sampling;
using MistralStudio.Inference.Tests.Structured;

namespace MistralStudio.Inference.Tests.Sampling;

public sealed class SamplerTests
{
    [Fact]
    public void Typical_LeavesOutWhatIsTooPredictable_AndWhatIsTooSurprising()
    {
        // p = .5 has 0.69 nats, .125 has 2.08, .0625 has 2.77; the entropy is 1.65: .125 is the most typical.
        Candidate[] candidates = [new(8, 0), new(2, 1), new(2, 2), new(2, 3), new(1, 4), new(1, 5)];
        var sum = 16f;
        var kept = TypicalSampling.Keep(candidates, 0.3f, ref sum);
        Assert.Equal([1, 2, 3], kept.ToArray().Select(candidate => candidate.Token));
        Assert.Equal(6, sum);
    }

    [Fact]
    public void Typical_KeepsTheLikeliest_WhereTheProbabilityAsksForIt()
    {
        Candidate[] candidates = [new(8, 0), new(2, 1), new(2, 2), new(2, 3), new(1, 4), new(1, 5)];
        var sum = 16f;
        Assert.Equal([0, 1, 2, 3], TypicalSampling.Keep(candidates, 0.8f, ref sum).ToArray().Select(candidate => candidate.Token));
    }

    [Fact]
    public void Draws_FollowTheDistribution()
    {
        float[] logits = [MathF.Log(0.7f), MathF.Log(0.2f), MathF.Log(0.1f), -100];
        var sampler = new Sampler(new SamplingOptions { Temperature = 1, TopK = 0, TopP = 1, Seed = 5 }, []);
        var counts = new int[4];
        for (var i = 0; i < 10_000; i++)
        {
            counts[sampler.Sample([.. logits])]++;
        }

        Assert.InRange(counts[0], 6800, 7200);
        Assert.InRange(counts[1], 1850, 2150);
        Assert.Equal(0, counts[3]);
    }

    [Theory]
    [InlineData(0.5f, 1f, 0f, 1)]
    [InlineData(0.8f, 1f, 0f, 2)]
    [InlineData(1f, 1f, 0.5f, 1)]
    [InlineData(1f, 1f, 0.2f, 2)]
    public void TopPAndMinP_CutTheTail(float topP, float temperature, float minP, int tokens)
    {
        float[] logits = [MathF.Log(0.6f), MathF.Log(0.25f), MathF.Log(0.1f), MathF.Log(0.05f)];
        var sampler = new Sampler(new SamplingOptions { Temperature = temperature, TopK = 0, TopP = topP, MinP = minP, Seed = 5 }, []);
        Assert.Equal(tokens, Enumerable.Range(0, 500).Select(_ => sampler.Sample([.. logits])).Distinct().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(40)]
    [InlineData(990)]
    public void TopK_LeavesTheLikeliest_OfAnyOrder(int k)
    {
        var random = new Random(k);
        for (var round = 0; round < 20; round++)
        {
            // Of whole numbers many are equal: of those the first are kept.
            float[] logits = [.. Enumerable.Range(0, 1003).Select(_ => (float)random.Next(0, 40) / 8)];
            var likeliest = Enumerable.Range(0, logits.Length).OrderByDescending(token => logits[token]).ThenBy(token => token).Take(k).ToHashSet();
            var sampler = new Sampler(new SamplingOptions { Temperature = 2, TopK = k, TopP = 1, Seed = round }, []);
            Assert.All(Enumerable.Range(0, 200), _ => Assert.Contains(sampler.Sample([.. logits]), likeliest));
        }
    }

    [Fact]
    public void Logprobs_AreNormalised_AndNameTheLikeliest()
    {
        var logprobs = new TokenLogprobs(Vocabularies.Bytes.Vocabulary, top: 2);
        var logits = new float[Vocabularies.Bytes.Vocabulary.Count];
        logits[65] = 6;
        logits[66] = 5;
        logprobs.Read(logits);
        var token = logprobs.Of(66);
        Assert.Equal(("B", 65, 66), (token.Text, token.Top[0].Token, token.Top[1].Token));
        Assert.Equal(5 - Math.Log(Math.Exp(6) + Math.Exp(5) + logits.Length - 2), token.Logprob, 4);
        Assert.Equal(token.Logprob, token.Top[1].Logprob);
    }
}
