using System.Numerics.Tensors;
using System.Text.Json;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Decoders;

public sealed class GoldenGreedyTests(StarterModel model, ITestOutputHelper output) : IClassFixture<StarterModel>
{
    /// <summary>Below this gap of logits 8-bit activations may choose the runner-up; after that the texts are not comparable.</summary>
    private const double LegitimateGap = 0.2;

    [Fact]
    public void Greedy_FollowsFloat32_UnlessTwoTokensAreAlmostEquallyLikely()
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(SharedData.Require("data", "golden", "smollm2-greedy.json")));
        foreach (var item in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            var prompt = Ids(item, "prompt_ids");
            var (expected, seconds) = (Ids(item, "ids"), Ids(item, "second_ids"));
            var gaps = item.GetProperty("gap").EnumerateArray().Select(gap => gap.GetDouble()).ToArray();

            var token = Likeliest(model.Decoder.Prefill(0, prompt, 0, wantLogits: true));
            var step = 0;
            while (step < expected.Length && token == expected[step])
            {
                token = step + 1 < expected.Length ? Likeliest(model.Decoder.Decode([token], [prompt.Length + step])) : token;
                step++;
            }

            output.WriteLine($"{item.GetProperty("name").GetString()}: {step} of {expected.Length} tokens as in float32");
            if (step < expected.Length)
            {
                Assert.InRange(gaps[step], 0, LegitimateGap);
                Assert.Equal(seconds[step], token);
            }
        }
    }

    private static int[] Ids(JsonElement item, string property) => [.. item.GetProperty(property).EnumerateArray().Select(id => id.GetInt32())];

    private static int Likeliest(ReadOnlySpan<float> logits) => TensorPrimitives.IndexOfMax(logits);
}
