using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>
/// What HTTP adds: the first token beyond engine and template, and tokens a second of eight clients that stream at once, here and from
/// llama-server, round about, on the same file with the same threads.
/// </summary>
internal static class HttpBenchmark
{
    private const string Model = "starter-q4_0";
    private const int Clients = 8;
    private const int Answer = 160;
    private const int Requests = 2;
    private const int Rounds = 3;
    private const int FirstTokens = 400;

    public static async Task RunAsync(bool firstTokenOnly)
    {
        var starter = Path.Combine(SharedData.StarterModels, "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");
        var folder = Directory.CreateTempSubdirectory("mistralstudio-http-").FullName;
        try
        {
            var llama = SharedData.Find("bin", "llama") is { } programs ? LlamaCpp.Link(programs, Path.Combine(folder, "llama")) : null;
            var data = Path.Combine(folder, "data");
            var file = Path.Combine(Directory.CreateDirectory(Path.Combine(data, "models", Model)).FullName, "starter.Q4_0.gguf");
            await (llama?.QuantizeAsync(starter, file, "Q4_0") ?? Task.Run(() => File.Copy(starter, file)));
            await using var studio = await StudioProcess.StartAsync(data, null, [.. StudioProcess.Owner, ("Inference__KeepWarm__0", Model)]);
            using var ours = await studio.NewProgramAsync();
            await StreamAsync(ours, Model, "Hello", 4);
            // The longer answers first: of a server that has run for a moment, its code in its final form.
            var more = await MeasureFirstTokensAsync(ours, 16);
            PrintFirstToken(await MeasureFirstTokensAsync(ours, 1), more);
            if (!firstTokenOnly)
            {
                await CompareAsync(ours, llama, file);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task CompareAsync(HttpClient ours, LlamaCpp? llama, string file)
    {
        using var server = llama is null ? null : await llama.StartServerAsync(file, Clients, Environment.ProcessorCount);
        var (here, there) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            here.Add(await MeasureThroughputAsync(ours, round));
            if (server is not null)
            {
                there.Add(await MeasureThroughputAsync(server.Client, round));
            }
        }

        Console.WriteLine();
        Console.WriteLine($"| HTTP, {Clients} clients streaming, Q4_0, usage tok/s, median of {Rounds} | here | llama-server | ratio | goal |");
        Console.WriteLine("|---|---|---|---|---|");
        var (mine, theirs) = (Median(here), there.Count > 0 ? Median(there) : double.NaN);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {Answer} tokens an answer | {mine:F0} | {theirs:F0} | {mine / theirs:F2} | 1.15 |"));
    }

    private static async Task<double> MeasureThroughputAsync(HttpClient server, int round)
    {
        var watch = Stopwatch.StartNew();
        var tokens = await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            var sum = 0;
            for (var request = 0; request < Requests; request++)
            {
                sum += (await StreamAsync(server, Model, $"Write a long story about the number {(((round * Clients) + client) * Requests) + request}.", Answer)).Tokens;
            }

            return sum;
        }));
        return tokens.Sum() / watch.Elapsed.TotalSeconds;
    }

    // Measured by the client, less what the model says that it took.
    private static async Task<List<(double Whole, double Beyond)>> MeasureFirstTokensAsync(HttpClient server, int tokens)
    {
        var found = new List<(double, double)>();
        for (var i = 0; i < FirstTokens; i++)
        {
            var answer = await StreamAsync(server, Model, "What is the capital of France?", tokens);
            found.Add((answer.FirstMs, answer.FirstMs - answer.EngineMs));
        }

        return [.. found.Skip(FirstTokens / 2)];
    }

    private static async Task<StreamedAnswer> StreamAsync(HttpClient server, string model, string question, int tokens)
    {
        var body = new
        {
            model,
            messages = new[] { new { role = "user", content = question } },
            max_tokens = tokens,
            temperature = 0.7,
            top_k = 40,
            top_p = 0.95,
            ignore_eos = true,
            stream = true,
            stream_options = new { include_usage = true },
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = JsonContent.Create(body) };
        var watch = Stopwatch.StartNew();
        using var response = await server.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        return await StreamedAnswer.ReadAsync(await response.Content.ReadAsStreamAsync(), watch);
    }

    private static void PrintFirstToken(List<(double Whole, double Beyond)> alone, List<(double Whole, double Beyond)> more)
    {
        Console.WriteLine("| first token over HTTP, ms | p50 | p95 | goal |");
        Console.WriteLine("|---|---|---|---|");
        Row("an answer of one token: request to it", [.. alone.Select(one => one.Whole)], "");
        Row("of it beyond engine and template", [.. alone.Select(one => one.Beyond)], "3 (p50)");
        Row("a longer answer, whose next steps take all cores: request to its first", [.. more.Select(one => one.Whole)], "");
        Row("of it beyond engine and template", [.. more.Select(one => one.Beyond)], "3 (p50)");

        static void Row(string what, List<double> values, string goal)
        {
            values.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {values[values.Count / 2]:F2} | {values[values.Count * 95 / 100]:F2} | {goal} |"));
        }
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
