using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>
/// kill -9 again and again while a batch asks a counting model, each time after another number of commits since the start. At the end every row has its
/// answer, once; a row whose answer was committed was never asked about again, and each kill cost at most the rows in flight.
/// </summary>
public sealed class BatchKillTests
{
    private const int Parallel = 4;
    private const int MostCommits = 12;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task EveryRow_IsAnswered_AndNoAnswerIsPaidTwice() => KillAsync(3, 300, 1);

    [Theory(Explicit = true)]
    [InlineData(100, 4_000, 2)]
    [InlineData(100, 4_000, 3)]
    public Task EveryRow_IsAnswered_FromAnyInstant(int kills, int rows, int seed) => KillAsync(kills, rows, seed);

    private static async Task KillAsync(int kills, int rows, int seed)
    {
        var random = new Random(seed);
        var asked = new ConcurrentDictionary<string, int>();
        await using var world = await OpenAiServer.StartAsync();
        world.Otherwise = body =>
        {
            var question = body["messages"]!.AsArray()[^1]!["content"]!.GetValue<string>();
            asked.AddOrUpdate(question, 1, (_, times) => times + 1);
            return ["said ", question];
        };
        await using var studio = await StudioProcess.StartAsync(null, null, [.. StudioProcess.Owner, ("Egress__AllowedHosts__0", world.Place)]);
        using var program = await studio.NewProgramAsync();
        var batch = await StartAsync(program, world, rows);

        var (killed, committed) = (0, new HashSet<string>(StringComparer.Ordinal));
        while (killed < kills && !IsOver(studio))
        {
            await StoredRows.CommitsAsync(studio.DataPath, random.Next(1, MostCommits + 1), s_patience, () => IsOver(studio), looksBetween: 50);
            await studio.KillAsync();
            killed++;
            // What is committed now is never asked about again.
            var before = Answered(studio).ToDictionary(question => question, question => asked[question], StringComparer.Ordinal);
            Assert.True(before.Count >= committed.Count, "An answer that was committed is gone.");
            committed = [.. before.Keys];
            studio.Launch();
            await studio.ReadyAsync();
            Assert.All(before, answered => Assert.Equal(answered.Value, asked[answered.Key]));
        }

        var events = await program.GetStringAsync($"/api/batches/{batch}/events", Token);
        Assert.Contains("\"state\":\"done\"", events, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, rows).Select(row => $"q{row}").Order(StringComparer.Ordinal), Answered(studio).Order(StringComparer.Ordinal));
        var again = asked.Values.Sum() - rows;
        Assert.InRange(again, 0, killed * Parallel);
        Assert.True(killed * 2 > kills, $"The batch was over after {killed} of {kills} kills: too few to prove anything.");
        TestContext.Current.TestOutputHelper?.WriteLine($"{killed} kills, {rows} rows, {again} asked about again.");
    }

    private static async Task<string> StartAsync(HttpClient program, OpenAiServer world, int rows)
    {
        using var connected = await program.PostAsJsonAsync(
            "/api/connections", new { name = "There", kind = "compatible", address = world.Address.ToString(), retries = 0, models = new[] { new { name = "small" } } }, Token);
        Assert.True(connected.StatusCode == HttpStatusCode.Created, await connected.Content.ReadAsStringAsync(Token));
        using var pasted = await program.PostAsJsonAsync("/api/batches/tables/paste", new { text = "q\n" + string.Concat(Enumerable.Range(0, rows).Select(row => $"q{row}\n")) }, Token);
        var table = (await pasted.Content.ReadFromJsonAsync<JsonObject>(Token))!["id"]!.GetValue<string>();
        using var started = await program.PostAsJsonAsync(
            "/api/batches", new { table, content = new { messages = new[] { new { role = "user", text = "{{q}}" } }, model = "there/small" }, parallelism = Parallel }, Token);
        Assert.True(started.StatusCode == HttpStatusCode.Created, await started.Content.ReadAsStringAsync(Token));
        return (await started.Content.ReadFromJsonAsync<JsonObject>(Token))!["id"]!.GetValue<string>();
    }

    private static bool IsOver(StudioProcess studio) => StoredRows.Column(studio.DataPath, "studio.db", "SELECT State FROM Batches WHERE State = 'Running'").Count == 0;

    private static IEnumerable<string> Answered(StudioProcess studio) =>
        StoredRows.Column(studio.DataPath, "studio.db", "SELECT Text FROM BatchResults WHERE State = 'Succeeded'").Select(text => text["said ".Length..]);
}
