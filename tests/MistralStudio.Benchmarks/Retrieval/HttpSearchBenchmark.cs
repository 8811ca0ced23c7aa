using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using MistralStudio.Core.Knowledge;
using MistralStudio.Inference.Embeddings;
using MistralStudio.Tests.Shared;
using static MistralStudio.Benchmarks.Retrieval.RetrievalBenchmark;

namespace MistralStudio.Benchmarks.Retrieval;

/// <summary>
/// Hybrid search of 10,000 passages over HTTP, of one client and of sixteen at once: what a client waits, less what embedding its question took,
/// its turn at the model included.
/// </summary>
internal static class HttpSearchBenchmark
{
    private const int Documents = 5;
    private const int Clients = 16;
    private const int Questions = 800;
    private const int Warmup = 600; // until the code that a search runs is compiled for good

    public static async Task RunAsync(string folder, EmbeddingModel model)
    {
        if (SharedData.Find("data", "retrieval", "pubmedqa", "ori_pqal.json") is not { } file)
        {
            Console.WriteLine("| hybrid search over HTTP | data/retrieval is not in the shared folder (STUDIO_SHARED) | |");
            return;
        }

        var (sentences, questions) = await SearchBenchmark.ReadAsync(file);
        KnowledgeBase parent;
        await using (var provider = SearchBenchmark.Rooms(folder, model))
        {
            parent = await SearchBenchmark.MakeAsync(provider, "all-minilm-l6-v2", Documents, sentences);
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        await using var studio = await StudioProcess.StartAsync(folder, null, [("Inference__KeepWarm__0", "all-minilm-l6-v2")]);
        using var program = await studio.NewProgramAsync();
        var address = $"api/knowledge-bases/{parent.Id}/search";
        foreach (var clients in (int[])[1, Clients])
        {
            await AskAsync(program, address, questions, clients, Warmup);
            var times = await AskAsync(program, address, questions, clients, Questions);
            Row(
                $"hybrid search over HTTP, 10,000 passages, {clients} client{(clients == 1 ? "" : "s")}: wall less embedding, p50 / p95, ms",
                string.Create(CultureInfo.InvariantCulture, $"{At(times, .5, time => time.Wall - time.Embed):0.0} / {At(times, .95, time => time.Wall - time.Embed):0.0}"),
                clients == Clients ? "<= 12 / <= 60" : "");
            Row(
                $"of it, {clients} client{(clients == 1 ? "" : "s")}, p50, ms: the whole wait, embedding with its queue, vectors, words, the search as a whole",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{At(times, .5, time => time.Wall):0.0}, {At(times, .5, time => time.Embed):0.0}, {At(times, .5, time => time.Dense):0.0}, {At(times, .5, time => time.Lexical):0.0}, {At(times, .5, time => time.Total):0.0}"));
        }
    }

    private static async Task<List<Waited>> AskAsync(HttpClient program, string address, List<string> questions, int clients, int count)
    {
        var next = -1;
        var times = await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            var mine = new List<Waited>();
            while (Interlocked.Increment(ref next) is var i && i < count)
            {
                var started = Stopwatch.GetTimestamp();
                using var answer = await program.PostAsJsonAsync(address, new { query = questions[i % questions.Count], k = 10, mode = "hybrid" });
                var body = await answer.Content.ReadAsByteArrayAsync();
                var wall = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                answer.EnsureSuccessStatusCode();
                using var json = JsonDocument.Parse(body);
                if (json.RootElement.GetProperty("hits").GetArrayLength() != 10)
                {
                    throw new InvalidOperationException($"{json.RootElement.GetProperty("hits").GetArrayLength()} hits for: {questions[i % questions.Count]}");
                }

                var timings = json.RootElement.GetProperty("timings");
                mine.Add(new(wall, Of("embedMs"), Of("denseMs"), Of("lexicalMs"), Of("totalMs")));

                double Of(string name) => timings.GetProperty(name).GetDouble();
            }

            return mine;
        }));
        return [.. times.SelectMany(mine => mine)];
    }

    private static double At(List<Waited> times, double quantile, Func<Waited, double> part) =>
        times.Select(part).Order().ElementAt((int)(times.Count * quantile));

    /// <summary>A search as its client saw it, and where the studio says that the time went, ms.</summary>
    private readonly record struct Waited(double Wall, double Embed, double Dense, double Lexical, double Total);
}
