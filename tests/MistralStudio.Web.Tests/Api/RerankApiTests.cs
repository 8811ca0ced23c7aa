using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Web.Tests.Api;

/// <summary><c>POST /v1/rerank</c> by a real server: with a tiny cross-encoder, and without one.</summary>
public sealed class RerankApiTests : IAsyncLifetime
{
    private const string Address = "/v1/rerank";
    private static readonly string[] s_documents = ["ab abab", "b", "a ab abab b", "abab abab"];

    private StudioServer _studio = null!;
    private HttpClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _studio = await StudioServer.StartAsync(true, $"--Inference:StarterModelsPath={SharedData.StarterModels}");
        (_, _client) = await _studio.NewProgramAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _studio.DisposeAsync();
    }

    [Fact]
    public async Task WithoutACrossEncoder_ItIsNotFound_AndSaysWhatToDo()
    {
        using var answer = await _client.PostAsJsonAsync(Address, new { query = "abab", documents = s_documents }, Token);
        var error = await ErrorAsync(answer, HttpStatusCode.NotFound);
        Assert.Equal("model.no_reranker", error.GetProperty("code").GetString());
        Assert.Contains("Import one", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Documents_ComeInTheOrderOfTheirScores_WithTheirPlacesInTheRequest()
    {
        Install();
        var all = await RerankAsync(new { query = "abab", documents = s_documents, return_documents = true });
        Assert.Equal("scorer", all.GetProperty("model").GetString());
        var results = all.GetProperty("results").EnumerateArray().ToList();
        var scores = results.Select(result => result.GetProperty("relevance_score").GetSingle()).ToList();
        Assert.Equal(scores.OrderDescending(), scores);
        Assert.Equal([0, 1, 2, 3], results.Select(result => result.GetProperty("index").GetInt32()).Order());
        Assert.All(results, result => Assert.Equal(
            s_documents[result.GetProperty("index").GetInt32()], result.GetProperty("document").GetProperty("text").GetString()));
        Assert.True(all.GetProperty("usage").GetProperty("total_tokens").GetInt32() > s_documents.Length);

        var best = await RerankAsync(new { model = "scorer", query = "abab", documents = s_documents.Select(text => new { text }), top_n = 1 });
        var only = Assert.Single(best.GetProperty("results").EnumerateArray());
        Assert.Equal(results[0].GetProperty("index").GetInt32(), only.GetProperty("index").GetInt32());
        Assert.False(only.TryGetProperty("document", out _));
    }

    [Fact]
    public async Task WhatIsWrong_IsNamed()
    {
        (string Body, string Param, HttpStatusCode Status)[] wrong =
        [
            ("""{"documents":["a"]}""", "query", HttpStatusCode.BadRequest),
            ("""{"query":" ","documents":["a"]}""", "query", HttpStatusCode.BadRequest),
            ("""{"query":"a"}""", "documents", HttpStatusCode.BadRequest),
            ("""{"query":"a","documents":[]}""", "documents", HttpStatusCode.BadRequest),
            ("""{"query":"a","documents":["b",{"title":"c"}]}""", "documents[1]", HttpStatusCode.BadRequest),
            ("""{"query":"a","documents":["b",""]}""", "documents[1]", HttpStatusCode.BadRequest),
            ("""{"query":"a","documents":["b"],"top_n":0}""", "top_n", HttpStatusCode.BadRequest),
            ("""{"model":"nowhere","query":"a","documents":["b"]}""", "model", HttpStatusCode.NotFound),
            ("""{"model":"smollm2-135m-instruct","query":"a","documents":["b"]}""", "model", HttpStatusCode.NotFound),
            ("""{"query":"a","documents":"b"}""", "documents", HttpStatusCode.BadRequest),
        ];
        Install();
        foreach (var (body, param, status) in wrong)
        {
            using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
            using var answer = await _client.PostAsync(Address, content, Token);
            Assert.Equal((body, param), (body, (await ErrorAsync(answer, status)).GetProperty("param").GetString()));
        }
    }

    // The shared family has weights and shapes; what splits texts is made up here.
    private void Install()
    {
        var source = SharedData.Require("data", "models-tiny", "families", "bert-cross-encoder");
        var folder = Directory.CreateDirectory(Path.Combine(_studio.DataPath, "models", "scorer")).FullName;
        File.WriteAllLines(Path.Combine(folder, "vocab.txt"), ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "ab", "abab", "a", "b"]);
        foreach (var name in new[] { "config.json", "model.safetensors" })
        {
            File.WriteAllBytes(Path.Combine(folder, name), File.ReadAllBytes(Path.Combine(source, name)));
        }
    }

    private async Task<JsonElement> RerankAsync(object body)
    {
        // Folders are looked at now and then: one that appeared a moment ago may be found a moment later.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            using var answer = await _client.PostAsJsonAsync(Address, body, Token);
            if (answer.StatusCode != HttpStatusCode.NotFound)
            {
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
            }

            await timer.WaitForNextTickAsync(Token);
        }
    }

    private static async Task<JsonElement> ErrorAsync(HttpResponseMessage answer, HttpStatusCode status)
    {
        var body = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode}: {body}");
        return JsonDocument.Parse(body).RootElement.GetProperty("error");
    }
}
