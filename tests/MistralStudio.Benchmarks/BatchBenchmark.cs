using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.Benchmarks;

/// <summary>
/// A prompt over a thousand rows with a model that answers at once, against a built studio, with model and studio on the same cores; what it takes beyond
/// asking the model directly, as many at a time. And what a table of a million rows takes to be read.
/// </summary>
internal static class BatchBenchmark
{
    private const int Rows = 1_000;
    private const int Million = 1_000_000;
    private const int Rounds = 5;

    public static async Task RunAsync()
    {
        await using var model = await OpenAiServer.StartAsync();
        await using var studio = await StudioProcess.StartAsync(null, null, [.. StudioProcess.Owner, ("Egress__AllowedHosts__0", model.Place)]);
        using var program = await studio.NewProgramAsync();
        using var connected = await program.PostAsJsonAsync(
            "/api/connections", new { name = "There", kind = "compatible", address = model.Address.ToString(), retries = 0, models = new[] { new { name = "small" } } });
        connected.EnsureSuccessStatusCode();
        var (table, _) = await AddAsync(program, Rows);

        Console.WriteLine("| a prompt over 1,000 rows, a model that answers at once | the model alone, ms a row | batch, ms a row | beyond the model | goal |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var parallel in (int[])[4, 16])
        {
            await RunBatchAsync(program, table, parallel);
            var (alone, batch) = (new List<double>(), new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                alone.Add(await AskAsync(model, parallel));
                batch.Add(await RunBatchAsync(program, table, parallel));
            }

            var (mine, direct) = (Median(batch), Median(alone));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {parallel} at a time, median of {Rounds} | {direct:F2} | {mine:F2} | {mine - direct:F2} | <= 1 |"));
        }

        var before = studio.ResidentBytes;
        var watch = Stopwatch.StartNew();
        var adding = AddAsync(program, Million);
        var most = before;
        while (await Task.WhenAny(adding, Task.Delay(50)) != adding)
        {
            most = Math.Max(most, studio.ResidentBytes);
        }

        var (_, bytes) = await adding;
        Console.WriteLine();
        Console.WriteLine("| a table of a million rows | |");
        Console.WriteLine("|---|---|");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| uploaded and read ({bytes / 1024.0 / 1024:F0} MiB of CSV) | {watch.Elapsed.TotalSeconds:F1} s |"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| added memory of the studio, at most | {(most - before) / 1024.0 / 1024:F0} MiB |"));
    }

    private static async Task<(string Table, long Bytes)> AddAsync(HttpClient program, int rows)
    {
        var csv = new StringBuilder("number,text\n");
        for (var row = 0; row < rows; row++)
        {
            csv.Append(CultureInfo.InvariantCulture, $"{row},\"a review of product {row}, \"\"quoted\"\"\"\n");
        }

        var bytes = Encoding.UTF8.GetBytes(csv.ToString());
        using var body = new MultipartFormDataContent { { new ByteArrayContent(bytes), "files", "rows.csv" } };
        using var added = await program.PostAsync("/api/batches/tables", body);
        return ((await added.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>())!["id"]!.GetValue<string>(), bytes.Length);
    }

    // As the studio's own clock has it: from its start to its last commit.
    private static async Task<double> RunBatchAsync(HttpClient program, string table, int parallel)
    {
        using var started = await program.PostAsJsonAsync(
            "/api/batches", new { table, parallelism = parallel, content = new { messages = new[] { new { role = "user", text = "Sum up: {{text}}" } }, model = "there/small" } });
        var id = (await started.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>())!["id"]!.GetValue<string>();
        await program.GetStringAsync($"/api/batches/{id}/events");
        var batch = (await program.GetFromJsonAsync<JsonObject>($"/api/batches/{id}"))!;
        return batch["succeeded"]!.GetValue<int>() == Rows
            ? (batch["endedAt"]!.GetValue<DateTimeOffset>() - batch["createdAt"]!.GetValue<DateTimeOffset>()).TotalMilliseconds / Rows
            : throw new InvalidOperationException(batch.ToJsonString());
    }

    private static async Task<double> AskAsync(OpenAiServer model, int parallel)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(Enumerable.Range(0, Rows), new ParallelOptions { MaxDegreeOfParallelism = parallel }, async (row, token) =>
        {
            using var answer = await client.PostAsJsonAsync(
                $"{model.Address}/chat/completions", new { model = "small", stream = true, messages = new[] { new { role = "user", content = $"Sum up: {row}" } } }, token);
            await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(token);
        });
        return watch.Elapsed.TotalMilliseconds / Rows;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
