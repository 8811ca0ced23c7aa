using MistralStudio.Inference.Decoders;

namespace MistralStudio.Inference.Tests.Decoders;

public sealed class OnnxDecoderTests(StarterModel model) : IClassFixture<StarterModel>
{
    private const int Steps = 4;

    private static readonly int[][] s_prompts = [.. new[] { 5, 37, 64, 1 }.Select((length, i) => Tokens(length, seed: i))];

    [Fact]
    public void Decode_GivesTheSameLogits_AloneAndInABatchOfOtherLengths()
    {
        var alone = s_prompts.Select(prompt => Continue(slot: 0, prompt)).ToArray();

        for (var slot = 0; slot < s_prompts.Length; slot++)
        {
            model.Decoder.Prefill(slot, s_prompts[slot], 0, wantLogits: false);
        }

        Span<float> batched = [];
        for (var step = 0; step < Steps; step++)
        {
            batched = model.Decoder.Decode([.. s_prompts.Select(_ => 100 + step)], [.. s_prompts.Select(prompt => prompt.Length + step)]);
        }

        for (var row = 0; row < s_prompts.Length; row++)
        {
            Assert.Equal(alone[row], batched.Slice(row * model.Shape.Vocabulary, model.Shape.Vocabulary).ToArray());
        }
    }

    [Fact]
    public void TheGraphOfTheRuntimesOwnOperators_ComputesTheSameModel()
    {
        using var portable = new OnnxDecoder(model.Compile(DecoderForm.NBits), model.Shape, slots: 1, StarterModel.Capacity, threads: 2);
        var prompt = Tokens(48, seed: 21);

        var divergence = Distributions.Divergence(
            model.Decoder.Prefill(0, prompt, 0, wantLogits: true).ToArray(), portable.Prefill(0, prompt, 0, wantLogits: true));

        Assert.InRange(divergence, 0, 0.05);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(17)]
    public void Prefill_GivesTheSameLogits_InOnePieceAndInChunks(int chunk)
    {
        var prompt = Tokens(64, seed: 9);
        var whole = model.Decoder.Prefill(0, prompt, 0, wantLogits: true).ToArray();

        Span<float> logits = [];
        for (var start = 0; start < prompt.Length; start += chunk)
        {
            logits = model.Decoder.Prefill(1, prompt.AsSpan(start, Math.Min(chunk, prompt.Length - start)), start, start + chunk >= prompt.Length);
        }

        Assert.Equal(whole, logits);
    }

    [Fact]
    public void Copy_ReusesAPrefix_AtTheSamePositions()
    {
        var prompt = Tokens(64, seed: 11);
        var whole = model.Decoder.Prefill(0, prompt, 0, wantLogits: true).ToArray();
        model.Decoder.Prefill(2, Tokens(80, seed: 12), 0, wantLogits: false);

        model.Decoder.Copy(from: 0, to: 2, length: 40);
        var continued = model.Decoder.Prefill(2, prompt.AsSpan(40), 40, wantLogits: true);

        Assert.Equal(whole, continued);
    }

    [Fact]
    public void Swap_ExchangesTwoConversations_OfDifferentLengths()
    {
        var (first, second) = (Tokens(20, seed: 13), Tokens(50, seed: 14));
        var expected = Continue(slot: 0, first);
        model.Decoder.Prefill(0, second, 0, wantLogits: false);
        model.Decoder.Prefill(1, first, 0, wantLogits: false);

        model.Decoder.Swap(0, second.Length, 1, first.Length);
        Span<float> logits = [];
        for (var step = 0; step < Steps; step++)
        {
            logits = model.Decoder.Decode([100 + step], [first.Length + step]);
        }

        Assert.Equal(expected, logits.ToArray());
    }

    private float[] Continue(int slot, int[] prompt)
    {
        model.Decoder.Prefill(slot, prompt, 0, wantLogits: false);
        Span<float> logits = [];
        for (var step = 0; step < Steps; step++)
        {
            logits = model.Decoder.Decode([100 + step], [prompt.Length + step]);
        }

        return logits.ToArray();
    }

    private static int[] Tokens(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(17, 49_000))];
    }
}
