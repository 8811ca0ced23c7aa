using MistralStudio.Inference.Decoders;

namespace MistralStudio.Inference.Tests.Decoders;

/// <summary>
/// The graph in float16, on the processor. Its provider has the operators for weights of few bits, attention and norms; around others it widens, and
/// leaves out what would be rounded between two of them. Weights, keys and values are float16 in any case.
/// </summary>
public sealed class HalfDecoderTests(ITestOutputHelper output)
{
    /// <summary>Nats, for any of the prompts; activations of 8 bits are allowed ten to twenty times that.</summary>
    private const double MostDivergence = 2e-3;

    private const double MostDifference = 2e-2;

    [Theory]
    [InlineData("llama/llama-f32")]
    [InlineData("llama/llama-q4_0")]
    [InlineData("llama/llama-q4_1")]
    [InlineData("llama/llama-q8_0")]
    [InlineData("llama-wide/llama-wide-q4_k_m")]
    [InlineData("llama3/llama3-f32")]
    [InlineData("mistral/mistral-f32")]
    [InlineData("ministral3/ministral3-f32")]
    [InlineData("ministral3-tied/ministral3-tied-f32")]
    [InlineData("qwen2/qwen2-f32")]
    [InlineData("qwen2/qwen2-q8_0")]
    [InlineData("qwen3/qwen3-f32")]
    [InlineData("qwen3/qwen3-q8_0")]
    public void Probabilities_AreNearThoseOfFloat32(string name)
    {
        using var exact = new FamilyModel(FamilyModel.Find(name), DecoderForm.Device, allFloat: false);
        using var half = new FamilyModel(FamilyModel.Find(name), DecoderForm.DeviceHalf, allFloat: false);
        foreach (var golden in FamilyModel.Goldens(name))
        {
            var (expected, logits) = (exact.Prefill(golden.Tokens), half.Prefill(golden.Tokens));
            Compare($"{golden.Tokens.Length} tokens", expected, logits);
            Compare("and one", exact.Decoder.Decode([7], [golden.Tokens.Length]), half.Decoder.Decode([7], [golden.Tokens.Length]));

            // Otherwise nothing was rounded: the graph would be the other one.
            Assert.NotEqual(expected, logits);
        }

        void Compare(string what, ReadOnlySpan<float> expected, ReadOnlySpan<float> logits)
        {
            var (difference, divergence) = Distance(expected, logits);
            output.WriteLine($"{name}, {what}: probability off by {difference:G2}, KL {divergence:G2}");
            Assert.InRange(difference, 0, MostDifference);
            Assert.InRange(divergence, 0, MostDivergence);
        }
    }

    [Theory]
    [InlineData("llama/llama-q4_0")]
    [InlineData("ministral3/ministral3-f32")]
    [InlineData("qwen3/qwen3-q8_0")]
    public void Conversations_AreTheSame_InChunks_InBatches_AndMoved(string name)
    {
        using var model = new FamilyModel(FamilyModel.Find(name), DecoderForm.DeviceHalf, allFloat: false);
        var prompts = FamilyModel.Goldens(name).Select(golden => golden.Tokens).Take(3).ToList();
        var alone = prompts.Select(prompt =>
        {
            model.Prefill(prompt);
            return model.Decoder.Decode([7], [prompt.Length]).ToArray();
        }).ToList();

        for (var slot = 0; slot < prompts.Count; slot++)
        {
            model.Prefill(prompts[slot], chunk: 7, slot);
        }

        model.Decoder.Swap(0, prompts[0].Length, 2, prompts[2].Length);
        model.Decoder.Copy(0, 1, prompts[2].Length);
        Expect([2, 2, 0]);

        model.Prefill(prompts[1], chunk: 5, slot: 1);
        Expect([2, 1, 0]);

        void Expect(int[] order)
        {
            var together = model.Decoder.Decode([7, 7, 7], [.. order.Select(prompt => prompts[prompt].Length)]);
            for (var row = 0; row < order.Length; row++)
            {
                Assert.InRange(Distance(alone[order[row]], together.Slice(row * model.Vocabulary, model.Vocabulary)).Divergence, 0, MostDivergence);
            }
        }
    }

    [Fact]
    public void ConversationsAndScales_TakeHalfTheBytes()
    {
        using var exact = new FamilyModel(FamilyModel.Find("llama/llama-q4_0"), DecoderForm.Device, allFloat: false);
        using var half = new FamilyModel(FamilyModel.Find("llama/llama-q4_0"), DecoderForm.DeviceHalf, allFloat: false);
        var shape = exact.Shape;
        var numbers = 2L * shape.Layers * exact.Decoder.Slots * shape.KeyValueHeads * FamilyModel.Capacity * shape.HeadSize;

        // Pages of the weights' file hide what its scales save.
        Assert.InRange(exact.Decoder.MemoryBytes - half.Decoder.MemoryBytes, numbers * 2, (numbers * 2) + (64 << 10));
        exact.Prefill([5, 6, 7]);
        half.Prefill([5, 6, 7]);
        Assert.True(half.Decoder.TouchedBytes < exact.Decoder.TouchedBytes);
    }

    private static (double Difference, double Divergence) Distance(ReadOnlySpan<float> expected, ReadOnlySpan<float> logits)
    {
        var (p, q) = (Distributions.LogProbabilities(expected), Distributions.LogProbabilities(logits));
        return (p.Zip(q, (a, b) => Math.Abs(Math.Exp(a) - Math.Exp(b))).Max(), Distributions.Divergence(expected, logits));
    }
}
