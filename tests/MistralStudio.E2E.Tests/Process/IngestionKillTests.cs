using System.Globalization;
using System.Text;
using MistralStudio.Tests.Shared;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>
/// kill -9 again and again while one ingestion of thirty documents goes on, each time after another number of commits since the start, which may be
/// before the server is ready: at the end every passage is there once.
/// </summary>
public sealed class IngestionKillTests
{
    private const int Documents = 30;
    private const int Clauses = 3;

    // Thirty documents commit some hundred times; so few between two kills leave work for all of them.
    private const int MostCommits = 12;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task AnIngestion_GoesOn_WithoutALostOrDoubledPassage() => KillAsync(12, 1);

    [Theory(Explicit = true)]
    [InlineData(200, 2)]
    [InlineData(200, 3)]
    public Task AnIngestion_GoesOn_FromAnyInstant(int kills, int seed) => KillAsync(kills, seed);

    private static async Task KillAsync(int kills, int seed)
    {
        var random = new Random(seed);
        await using var studio = await StudioProcess.StartAsync(null, null, StudioProcess.Owner);
        using var program = await studio.NewProgramAsync();
        var ingestion = await Ingestions.CreateAsync(program);
        var added = 0;
        var incoming = Directory.CreateDirectory(Path.Combine(studio.DataPath, "blobs", "incoming")).FullName;
        for (var kill = 0; kill < kills; kill++)
        {
            if (Unfinished(studio) == 0)
            {
                await studio.ReadyAsync();
                await AssertEveryPassageOnceAsync(ingestion, studio, added);
                (await ingestion.AddAsync(Enumerable.Range(added, Documents).Select(i => ($"{i}.txt", Document(i))))).EnsureSuccessStatusCode();
                added += Documents;
            }

            await StoredRows.CommitsAsync(studio.DataPath, random.Next(MostCommits + 1), s_patience, () => Unfinished(studio) == 0, looksBetween: 500);
            await studio.KillAsync();
            await File.WriteAllTextAsync(Path.Combine(incoming, $"half-an-upload-{kill}"), "half", Token);
            studio.Launch();
        }

        await studio.ReadyAsync();
        await AssertEveryPassageOnceAsync(ingestion, studio, added);
        Assert.Empty(Directory.GetFiles(incoming));
    }

    private static byte[] Document(int number)
    {
        var text = new StringBuilder();
        for (var clause = 0; clause < Clauses; clause++)
        {
            text.Append(CultureInfo.InvariantCulture, $"Clause {clause} of document {number}. ");
            for (var sentence = 0; sentence < 6; sentence++)
            {
                text.Append(CultureInfo.InvariantCulture, $"Party {(number * 7) + sentence} delivers lot {(clause * 31) + sentence} to depot {number % 97} before day {(clause * 13) % 365}. ");
            }

            text.Append("\n\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static int Unfinished(StudioProcess studio) => int.Parse(
        StoredRows.Column(studio.DataPath, "studio.db", "SELECT CAST(count(*) AS TEXT) FROM Documents WHERE State <> 'Indexed'")[0], CultureInfo.InvariantCulture);

    private static async Task AssertEveryPassageOnceAsync(Ingestions ingestion, StudioProcess studio, int documents)
    {
        var items = await ingestion.WaitForAllAsync(documents);
        var told = items.Sum(item => item.GetProperty("passages").GetInt32());
        Assert.True(told >= documents * 2, $"{told} passages of {documents} documents are too few to be killed between.");
        var stored = StoredRows.Column(studio.DataPath, "studio.db", "SELECT hex(Id) FROM Passages");
        var indexed = StoredRows.Column(studio.DataPath, "index.db", "SELECT hex(passage) FROM passages");
        Assert.Equal((told, told), (stored.Count, stored.Distinct(StringComparer.Ordinal).Count()));
        Assert.Equal((told, told), (indexed.Count, indexed.Distinct(StringComparer.Ordinal).Count()));
        Assert.Empty(StoredRows.Column(studio.DataPath, "index.db", "SELECT hex(passage) FROM staged"));
        var text = string.Join(' ', StoredRows.Column(studio.DataPath, "studio.db", "SELECT Text FROM Passages"));
        Assert.All(
            Enumerable.Range(0, documents).SelectMany(number => Enumerable.Range(0, Clauses).Select(clause => $"Clause {clause} of document {number}.")),
            clause => Assert.Contains(clause, text, StringComparison.Ordinal));
    }
}
