using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Tests;

public abstract class KnowledgeStoreTests(DataFixture data)
{
    private readonly IKnowledgeStore _knowledge = data.Get<IKnowledgeStore>();
    private readonly IPassageStore _passages = data.Get<IPassageStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    [Fact]
    public async Task ADocument_GoesThroughItsStages_WithTextPassagesAndCounts()
    {
        var knowledge = await BaseAsync("Filings");
        var document = await DocumentAsync(knowledge.Id, "annual.pdf");
        Assert.Equal(DocumentState.Stored, document.State);
        Assert.Contains(document.Id, await _passages.ListUnfinishedAsync(Token));

        Assert.True(await _passages.EnterAsync(document.Id, DocumentState.Parsing, Token));
        await _passages.ReportProgressAsync(document.Id, 0.5, Token);
        Assert.Equal(0.5, (await _passages.FindAsync(document.Id, Token))!.Progress);

        var text = new ExtractedText("Revenue rose.Costs fell.", [new(1, 0, 13), new(2, 13, 24)], [3]);
        await _passages.SaveTextAsync(document.Id, text, Token);
        var parsed = (await _knowledge.FindDocumentAsync(Workspace, knowledge.Id, document.Id, Token))!;
        Assert.Equal((DocumentState.Splitting, 3, 0d), (parsed.State, parsed.Pages, parsed.Progress));
        var read = (await _knowledge.ReadTextAsync(Workspace, knowledge.Id, document.Id, Token))!;
        Assert.Equal((text.Text, 2, 3), (read.Text, read.Pages.Count, read.PagesWithoutText[0]));

        var passages = Passages(document.Id, 3);
        await _passages.ReplacePassagesAsync(document.Id, passages, Token);
        Assert.Equal(passages, await _passages.ReadPassagesAsync(document.Id, Token));
        Assert.Equal(0, (await _knowledge.FindBaseAsync(Workspace, knowledge.Id, Token))!.Passages);
        await _passages.EnterAsync(document.Id, DocumentState.Indexed, Token);
        var counted = (await _knowledge.FindBaseAsync(Workspace, knowledge.Id, Token))!;
        Assert.Equal((1, 3), (counted.Documents, counted.Passages));
        Assert.DoesNotContain(document.Id, await _passages.ListUnfinishedAsync(Token));
        Assert.Contains(document.Id, await _passages.ListIndexedAsync(Token));
    }

    [Fact]
    public async Task ABase_KeepsItsSettings_AndRefusesAChangeMadeOnOldOnes()
    {
        var knowledge = await BaseAsync("Settings");
        Assert.Equal((new KnowledgeSettings(), 0), (knowledge.Settings, knowledge.SettingsVersion));

        var changed = knowledge.Settings with { Splitting = new() { PassageCharacters = 300, OverlapCharacters = 60, ParentCharacters = 0, RepeatTableHeaders = false } };
        Assert.True(await _knowledge.ChangeSettingsAsync(Workspace, knowledge.Id, changed, wasVersion: 0, Token));
        Assert.False(await _knowledge.ChangeSettingsAsync(Workspace, knowledge.Id, new(), wasVersion: 0, Token));
        Assert.False(await _knowledge.ChangeSettingsAsync(WorkspaceId.New(), knowledge.Id, new(), wasVersion: 1, Token));

        var read = (await _knowledge.FindBaseAsync(Workspace, knowledge.Id, Token))!;
        Assert.Equal((changed, 1), (read.Settings, read.SettingsVersion));
    }

    [Fact]
    public async Task AText_KeepsItsBlocksAndNotes_AndNamesTheDocumentThatSaysTheSame()
    {
        var knowledge = await BaseAsync("Twins");
        var text = new ExtractedText("Title\n\nBody", [new(1, 0, 11)], [2])
        {
            Blocks = [new(BlockKind.Heading, 0, 5, Level: 1, Box: new(1, 2, 3, 4)), new(BlockKind.Code, 7, 11, Language: "csharp")],
            Notes = [new("document.pages_without_text", "No text on page 2.")],
        };
        var first = await DocumentAsync(knowledge.Id, "first.pdf");
        data.Time.Advance(TimeSpan.FromSeconds(1));
        var second = await DocumentAsync(knowledge.Id, "second.pdf");
        await _passages.SaveTextAsync(first.Id, text, Token);
        await _passages.SaveTextAsync(second.Id, text, Token);

        var read = (await _knowledge.ReadTextAsync(Workspace, knowledge.Id, first.Id, Token))!;
        Assert.Equal(text.Blocks, read.Blocks);
        var listed = (await _knowledge.ListDocumentsAsync(Workspace, knowledge.Id, null, null, 10, Token)).Items.ToDictionary(found => found.Name);
        Assert.Equal([null, "first.pdf"], (string?[])[listed["first.pdf"].DuplicateOf, listed["second.pdf"].DuplicateOf]);
        Assert.Equal(text.Notes, listed["second.pdf"].Notes!);
    }

    [Fact]
    public async Task ReplacingPassages_KeepsIdsThatStay_AndTheirNewPlaces()
    {
        var document = await DocumentAsync((await BaseAsync("Re-sync")).Id, "a.md");
        var first = Passages(document.Id, 3);
        await _passages.ReplacePassagesAsync(document.Id, first, Token);
        Passage[] second = [first[2] with { Ordinal = 0 }, first[0] with { Ordinal = 1 }];
        await _passages.ReplacePassagesAsync(document.Id, second, Token);
        Assert.Equal(second, await _passages.ReadPassagesAsync(document.Id, Token));
    }

    [Fact]
    public async Task AFailure_KeepsItsReason_UntilTheNextTry()
    {
        var document = await DocumentAsync((await BaseAsync("Broken")).Id, "broken.pdf");
        var error = new Error("knowledge.unreadable", "It is broken.", "Add it again.");
        await _passages.FailAsync(document.Id, error, Token);
        Assert.Equal(error, (await _passages.FindAsync(document.Id, Token))!.Error);
        Assert.True(await _passages.EnterAsync(document.Id, DocumentState.Parsing, Token));
        Assert.Null((await _passages.FindAsync(document.Id, Token))!.Error);
    }

    [Fact]
    public async Task ADocumentThatIsBeingDeleted_LeavesThatStateForNothing()
    {
        var knowledge = await BaseAsync("Deleting");
        var document = await DocumentAsync(knowledge.Id, "gone.txt");
        var passages = Passages(document.Id, 2);
        await _passages.ReplacePassagesAsync(document.Id, passages, Token);
        Assert.True(await _passages.EnterAsync(document.Id, DocumentState.Deleting, Token));
        Assert.False(await _passages.EnterAsync(document.Id, DocumentState.Indexed, Token));
        await _passages.FailAsync(document.Id, KnowledgeErrors.DiskFull(), Token);
        await _passages.SaveTextAsync(document.Id, new ExtractedText("late", [], []), Token);
        Assert.Equal(DocumentState.Deleting, (await _passages.FindAsync(document.Id, Token))!.State);
        Assert.Empty(await _passages.GetAsync(Workspace, [passages[0].Id], Token));

        Assert.False(await _knowledge.DeleteEmptyBaseAsync(Workspace, knowledge.Id, null, Token));
        await _passages.RemoveAsync(document.Id, Token);
        Assert.False(await _passages.EnterAsync(document.Id, DocumentState.Parsing, Token));
        Assert.Null(await _passages.ReadTextAsync(document.Id, Token));
        Assert.Empty(await _passages.ReadPassagesAsync(document.Id, Token));
        Assert.True(await _knowledge.DeleteEmptyBaseAsync(Workspace, knowledge.Id, null, Token));
    }

    [Fact]
    public async Task WhatIsAnotherWorkspaces_OrAnotherBases_IsUnknown()
    {
        var elsewhere = DataFixture.Elsewhere();
        var knowledge = await BaseAsync("Mine");
        var other = await BaseAsync("Other");
        var document = await DocumentAsync(knowledge.Id, "mine.txt");
        var passage = Passages(document.Id, 1)[0];
        await _passages.ReplacePassagesAsync(document.Id, [passage], Token);
        await _passages.SaveTextAsync(document.Id, new ExtractedText("mine", [], []), Token);

        Assert.Null(await _knowledge.FindBaseAsync(elsewhere, knowledge.Id, Token));
        Assert.False(await _knowledge.RenameBaseAsync(elsewhere, knowledge.Id, "Stolen", was: null, Token));
        Assert.False(await _knowledge.DeleteEmptyBaseAsync(elsewhere, other.Id, null, Token));
        Assert.Null(await _knowledge.AddDocumentAsync(elsewhere, knowledge.Id, New("theirs.txt"), Token));
        Assert.Empty((await _knowledge.ListBasesAsync(elsewhere, null, null, 10, Token)).Items);
        Assert.Empty(await _passages.GetAsync(elsewhere, [passage.Id], Token));
        foreach (var (workspace, id) in new[] { (elsewhere, knowledge.Id), (Workspace, other.Id) })
        {
            Assert.Null(await _knowledge.FindDocumentAsync(workspace, id, document.Id, Token));
            Assert.Null(await _knowledge.ReadTextAsync(workspace, id, document.Id, Token));
            Assert.Null(await _knowledge.FindPassageAsync(workspace, id, passage.Id, Token));
            Assert.Empty((await _knowledge.ListDocumentsAsync(workspace, id, null, null, 10, Token)).Items);
            Assert.Empty((await _knowledge.ListPassagesAsync(workspace, id, document.Id, PassageFilter.None, null, 10, Token)).Items);
        }

        Assert.Equal(passage, await _knowledge.FindPassageAsync(Workspace, knowledge.Id, passage.Id, Token));
        Assert.Equal("mine.txt", Assert.Single(await _passages.GetAsync(Workspace, [passage.Id], Token)).DocumentName);
    }

    [Fact]
    public async Task Pages_ShowEveryDocumentOnce_ThoughManyShareAnInstant_AndMoreArrive()
    {
        var knowledge = await BaseAsync("Paged");
        var expected = new List<DocumentId>();
        for (var number = 0; number < 23; number++)
        {
            expected.Add((await DocumentAsync(knowledge.Id, $"{number}.txt")).Id);
            if (number % 9 == 8)
            {
                data.Time.Advance(TimeSpan.FromSeconds(1));
            }
        }

        var seen = new List<DocumentId>();
        string? after = null;
        do
        {
            var page = await _knowledge.ListDocumentsAsync(Workspace, knowledge.Id, null, after, 5, Token);
            seen.AddRange(page.Items.Select(item => item.Id));
            after = page.After;
            data.Time.Advance(TimeSpan.FromSeconds(1));
            await DocumentAsync(knowledge.Id, $"late-{seen.Count}.txt");
        }
        while (after is not null);
        Assert.Equal(expected.Order(Comparer<DocumentId>.Create((a, b) => a.Value.CompareTo(b.Value))), seen.Order(Comparer<DocumentId>.Create((a, b) => a.Value.CompareTo(b.Value))));
        Assert.Equal(5, (await _knowledge.ListDocumentsAsync(Workspace, knowledge.Id, null, "no-cursor", 5, Token)).Items.Count);
    }

    [Theory]
    [InlineData("ÉTÉ", true)]
    [InlineData("100%", true)]
    [InlineData("1_0", false)]
    [InlineData("winter", false)]
    public async Task Search_FindsPartsOfNames_WhateverTheirCase(string search, bool found)
    {
        var knowledge = await BaseAsync($"Search {search}");
        await DocumentAsync(knowledge.Id, "Bilan d'été 100% final.pdf");
        Assert.Equal(found ? 1 : 0, (await _knowledge.ListDocumentsAsync(Workspace, knowledge.Id, search, null, 10, Token)).Items.Count);
    }

    [Fact]
    public async Task Metadata_KeepsItsTypes_AndStaysWithinItsWorkspace()
    {
        var knowledge = await BaseAsync("Described");
        var document = await DocumentAsync(knowledge.Id, "a.txt");
        var metadata = new Dictionary<string, MetadataValue>
        {
            ["team"] = MetadataValue.Of("2026-01-31"), ["year"] = MetadataValue.Of(2024.5), ["draft"] = MetadataValue.Of(false),
            ["signed"] = MetadataValue.Of(new DateTimeOffset(2026, 1, 31, 8, 0, 0, 250, TimeSpan.FromHours(2))),
        };

        Assert.Null(await _knowledge.DescribeDocumentAsync(WorkspaceId.New(), knowledge.Id, document.Id, metadata, 0, Token));
        Assert.Empty((await _knowledge.FindDocumentAsync(Workspace, knowledge.Id, document.Id, Token))!.Metadata);
        var described = await _knowledge.DescribeDocumentAsync(Workspace, knowledge.Id, document.Id, metadata, 0, Token);

        Assert.Equal(metadata.OrderBy(field => field.Key), described!.Metadata.OrderBy(field => field.Key));
        Assert.Equal(metadata.Count, (await _passages.FindAsync(document.Id, Token))!.Metadata.Count);
    }

    [Fact]
    public async Task Placement_IsWrittenOnce_WhereTwoChangeIt()
    {
        var placements = data.Get<IIndexPlacements>();
        var knowledge = await BaseAsync("Placed");
        var moving = new IndexPlacement(IndexStore.Embedded, IndexStore.Qdrant, .25, new("index.unreachable", "It is away.", "Wait."));

        Assert.Equal(IndexPlacement.Embedded, knowledge.Placement);
        Assert.True(await placements.TryWriteAsync(knowledge.Id, IndexPlacement.Embedded, moving, Token));
        Assert.False(await placements.TryWriteAsync(knowledge.Id, IndexPlacement.Embedded, new(IndexStore.Qdrant), Token));

        Assert.Equal(moving, await placements.FindAsync(knowledge.Id, Token));
        Assert.Equal(moving, (await _knowledge.FindBaseAsync(Workspace, knowledge.Id, Token))!.Placement);
        Assert.Contains(knowledge.Id, await placements.ListMovingAsync(Token));
        Assert.Null(await placements.FindAsync(KnowledgeBaseId.New(), Token));
    }

    private static NewDocument New(string name) => new(name, "text/plain", 10, new string('a', 64), null);

    private static Passage[] Passages(DocumentId document, int count) => [.. Enumerable.Range(0, count).Select(ordinal => new Passage(
        new PassageId(Guid.NewGuid()), document, ordinal, $"passage {ordinal}", 1, ordinal * 10, (ordinal * 10) + 9, ordinal == 0 ? null : "A › B", new string('b', 64)))];

    private Task<KnowledgeBase> BaseAsync(string name) => _knowledge.CreateBaseAsync(Workspace, name, "all-minilm-l6-v2", data.Owner.User, Token);

    private async Task<KnowledgeDocument> DocumentAsync(KnowledgeBaseId id, string name) => (await _knowledge.AddDocumentAsync(Workspace, id, New(name), Token))!;

    public sealed class OnSqlite(SqliteData data) : KnowledgeStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : KnowledgeStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}
