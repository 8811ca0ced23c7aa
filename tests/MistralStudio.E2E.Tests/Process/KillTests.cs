using System.Text.Json;
using Microsoft.Data.Sqlite;
using MistralStudio.Tests.Shared;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>kill -9 at many instants, then a start: what was committed is there, and what was begun goes on.</summary>
public sealed class KillTests(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    private const int Paragraphs = 120;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("stored", 0)]
    [InlineData("embedding", 1)]
    [InlineData("embedding", 40)]
    public Task AnIngestion_GoesOn_WithoutALostOrDoubledPassage(string state, int looks) => KillDuringIngestionAsync(state, looks);

    [Theory(Explicit = true)]
    [MemberData(nameof(ManyInstants))]
    public Task AnIngestion_GoesOn_FromAnyInstant(string state, int looks) => KillDuringIngestionAsync(state, looks);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(150)]
    public Task AConversation_IsThere_UpToItsLastCommittedMessage(int characters) => KillDuringAnswerAsync(characters);

    [Theory(Explicit = true)]
    [InlineData(5)]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(100)]
    [InlineData(200)]
    [InlineData(300)]
    public Task AConversation_IsThere_FromAnyInstant(int characters) => KillDuringAnswerAsync(characters);

    public static TheoryData<string, int> ManyInstants()
    {
        var instants = new TheoryData<string, int>();
        foreach (var looks in new[] { 0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144 })
        {
            instants.Add("stored", looks);
            instants.Add("embedding", looks);
        }

        return instants;
    }

    // Kills after so many looks at a document that has reached the state (or one behind it): each look takes a few milliseconds.
    private static async Task KillDuringIngestionAsync(string state, int looks)
    {
        await using var studio = await StudioProcess.StartAsync(null, null, StudioProcess.Owner);
        Ingestions ingestion;
        using (var program = await studio.NewProgramAsync())
        {
            ingestion = await Ingestions.CreateAsync(program);
            (await ingestion.AddAsync(Ingestions.Document(Paragraphs))).EnsureSuccessStatusCode();
            await ingestion.WaitAsync(document => (state == "stored" || !IsBeforeEmbedding(document)) && looks-- <= 0);
            await studio.KillAsync();
        }

        var incoming = Directory.CreateDirectory(Path.Combine(studio.DataPath, "blobs", "incoming")).FullName;
        await File.WriteAllTextAsync(Path.Combine(incoming, "half-an-upload"), "half", Token);
        await using var again = await StudioProcess.StartAsync(studio.DataPath, studio.Url);
        Assert.Empty(Directory.GetFiles(incoming));
        using var later = await again.NewProgramAsync();
        var done = await ingestion.WaitAsync(document => Ingestions.Is(document, "indexed"), later);
        AssertEveryPassageOnce(studio.DataPath, done.GetProperty("passages").GetInt32());
    }

    private static bool IsBeforeEmbedding(JsonElement document) => document.GetProperty("state").GetString() is "stored" or "parsing" or "splitting";

    private static void AssertEveryPassageOnce(string dataPath, int told)
    {
        Assert.True(told > 20, $"{told} passages are too few to be killed between.");
        var stored = Column(dataPath, "studio.db", "SELECT hex(Id) FROM Passages");
        var indexed = Column(dataPath, "index.db", "SELECT hex(passage) FROM passages");
        Assert.Equal(told, stored.Count);
        Assert.Equal(told, stored.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(told, indexed.Count);
        Assert.Equal(told, indexed.Distinct(StringComparer.Ordinal).Count());
        var text = string.Join(' ', Column(dataPath, "studio.db", "SELECT Text FROM Passages"));
        Assert.All(Enumerable.Range(0, Paragraphs), clause => Assert.Contains($"Clause {clause}.", text, StringComparison.Ordinal));
    }

    private static List<string> Column(string dataPath, string file, string query)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(dataPath, file)};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = query;
        using var reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read())
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }

    private async Task KillDuringAnswerAsync(int characters)
    {
        await using var studio = await StudioProcess.StartAsync(null, null, StudioProcess.Owner);
        var context = await browser.Browser.NewContextAsync();
        await using var closing = context;
        context.SetDefaultTimeout(90_000);
        var page = await context.NewPageAsync();
        await page.GotoAsync($"{studio.Url}sign-in");
        await page.FillAsync("[name=Email]", StudioProcess.Owner[0].Value);
        await page.FillAsync("[name=Password]", StudioProcess.Owner[1].Value);
        await page.ClickAsync("button[type=submit]");
        await page.WaitForURLAsync("**/w/*");
        var workspace = page.Url.TrimEnd('/');
        await page.GotoAsync($"{workspace}/playground");
        await page.Locator("[data-ready]").First.WaitForAsync();
        await page.FillAsync(".cbox textarea", "Tell me a long story about a lighthouse.");
        await page.ClickAsync("[data-send]");
        // The address of the conversation is there once its question is committed.
        await page.WaitForURLAsync("**/playground/*");
        if (characters > 0)
        {
            await page.WaitForFunctionAsync("n => (document.querySelector('[data-answer]')?.innerText.length ?? 0) >= n", characters);
        }

        var conversation = page.Url;
        await studio.KillAsync();
        await using var again = await StudioProcess.StartAsync(studio.DataPath, studio.Url);
        await page.GotoAsync(conversation);
        await page.GetByText("Tell me a long story about a lighthouse.").First.WaitForAsync();
        Assert.Equal(["User"], Column(studio.DataPath, "studio.db", "SELECT Role FROM Messages"));
    }
}
