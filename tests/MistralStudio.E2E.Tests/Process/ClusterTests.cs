using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MistralStudio.Tests.Shared;
using Npgsql;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>Two processes serve one PostgreSQL database and one folder of files: either does for the other, and one does for both.</summary>
public sealed class ClusterTests : IDisposable
{
    private const int Each = 8;

    private const string Asking = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"ask","type":"approval","config":{"title":"Send to {{ start.name }}?"}},
                  {"id":"yes","type":"template","config":{"template":"sent: {{ ask.approved.note }}"}},{"id":"no","type":"template","config":{"template":"kept"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.name","to":"ask.name"},{"from":"ask.approved","to":"yes.x"},{"from":"ask.refused","to":"no.x"},
                  {"from":"yes.text","to":"answer.text"},{"from":"no.text","to":"answer.text"}],
         "inputs":[{"name":"name","type":"text","required":true}]}
        """;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly string _shared = Directory.CreateTempSubdirectory("studio-shared-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OneOfTwo_IsKilled_AndItsRunsGoOnInTheOther()
    {
        PostgresServer.Require();
        var database = await (await PostgresServer.FindAsync())!.CreateDatabaseAsync();
        await ExecuteAsync(database, $"ALTER DATABASE {new NpgsqlConnectionStringBuilder(database).Database} SET timezone TO 'Asia/Tokyo'");
        await using var world = await CountingWorld.StartAsync(1);
        (string, string)[] settings =
        [
            .. StudioProcess.Owner, ("ConnectionStrings__Studio", database), ("Egress__AllowedHosts__0", $"127.0.0.1:{world.Port}"), ("Qdrant__Url", "http://127.0.0.1:6333"),
            ("Cluster__Enabled", "true"), ("Cluster__SharedPath", _shared), ("Cluster__Port", "0"), ("Cluster__FailureAfter", "00:00:03"),
        ];

        // At once: one of them makes the tables and the owner, and the other waits for it.
        var starts = await Task.WhenAll(StudioProcess.StartAsync(null, null, settings), StudioProcess.StartAsync(null, null, settings));
        await using var first = starts[0];
        await using var second = starts[1];
        using var here = await first.NewProgramAsync();
        using var there = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = second.Url };
        there.DefaultRequestHeaders.Authorization = here.DefaultRequestHeaders.Authorization;
        await JoinedAsync(here);
        await JoinedAsync(there);

        var asking = await PublishAsync(here, "Asking", JsonNode.Parse(Asking)!);
        await DecideAsync(there, await AskAsync(here, asking));
        await FollowAsync(there, here, await AskAsync(here, asking));

        var order = await PublishAsync(here, "Order", JsonNode.Parse(world.Flow)!);
        List<string> mine = [], others = [];
        world.Hold();
        for (var i = 0; i < Each; i++)
        {
            others.Add(await StartAsync(there, order, $"b{i}"));
            mine.Add(await StartAsync(here, order, $"a{i}"));
        }

        await HeldAsync(world, 2 * Each);
        await first.KillAsync();
        var killed = Stopwatch.GetTimestamp();
        world.Release();
        others.Add(await StartAsync(there, order, "after"));
        var asked = 0;
        foreach (var run in mine.Concat(others))
        {
            asked += await world.EndAsync(there, run, s_patience, Token);
        }

        // Whether a letter was written when its answer was cut off, nobody knows; a price may be asked again.
        Assert.True(asked >= Each / 2, $"{asked} asked about.");
        var took = Stopwatch.GetElapsedTime(killed);
        Assert.Contains(second.Log(), line => line.Contains("1 processes of the cluster have ended", StringComparison.Ordinal));
        Assert.All(
            Enumerable.Range(0, Each).SelectMany(i => new[] { $"a{i}", $"b{i}" }).Append("after"), placed => Assert.Equal((1, 1), world.Counted(placed)));

        // Right wherever the server stands: members go by these times where they look who lives.
        Assert.Equal(0L, await ExecuteAsync(database, "SELECT count(*) FROM cluster_members WHERE abs(extract(epoch FROM now() - IAmAliveTime)) > 120"));

        // It comes back as another member.
        first.Launch();
        await first.ReadyAsync();
        await JoinedAsync(here);
        await world.EndAsync(there, await StartAsync(here, order, "again"), s_patience, Token);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Each} runs cut off by the kill, {asked} asked about, all ended {took.TotalSeconds:N1} s after it; {world.Repeated} payments sent again.");
    }

    public void Dispose() => Directory.Delete(_shared, recursive: true);

    private static async Task HeldAsync(CountingWorld world, int orders)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(s_patience);
        while (world.Held < orders)
        {
            await Task.Delay(10, limit.Token);
        }
    }

    private static async Task<object?> ExecuteAsync(string database, string command)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var created = source.CreateCommand(command);
        return await created.ExecuteScalarAsync(Token);
    }

    private static async Task JoinedAsync(HttpClient program)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(s_patience);
        while (true)
        {
            using var answer = await program.GetAsync("/readyz", limit.Token);
            var parts = (await answer.Content.ReadFromJsonAsync<JsonObject>(limit.Token))!["parts"]!.AsArray();
            Assert.Contains(parts, part => part!["part"]!.GetValue<string>() == "cluster");
            if (answer.IsSuccessStatusCode)
            {
                return;
            }

            await Task.Delay(20, limit.Token);
        }
    }

    private static async Task<string> PublishAsync(HttpClient program, string name, JsonNode definition)
    {
        using var created = await program.PostAsJsonAsync("/api/flows", new { name, definition }, Token);
        var made = (await created.Content.ReadFromJsonAsync<JsonObject>(Token))!;
        Assert.True(made["problems"]?.AsArray().Count == 0, made.ToJsonString());
        using var published = await program.PostAsJsonAsync($"/api/flows/{made["id"]}/versions", new { message = "" }, Token);
        Assert.Equal(HttpStatusCode.Created, published.StatusCode);
        return made["id"]!.GetValue<string>();
    }

    private static async Task<string> StartAsync(HttpClient program, string flow, string order)
    {
        using var started = await program.PostAsJsonAsync($"/api/flows/{flow}/runs", new { inputs = new { order }, version = 1 }, Token);
        Assert.True(started.StatusCode == HttpStatusCode.Accepted, await started.Content.ReadAsStringAsync(Token));
        return (await started.Content.ReadFromJsonAsync<JsonObject>(Token))!["id"]!.GetValue<string>();
    }

    private static async Task<string> AskAsync(HttpClient program, string flow)
    {
        using var started = await program.PostAsJsonAsync($"/api/flows/{flow}/runs", new { inputs = new { name = "Bo" }, version = 1, wait = true }, Token);
        var run = (await started.Content.ReadFromJsonAsync<JsonObject>(Token))!;
        Assert.True(run["state"]?.GetValue<string>() == "suspended", run.ToJsonString());
        return run["id"]!.GetValue<string>();
    }

    private static async Task<string> StateAsync(HttpClient program, string run) =>
        (await program.GetFromJsonAsync<JsonObject>($"/api/runs/{run}", Token))!["state"]!.GetValue<string>();

    /// <summary>Approves a run, and waits for its end, through the same process.</summary>
    private static async Task DecideAsync(HttpClient program, string run)
    {
        await ApproveAsync(program, run);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(s_patience);
        while (await StateAsync(program, run) != "succeeded")
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private static async Task ApproveAsync(HttpClient program, string run)
    {
        var waiting = Assert.Single((await program.GetFromJsonAsync<JsonObject>($"/api/runs/{run}", Token))!["waitingFor"]!.AsArray())!;
        using var decided = await program.PostAsJsonAsync(
            $"/api/runs/{run}/resume", new { bookmark = waiting["bookmark"]!.GetValue<string>(), decision = "approve", values = new { note = "fine" } }, Token);
        Assert.True(decided.StatusCode == HttpStatusCode.Accepted, await decided.Content.ReadAsStringAsync(Token));
    }

    /// <summary>Follows a run that waits through one process while it is approved, and so goes on, in the other.</summary>
    private static async Task FollowAsync(HttpClient watcher, HttpClient owner, string run)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(s_patience);
        using var answer = await watcher.GetAsync($"/api/runs/{run}/events", HttpCompletionOption.ResponseHeadersRead, limit.Token);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(limit.Token));
        var last = await NextAsync(lines, limit.Token);
        Assert.Contains("RunStarted", last, StringComparison.Ordinal);
        await ApproveAsync(owner, run);
        while (await NextAsync(lines, limit.Token) is { } next)
        {
            last = next;
        }

        Assert.Contains("RunFinished", last, StringComparison.Ordinal);
        Assert.Contains("sent: fine", last, StringComparison.Ordinal);
    }

    private static async Task<string?> NextAsync(StreamReader lines, CancellationToken cancellationToken)
    {
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith("data:", StringComparison.Ordinal))
            {
                return line;
            }
        }

        return null;
    }
}
