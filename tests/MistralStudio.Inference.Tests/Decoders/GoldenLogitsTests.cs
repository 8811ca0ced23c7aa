using System.Text.Json;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Decoders;

public sealed class GoldenLogitsTests(StarterModel model, ITestOutputHelper output) : IClassFixture<StarterModel>
{
    /// <summary>Mean divergence of llama.cpp from float32, nats a position, as the golden outputs' notes state it.</summary>
    private static readonly Dictionary<string, double> s_llamaCpp = new()
    {
        ["short-fact"] = 0.0058, ["single-token"] = 0.0013, ["code"] = 0.0029, ["chat"] = 0.0046, ["multilingual-digits"] = 0.0043, ["long"] = 0.0030,
    };

    [Fact]
    public void Logits_AreAsNearToFloat32_AsLlamaCpp()
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(SharedData.Require("data", "golden", "smollm2-logits.json")));
        var reference = new ReferenceDecoder(model.File);
        var (ours, theirs) = (0.0, 0.0);
        foreach (var item in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            var name = item.GetProperty("name").GetString()!;
            var tokens = item.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray();
            var exact = reference.Logits(tokens);
            AssertIsTheGoldenModel(item, tokens, exact);

            var logits = model.Decoder.Score(tokens);
            var divergences = new double[tokens.Length];
            var agreeing = 0;
            for (var t = 0; t < tokens.Length; t++)
            {
                var row = logits.Slice(t * model.Shape.Vocabulary, model.Shape.Vocabulary);
                divergences[t] = Distributions.Divergence(exact[t], row);
                agreeing += row.IndexOf(System.Numerics.Tensors.TensorPrimitives.Max<float>(row)) == item.GetProperty("top1_per_position")[t].GetInt32() ? 1 : 0;
            }

            ours += divergences.Average();
            theirs += s_llamaCpp[name];
            output.WriteLine(
                $"{name}: KL mean {divergences.Average():F5} max {divergences.Max():F5} (llama.cpp {s_llamaCpp[name]:F4}), top-1 {agreeing}/{tokens.Length}");
        }

        Assert.True(ours <= theirs, $"mean divergence {ours / 6:F5} nats a position, llama.cpp has {theirs / 6:F5}");
    }

    private static void AssertIsTheGoldenModel(JsonElement item, int[] tokens, float[][] exact)
    {
        var expected = item.GetProperty("token_logprobs");
        for (var t = 1; t < tokens.Length; t++)
        {
            Assert.Equal(expected[t].GetDouble(), Distributions.LogProbabilities(exact[t - 1])[tokens[t]], 2e-3);
        }
    }
}
