using System.Numerics.Tensors;
using System.Text.Json;
using MistralStudio.Inference.Embeddings;
using MistralStudio.Inference.Safetensors;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Embeddings;

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
            var vectors = session.Embed(batch.Select(c => c.Ids).ToArray());
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
            var vector = Assert.Single(session.Embed([ids]));
            Assert.InRange(TensorPrimitives.CosineSimilarity(vector, Floats(expected.GetProperty("mean_pooled_normalised"))), 0.999999, 1.000001);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private EncoderSession Open(string model)
    {
        var config = BertConfig.Read(model).Value;
        using var file = SafetensorsFile.Open(Path.Combine(model, "model.safetensors")).Value;
        new BertGraph(config, file).Build(_folder);
        return new EncoderSession(Path.Combine(_folder, "model.onnx"), config.Hidden, threads: 0);
    }

    private static int[] Ints(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetInt32())];

    private static float[] Floats(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetSingle())];
}
