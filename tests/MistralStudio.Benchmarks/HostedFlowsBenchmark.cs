using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>
/// Runs of the smallest flow over HTTP, against a built studio, with the load on the same cores; and what ten thousand runs that wait for a person
/// cost in memory and at a start.
/// </summary>
internal static class HostedFlowsBenchmark
{
    private const int Suspended = 10_000;
    private static readonly TimeSpan s_load = TimeSpan.FromSeconds(8);

    private const string Greeting = """
        {"schema":"mistralstudio.flow/1","inputs":[{"name":"q","type":"text"}],
         "nodes":[{"id":"start","type":"start"},{"id":"t","type":"template","config":{"template":"Hello {{ start.q }}"}},{"id":"a","type":"answer"}],
         "edges":[{"from":"start.q","to":"t.q"},{"from":"t.text","to":"a.text"}]}
        """;

    private const string Waiting = """
        {"schema":"mistralstudio.flow/1","inputs":[{"name":"q","type":"text"}],
         "nodes":[{"id":"start","type":"start"},{"id":"ask","type":"approval","config":{"title":"Send?"}},{"id":"o","type":"output"}],
         "edges":[{"from":"start.q","to":"ask.q"},{"from":"ask.approved","to":"o.q"}]}
        """;

    public static async Task RunAsync()
    {
        await using var studio = await StudioProcess.StartAsync(null, null, StudioProcess.Owner);
        using var client = await studio.NewProgramAsync();
        var quick = await PublishAsync(client, "Greeting", Greeting);
        await LoadAsync(client, quick, 16, TimeSpan.FromSeconds(3));
        var (alone, _) = await LoadAsync(client, quick, 1, s_load);
        var (together, perSecond) = await LoadAsync(client, quick, 16, s_load);
        FlowsBenchmark.Row("over HTTP, one client: p50 / p95", $"{FlowsBenchmark.At(alone, .5):0.0} / {FlowsBenchmark.At(alone, .95):0.0} ms", "");
        FlowsBenchmark.Row("over HTTP, 16 in flight: runs/s", $"{perSecond:N0}", ">= 400");
        FlowsBenchmark.Row("over HTTP, 16 in flight: p50 / p95", $"{FlowsBenchmark.At(together, .5):0.0} / {FlowsBenchmark.At(together, .95):0.0} ms", "");

        // What it takes to hold runs that wait: the same process before and after, and a start with and without them.
        await studio.KillAsync();
        studio.Launch();
        await studio.ReadyAsync();
        var (started, empty) = (studio.StartTime, await SettledAsync(studio));
        var slow = await PublishAsync(client, "Waiting", Waiting);
        await Parallel.ForEachAsync(Enumerable.Range(0, Suspended), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (_, token) =>
        {
            using var answer = await client.PostAsJsonAsync($"/api/flows/{slow}/runs", new { inputs = new { q = "Ada" } }, token);
            if (answer.StatusCode != HttpStatusCode.Accepted)
            {
                throw new InvalidOperationException(await answer.Content.ReadAsStringAsync(token));
            }
        });
        while (Count(studio) < Suspended)
        {
            await Task.Delay(100);
        }

        await studio.KillAsync();
        studio.Launch();
        await studio.ReadyAsync();
        FlowsBenchmark.Row("10,000 suspended runs: added start time", $"{(studio.StartTime - started).TotalMilliseconds:0} ms", "<= 1,000 ms");
        FlowsBenchmark.Row("10,000 suspended runs: added memory after a start", $"{(await SettledAsync(studio) - empty) / 1024.0 / 1024:0} MiB", "<= 50 MiB");
    }

    private static async Task<string> PublishAsync(HttpClient client, string name, string definition)
    {
        using var created = await client.PostAsJsonAsync("/api/flows", new { name, definition = JsonNode.Parse(definition) });
        var id = (await created.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>())!["id"]!.GetValue<string>();
        using var published = await client.PostAsJsonAsync($"/api/flows/{id}/versions", new { message = "" });
        published.EnsureSuccessStatusCode();
        return id;
    }

    private static async Task<(List<double> Times, double PerSecond)> LoadAsync(HttpClient client, string flow, int clients, TimeSpan length)
    {
        var times = new List<double>();
        var begin = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            while (Stopwatch.GetElapsedTime(begin) < length)
            {
                var one = Stopwatch.GetTimestamp();
                using var answer = await client.PostAsJsonAsync($"/api/flows/{flow}/runs", new { inputs = new { q = "Ada" }, wait = true });
                if (answer.StatusCode != HttpStatusCode.OK)
                {
                    throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
                }

                lock (times)
                {
                    times.Add(Stopwatch.GetElapsedTime(one).TotalMilliseconds);
                }
            }
        }));
        times.Sort();
        return (times, times.Count / Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }

    // The least of some looks: what a start leaves behind goes within seconds.
    private static async Task<long> SettledAsync(StudioProcess studio)
    {
        var least = long.MaxValue;
        for (var look = 0; look < 20; look++)
        {
            await Task.Delay(250);
            least = Math.Min(least, studio.ResidentBytes);
        }

        return least;
    }

    private static int Count(StudioProcess studio)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(studio.DataPath, "studio.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM Runs WHERE Status = 'Suspended'";
        return Convert.ToInt32(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
