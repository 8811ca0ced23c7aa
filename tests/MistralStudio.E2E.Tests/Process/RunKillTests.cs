using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MistralStudio.Tests.Shared;

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
        using var created = await program.PostAsJsonAsync("/api/flows", new { name = "Order", definition = JsonNode.Parse(world.Flow) }, Token);
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

            await StoredRows.CommitsAsync(studio.DataPath, random.Next(MostCommits + 1), s_patience, () => Running(studio).Count == 0, looksBetween: 100);
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
            asked += await world.EndAsync(program, run, s_patience, Token);
        }

        Assert.All(Enumerable.Range(0, ordered), order => Assert.Equal((1, 1), world.Counted($"o{order}")));
        TestContext.Current.TestOutputHelper?.WriteLine($"{kills} kills, {runs.Count} runs, {cutOff.Count} cut off, {asked} asked about, {world.Repeated} payments sent again.");
    }

    private static async Task StartAsync(HttpClient program, JsonNode flow, int order)
    {
        using var started = await program.PostAsJsonAsync($"/api/flows/{flow}/runs", new { inputs = new { order = $"o{order}" }, version = 1 }, Token);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
    }

    private static List<string> Running(StudioProcess studio) => StoredRows.Column(studio.DataPath, "studio.db", "SELECT Id FROM Runs WHERE Status = 'Running'");

}
