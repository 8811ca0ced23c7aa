using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>
/// kill -9 again and again while runs change a counting server, each time after another number of commits since the start, which may be before
/// the server is ready. At the end every run came to what it would have: what may be repeated counts once, what may not happened once.
/// </summary>
public sealed class RunKillTests
{
    private const int InFlight = 6;
    private const int MostCommits = 16;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    // A payment and a letter for each order, beside each other; the letter goes to no server that knows it again.
    private const string Flow = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[
           {"id":"start","type":"start"},
           {"id":"price","type":"http-request","config":{"url":"URL/price/{{ start.order }}"}},
           {"id":"pay","type":"http-request","config":{"method":"POST","url":"URL/pay/{{ start.order }}","idempotent":true,"body":"{{ price.body }}"},"policy":{"retry":{"attempts":5,"delay":"00:00:00.010"}}},
           {"id":"letter","type":"http-request","config":{"method":"POST","url":"URL/letter/{{ start.order }}","body":"{{ price.body }}"}},
           {"id":"text","type":"template","config":{"template":"{{ start.order }} paid {{ paid.receipt }}"}},
           {"id":"answer","type":"answer"}],
         "edges":[
           {"from":"start.order","to":"price.order"},{"from":"price.body","to":"pay.price"},{"from":"start.order","to":"pay.order"},
           {"from":"price.body","to":"letter.price"},{"from":"start.order","to":"letter.order"},
           {"from":"pay.body","to":"text.paid"},{"from":"letter.status","to":"text.letter"},{"from":"start.order","to":"text.order"},{"from":"text.text","to":"answer.text"}],
         "inputs":[{"name":"order","type":"text","required":true}]}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task Runs_ComeToWhatTheyWould_AndChangeTheWorldOnce() => KillAsync(30, 1);

    [Theory(Explicit = true)]
    [InlineData(200, 2)]
    [InlineData(200, 3)]
    public Task Runs_ComeToWhatTheyWould_FromAnyInstant(int kills, int seed) => KillAsync(kills, seed);

    private static async Task KillAsync(int kills, int seed)
    {
        var random = new Random(seed);
        await using var world = await CountingWorld.StartAsync(seed);
        await using var studio = await StudioProcess.StartAsync(null, null, [.. StudioProcess.Owner, ("Egress__AllowedHosts__0", $"127.0.0.1:{world.Port}")]);
        using var program = await studio.NewProgramAsync();
        using var created = await program.PostAsJsonAsync("/api/flows", new { name = "Order", definition = JsonNode.Parse(Flow.Replace("URL", $"http://127.0.0.1:{world.Port}", StringComparison.Ordinal)) }, Token);
        var made = await created.Content.ReadFromJsonAsync<JsonObject>(Token);
        Assert.True(made!["problems"]!.AsArray().Count == 0, made.ToJsonString());
        using var published = await program.PostAsJsonAsync($"/api/flows/{made["id"]}/versions", new { message = "" }, Token);
        Assert.Equal(HttpStatusCode.Created, published.StatusCode);

        var ordered = 0;
        var cutOff = new HashSet<string>(StringComparer.Ordinal);
        for (var kill = 0; kill < kills; kill++)
        {
            var running = Running(studio).Count;
            if (running < InFlight / 2)
            {
                await studio.ReadyAsync();
                for (var i = running; i < InFlight; i++)
                {
                    await StartAsync(program, made["id"]!, ordered++);
                }
            }

            await CommitsAsync(studio, random.Next(MostCommits + 1));
            await studio.KillAsync();
            cutOff.UnionWith(Running(studio));
            studio.Launch();
        }

        await studio.ReadyAsync();
        var runs = StoredRows.Column(studio.DataPath, "studio.db", "SELECT Id FROM Runs");
        Assert.Equal(ordered, runs.Count);
        Assert.True(cutOff.Count * 3 >= runs.Count, $"{cutOff.Count} of {runs.Count} runs were in flight at a kill: too few to prove anything.");
        var asked = 0;
        foreach (var run in runs)
        {
            asked += await EndAsync(program, run, world);
        }

        Assert.All(Enumerable.Range(0, ordered), order => Assert.Equal((1, 1), world.Counted($"o{order}")));
        TestContext.Current.TestOutputHelper?.WriteLine($"{kills} kills, {runs.Count} runs, {cutOff.Count} cut off, {asked} asked about, {world.Repeated} payments sent again.");
    }

    private static async Task StartAsync(HttpClient program, JsonNode flow, int order)
    {
        using var started = await program.PostAsJsonAsync($"/api/flows/{flow}/runs", new { inputs = new { order = $"o{order}" }, version = 1 }, Token);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
    }

    /// <summary>Waits for the end of a run, and says what happened where it asks; gives how often that was.</summary>
    private static async Task<int> EndAsync(HttpClient program, string run, CountingWorld world)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(s_patience);
        for (var asked = 0; ; await Task.Delay(20, limit.Token))
        {
            var whole = (await program.GetFromJsonAsync<JsonObject>($"/api/runs/{run}", limit.Token))!;
            var order = whole["inputs"]!["order"]!.GetValue<string>();
            switch (whole["state"]!.GetValue<string>())
            {
                case "succeeded":
                    Assert.Equal($"{order} paid r-{order}", whole["outputs"]!["text"]!.GetValue<string>());
                    return asked;
                case "uncertain":
                    var waiting = Assert.Single(whole["waitingFor"]!.AsArray())!;
                    Assert.Equal("letter", waiting["node"]!.GetValue<string>());
                    var happened = world.Counted(order).Letters > 0;
                    using (var decided = await program.PostAsJsonAsync(
                        $"/api/runs/{run}/resume",
                        new { bookmark = waiting["bookmark"]!.GetValue<string>(), decision = happened ? "done" : "repeat", values = happened ? new { status = 200 } : null },
                        limit.Token))
                    {
                        Assert.True(decided.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.Conflict, await decided.Content.ReadAsStringAsync(limit.Token));
                    }

                    asked++;
                    break;
                case "running":
                    break;
                default:
                    Assert.Fail(whole.ToJsonString());
                    break;
            }
        }
    }

    private static List<string> Running(StudioProcess studio) => StoredRows.Column(studio.DataPath, "studio.db", "SELECT Id FROM Runs WHERE Status = 'Running'");

    /// <summary>Waits until the server has committed so many times from now, or has nothing left to commit.</summary>
    private static async Task CommitsAsync(StudioProcess studio, int commits)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(s_patience);
        using var connection = StoredRows.Open(studio.DataPath, "studio.db");
        using var version = connection.CreateCommand();
        version.CommandText = "PRAGMA data_version;";
        var seen = (long)version.ExecuteScalar()!;
        for (var looks = 1; commits > 0; looks++)
        {
            await Task.Delay(1, limit.Token);
            var now = (long)version.ExecuteScalar()!;
            commits -= now == seen ? 0 : 1;
            seen = now;
            if (looks % 100 == 0 && Running(studio).Count == 0)
            {
                return;
            }
        }
    }

    /// <summary>A server that takes its time, knows payments again by their key, and letters not.</summary>
    private sealed class CountingWorld : IAsyncDisposable
    {
        private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, int>> _payments = new(StringComparer.Ordinal);
        private readonly ConcurrentDictionary<string, int> _letters = new(StringComparer.Ordinal);
        private readonly Random _random;
        private LocalServer _server = null!;

        private CountingWorld(int seed) => _random = new Random(seed);

        public int Port => _server.Port;

        /// <summary>Payments that were sent more than once.</summary>
        public int Repeated => _payments.Values.Sum(keys => keys.Values.Sum(times => times - 1));

        public static async Task<CountingWorld> StartAsync(int seed)
        {
            var world = new CountingWorld(seed);
            world._server = await LocalServer.StartAsync(world.AnswerAsync);
            return world;
        }

        /// <summary>Payments and letters of an order.</summary>
        public (int Payments, int Letters) Counted(string order) => (_payments.GetValueOrDefault(order)?.Count ?? 0, _letters.GetValueOrDefault(order));

        public ValueTask DisposeAsync() => _server.DisposeAsync();

        private async Task AnswerAsync(HttpContext http)
        {
            var (kind, order) = (http.Request.Path.Value!.Split('/')[1], http.Request.Path.Value!.Split('/')[2]);
            switch (kind)
            {
                case "pay":
                    _payments.GetOrAdd(order, _ => new(StringComparer.Ordinal)).AddOrUpdate(http.Request.Headers["Idempotency-Key"].ToString(), 1, (_, times) => times + 1);
                    break;
                case "letter":
                    _letters.AddOrUpdate(order, 1, (_, times) => times + 1);
                    break;
            }

            int wait;
            lock (_random)
            {
                wait = _random.Next(20, 200);
            }

            await Task.Delay(wait, http.RequestAborted);
            await http.Response.WriteAsJsonAsync(new { receipt = string.Create(CultureInfo.InvariantCulture, $"r-{order}") }, http.RequestAborted);
        }
    }
}
