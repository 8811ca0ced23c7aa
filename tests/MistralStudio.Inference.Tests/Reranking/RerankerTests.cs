using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Hosting;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Reranking;
using MistralStudio.Inference.Tests.Encoders;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Reranking;

public sealed class RerankerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mistralstudio-rerank-").FullName;

    [Theory]
    [InlineData("bert-cross-encoder")]
    [InlineData("xlmr-cross-encoder")]
    public async Task Documents_AreScored_EachAsAlone(string family)
    {
        using var reranker = Open(family);
        string[] documents = ["ab abab", "b", "", "a ab abab b"];

        var together = await reranker.RerankAsync("abab", documents, TestContext.Current.CancellationToken);

        Assert.All(together.Scores, score => Assert.InRange(score, 0f, 1f));
        for (var i = 0; i < documents.Length; i++)
        {
            var alone = await reranker.RerankAsync("abab", [documents[i]], TestContext.Current.CancellationToken);
            Assert.InRange(alone.Scores[0] - together.Scores[i], -1e-5f, 1e-5f);
        }

        Assert.Equal(4, together.Scores.Distinct().Count());
        Assert.Empty((await reranker.RerankAsync("abab", [], TestContext.Current.CancellationToken)).Scores);
    }

    [Fact]
    public async Task ALongDocument_IsCut_AndCounted()
    {
        using var reranker = Open("bert-cross-encoder");

        var scores = await reranker.RerankAsync("ab", [string.Concat(Enumerable.Repeat("ab ", 5_000))], TestContext.Current.CancellationToken);

        Assert.Equal(reranker.MaxTokens, scores.Tokens);
    }

    [Fact]
    public async Task AnUnloadedReranker_SaysSo()
    {
        var reranker = Open("bert-cross-encoder");
        reranker.Dispose();
        await reranker.Closed;

        await Assert.ThrowsAsync<ModelException>(() => reranker.RerankAsync("a", ["b"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public void AFolder_IsListedAsWhatItIsFor()
    {
        Copy("bert-cross-encoder", "scorer");

        var folder = Assert.Single(ModelFolder.Scan(_folder, areStarters: false));

        Assert.Equal(ModelTask.Reranking, folder.Task);
        var model = folder.Describe(new InferenceOptions());
        Assert.Equal((ModelState.OnDisk, 0, 128), (model.State, model.Dimensions, model.ContextLength));
    }

    [Fact]
    public void AClassifierOfSeveralLabels_IsRefused()
    {
        var model = Copy("bert-cross-encoder", "scorer");
        var config = Path.Combine(model, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"0\": \"LABEL_0\"", "\"0\": \"no\", \"1\": \"yes\"", StringComparison.Ordinal));

        Assert.Contains("2 labels", Assert.Single(ModelFolder.Scan(_folder, areStarters: false)).Describe(new InferenceOptions()).Error!.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private CrossEncoder Open(string family) =>
        CrossEncoder.Open("scorer", Copy(family, "scorer"), family, new GraphCache(Path.Combine(_folder, "compiled")), NullLogger.Instance).Value;

    // The families have weights and shapes; what splits texts is made up here.
    private string Copy(string family, string id)
    {
        var source = SharedData.Require("data", "models-tiny", "families", family);
        var folder = Directory.CreateDirectory(Path.Combine(_folder, id)).FullName;
        foreach (var name in new[] { "config.json", "model.safetensors" })
        {
            File.Copy(Path.Combine(source, name), Path.Combine(folder, name));
            File.SetAttributes(Path.Combine(folder, name), FileAttributes.Normal);
        }

        File.WriteAllLines(Path.Combine(folder, "vocab.txt"), ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "ab", "abab", "a", "b"]);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), EncoderTokensTests.UnigramJson());
        return folder;
    }
}
