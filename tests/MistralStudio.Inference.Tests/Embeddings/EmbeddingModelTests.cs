using System.Numerics.Tensors;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Embeddings;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Onnx;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Embeddings;

public sealed class EmbeddingModelTests : IAsyncLifetime
{
    private static readonly string s_starter = Path.Combine(SharedData.StarterModels, "all-minilm-l6-v2");

    private readonly DecodeActivity _answers = new();
    private readonly string _cache = Directory.CreateTempSubdirectory("mistralstudio-embeddings-").FullName;
    private readonly EmbeddingModel _model;

    public EmbeddingModelTests() => _model = Open(s_starter).Value;

    [Fact]
    public async Task GenerateAsync_GivesTheReferenceVectors_InTheOrderOfTheTexts()
    {
        using var golden = JsonDocument.Parse(await File.ReadAllBytesAsync(
            SharedData.Require("data", "golden", "minilm-embeddings.json"), TestContext.Current.CancellationToken));
        var cases = golden.RootElement.GetProperty("cases").EnumerateArray().ToList();
        var embeddings = await GenerateAsync([.. cases.Select(c => c.GetProperty("text").GetString()!)]);

        Assert.Equal(cases.Sum(c => c.GetProperty("ids").GetArrayLength()), embeddings.Usage!.InputTokenCount);
        foreach (var (embedding, expected) in embeddings.Zip(cases))
        {
            float[] reference = [.. expected.GetProperty("embedding").EnumerateArray().Select(number => number.GetSingle())];
            Assert.InRange(TensorPrimitives.CosineSimilarity(embedding.Vector.Span, reference), 0.9999, 1.0001);
            Assert.InRange(TensorPrimitives.Norm(embedding.Vector.Span), 0.99999, 1.00001);
        }
    }

    [Fact]
    public async Task GenerateAsync_GivesEveryCallerItsOwn_WhenManyAskAtOnce()
    {
        string[] texts = ["invoice", "a cat on a mat", "Der Vertrag endet am 3. Mai.", "unrelated"];
        var alone = await GenerateAsync(texts);
        var together = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => GenerateAsync([texts[i % 4]]))));
        for (var i = 0; i < together.Length; i++)
        {
            Assert.InRange(TensorPrimitives.CosineSimilarity(together[i][0].Vector.Span, alone[i % 4].Vector.Span), 0.99999, 1.00001);
        }
    }

    [Fact]
    public async Task GenerateAsync_AnswersAQuery_WhileAnIngestionIsStillRunning()
    {
        var ingestion = GenerateAsync([.. Enumerable.Repeat(string.Join(' ', Enumerable.Repeat("passage", 300)), 24)]);
        var query = GenerateAsync(["a question"]);
        Assert.Same(query, await Task.WhenAny(ingestion, query));
        Assert.Equal(24, (await ingestion).Count);
    }

    [Fact]
    public async Task GenerateAsync_RestsBesideAnAnswer_ButNotBeforeAQuery_AndGoesOnWhenTheAnswerEnds()
    {
        _answers.Begin();
        var ingestion = _model.GenerateAsync(
            Enumerable.Repeat(string.Join(' ', Enumerable.Repeat("passage", 300)), 12), EmbeddingPatience.NewOptions(), TestContext.Current.CancellationToken);
        for (var i = 0; i < 5; i++)
        {
            var query = GenerateAsync(["a question"]);
            Assert.Same(query, await Task.WhenAny(ingestion, query));
        }

        _answers.End();
        Assert.Equal(12, (await ingestion).Count);
        Assert.True(_answers.Idle.IsCompleted);
    }

    [Fact]
    public async Task GenerateAsync_StopsWaiting_AndTheModelGoesOn_WhenACallerLeaves()
    {
        using var leave = new CancellationTokenSource();
        var ingestion = _model.GenerateAsync(Enumerable.Repeat(string.Join(' ', Enumerable.Repeat("passage", 300)), 500), cancellationToken: leave.Token);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ingestion);
        Assert.Single(await GenerateAsync(["still here"]));
        Assert.Equal(0, _model.ActiveRequests);
    }

    [Fact]
    public async Task GenerateAsync_ReadsTheFirst256Tokens_OfALongText()
    {
        var start = string.Join(' ', Enumerable.Repeat("word", 254));
        var embeddings = await GenerateAsync([start, start + " and an end that nobody reads"]);
        Assert.Equal(512, embeddings.Usage!.InputTokenCount);
        Assert.InRange(TensorPrimitives.CosineSimilarity(embeddings[0].Vector.Span, embeddings[1].Vector.Span), 0.99999, 1.00001);
    }

    [Fact]
    public async Task GenerateAsync_GivesNothing_ForNoTexts() => Assert.Empty(await GenerateAsync([]));

    [Fact]
    public async Task Dispose_FailsThoseWhoWait_AndThoseWhoComeLater()
    {
        var waiting = GenerateAsync([.. Enumerable.Repeat(string.Join(' ', Enumerable.Repeat("passage", 300)), 500)]);
        _model.Dispose();
        Assert.Equal("model.load_failed", (await Assert.ThrowsAsync<ModelException>(() => waiting)).Error.Code);
        await Assert.ThrowsAsync<ModelException>(() => GenerateAsync(["late"]));
        await _model.Closed;
    }

    [Fact]
    public void Open_UsesTheCompiledGraph_WhenThereIsOne()
    {
        using var again = Open(s_starter).Value;
        Assert.Single(Directory.GetFileSystemEntries(_cache));
    }

    [Fact]
    public void Open_SaysWhatIsWrong_WhenAFileIsMissing()
    {
        var error = Open(Path.Combine(SharedData.StarterModels, "smollm2-135m-instruct")).Error!;
        Assert.Equal("model.unreadable", error.Code);
    }

    [Fact]
    public void GetService_TellsTheModelAndItsDimensions() =>
        Assert.Equal(384, ((IEmbeddingGenerator)_model).GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _model.Dispose();
        await _model.Closed;
        Directory.Delete(_cache, recursive: true);
    }

    private Core.Result<EmbeddingModel> Open(string folder) =>
        EmbeddingModel.Open("all-minilm-l6-v2", folder, "starter", new GraphCache(_cache), NullLogger.Instance, answers: _answers);

    private Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(string[] texts) =>
        _model.GenerateAsync(texts, cancellationToken: TestContext.Current.CancellationToken);
}
