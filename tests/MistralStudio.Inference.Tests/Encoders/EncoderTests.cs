using System.Numerics.Tensors;
using System.Text.Json;
using MistralStudio.Inference.Encoders;
using MistralStudio.Inference.Safetensors;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Encoders;

public sealed class EncoderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mistralstudio-encoder-").FullName;

    [Fact]
    public void Embed_GivesTheReferenceVectors_ForEveryGoldenText()
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("data", "golden", "minilm-embeddings.json")));
        var cases = golden.RootElement.GetProperty("cases").EnumerateArray()
            .Select(c => (Ids: Ints(c.GetProperty("ids")), Vector: Floats(c.GetProperty("embedding")))).ToList();
        using var session = Open(Path.Combine(SharedData.StarterModels, "all-minilm-l6-v2"));
        foreach (var batch in cases.OrderBy(c => c.Ids.Length).Chunk(8))
        {
            var vectors = session.Run(batch.Select(c => EncoderRow.Of(c.Ids)).ToArray());
            foreach (var (vector, expected) in vectors.Zip(batch))
            {
                var cosine = TensorPrimitives.CosineSimilarity(vector, expected.Vector);
                Assert.True(cosine >= 0.999998, $"{cosine} for a text of {expected.Ids.Length} tokens.");
            }
        }
    }

    [Fact]
    public void Embed_GivesTheReferenceVectors_ForAnEncoderOfAnotherShape()
    {
        var folder = SharedData.Require("data", "models-tiny", "families", "bert-embedder");
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "golden.json")));
        using var session = Open(folder);

        // A text alone has token type 0 throughout; the other cases are pairs.
        foreach (var expected in golden.RootElement.GetProperty("cases").EnumerateArray()
            .Where(c => Ints(c.GetProperty("token_type_ids")).All(type => type == 0)))
        {
            var mask = Ints(expected.GetProperty("attention_mask"));
            var ids = Ints(expected.GetProperty("input_ids"))[..mask.Count(bit => bit == 1)];
            var vector = Assert.Single(session.Run([EncoderRow.Of(ids)]));
            Assert.InRange(TensorPrimitives.CosineSimilarity(vector, Floats(expected.GetProperty("mean_pooled_normalised"))), 0.999999, 1.000001);
        }
    }

    [Theory]
    [InlineData("bert-cross-encoder")]
    [InlineData("xlmr-cross-encoder")]
    public void Score_IsTheReferences_ForPairsAloneAndInABatch(string model)
    {
        var folder = SharedData.Require("data", "models-tiny", "families", model);
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "golden.json")));
        using var session = Open(folder);
        var cases = golden.RootElement.GetProperty("cases").EnumerateArray().Select(Case).ToList();

        Assert.All(cases, expected => Assert.InRange(session.Run([expected.Row])[0][0] - expected.Logit, -1e-4f, 1e-4f));
        Assert.All(
            session.Run(cases.Select(expected => expected.Row).ToArray()).Zip(cases),
            pair => Assert.InRange(pair.First[0] - pair.Second.Logit, -1e-4f, 1e-4f));

        static (EncoderRow Row, float Logit) Case(JsonElement expected)
        {
            var ids = Ints(expected.GetProperty("input_ids"))[..Ints(expected.GetProperty("attention_mask")).Count(bit => bit == 1)];
            var types = Ints(expected.GetProperty("token_type_ids"))[..ids.Length];
            var second = Array.IndexOf(types, 1);
            return (new EncoderRow(ids, second < 0 ? ids.Length : second), expected.GetProperty("logit").GetSingle());
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private EncoderSession Open(string model)
    {
        var config = EncoderConfig.Read(model).Value;
        using var file = SafetensorsFile.Open(Path.Combine(model, "model.safetensors")).Value;
        new EncoderGraph(config, file).Build(_folder);
        return new EncoderSession(Path.Combine(_folder, "model.onnx"), config, threads: 0);
    }

    private static int[] Ints(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetInt32())];

    private static float[] Floats(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetSingle())];
}
