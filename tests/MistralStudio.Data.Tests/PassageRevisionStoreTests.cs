using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Tests;

public abstract class PassageRevisionStoreTests(DataFixture data)
{
    private readonly IPassageRevisions _revisions = data.Get<IPassageRevisions>();
    private readonly IKnowledgeStore _knowledge = data.Get<IKnowledgeStore>();
    private readonly IPassageStore _passages = data.Get<IPassageStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    [Fact]
    public async Task AChange_IsReadWithItsPassage_AndByWhom()
    {
        var (id, document, passages) = await DocumentAsync(2);
        Assert.True(await ReviseAsync(id, passages[0], new("What Ada wrote: größer.", "hash", true, ["one two", "drei"], 1, data.Owner.User, null, data.Time.GetUtcNow())));

        var found = (await _knowledge.FindPassageAsync(Workspace, id, passages[0].Id, Token))!;
        var revision = found.Revision!;
        Assert.Equal(("What Ada wrote: größer.", "hash", true, 1), (revision.Text, revision.TextHash, revision.IsDisabled, revision.Version));
        Assert.Equal(["one two", "drei"], revision.Keywords);
        Assert.NotEmpty(revision.ByName!);
        Assert.Equal((passages[0].Text, "hash", "What Ada wrote: größer."), (found.Text, found.MatchHash, found.ReadableText));
        foreach (var read in new[]
        {
            (await _passages.ReadPassagesAsync(document, Token))[0], (await _passages.ReadRangeAsync(document, 0, 0, Token))[0],
            (await _passages.GetAsync(Workspace, [passages[0].Id], Token))[0].Passage, (await _knowledge.ListPassagesAsync(Workspace, id, document, PassageFilter.None, null, 1, Token)).Items[0],
        })
        {
            Assert.Equal(("What Ada wrote: größer.", true, revision.ByName), (read.ShownText, read.IsDisabled, read.Revision!.ByName));
        }

        Assert.Null((await _passages.ReadPassagesAsync(document, Token))[1].Revision);
    }

    [Fact]
    public async Task PassagesThatWereEditedOrTakenOut_AreReadApart_NotThoseWithKeywordsOnly()
    {
        var (id, document, passages) = await DocumentAsync(4);
        await DocumentAsync(1);
        await ReviseAsync(id, passages[3], new(null, null, true, [], 1, null, null, data.Time.GetUtcNow()));
        await ReviseAsync(id, passages[1], new("Mine.", "1", false, [], 1, null, null, data.Time.GetUtcNow()));
        await ReviseAsync(id, passages[0], new(null, null, false, ["word"], 1, null, null, data.Time.GetUtcNow()));

        var changed = await _passages.ReadChangedAsync(document, Token);

        Assert.Equal([passages[1].Id, passages[3].Id], changed.Select(passage => passage.Id));
        Assert.Equal(("Mine.", true), (changed[0].ShownText, changed[1].IsDisabled));
    }

    [Theory]
    [InlineData("größer", null, 1)]
    [InlineData("DREI", null, 1)]
    [InlineData("passage", null, 2)]
    [InlineData("100%", null, 0)]
    [InlineData(null, PassageMark.Edited, 1)]
    [InlineData(null, PassageMark.Disabled, 1)]
    [InlineData(null, PassageMark.Keywords, 1)]
    [InlineData(null, PassageMark.Repeated, 0)]
    [InlineData("größer", PassageMark.Repeated, 0)]
    public async Task AList_IsNarrowed(string? search, PassageMark? mark, int expected)
    {
        var (id, document, passages) = await DocumentAsync(3);
        await ReviseAsync(id, passages[0], new("What Ada wrote: größer.", "hash", true, ["drei"], 1, null, null, data.Time.GetUtcNow()));

        Assert.Equal(expected, (await _knowledge.ListPassagesAsync(Workspace, id, document, new(search, mark), null, 10, Token)).Items.Count);
    }

    [Fact]
    public async Task PassagesThatSayTheSame_KnowEachOther_WithinTheirBase()
    {
        var (id, document, passages) = await DocumentAsync(2);
        var (_, second, copies) = await DocumentAsync(2, id, passages);
        await DocumentAsync(2, null, passages);

        Assert.Equal(new PassageTwin(copies[1].Id, second, "a.md"), Assert.Single((await _knowledge.FindPassageAsync(Workspace, id, passages[1].Id, Token))!.Twins));
        Assert.All((await _knowledge.ListPassagesAsync(Workspace, id, document, new(Mark: PassageMark.Repeated), null, 10, Token)).Items, passage => Assert.Single(passage.Twins));

        // One that somebody wrote anew says something else.
        await ReviseAsync(id, copies[1], new("Mine.", "1", false, [], 1, null, null, data.Time.GetUtcNow()));
        Assert.Empty((await _knowledge.FindPassageAsync(Workspace, id, passages[1].Id, Token))!.Twins);
        Assert.Empty((await _knowledge.FindPassageAsync(Workspace, id, copies[1].Id, Token))!.Twins);
        Assert.Single((await _knowledge.ListPassagesAsync(Workspace, id, second, new(Mark: PassageMark.Repeated), null, 10, Token)).Items);
    }

    [Fact]
    public async Task TheSecondChangeOfOneVersion_IsRefused()
    {
        var (id, _, passages) = await DocumentAsync(1);
        var revision = new PassageRevision("First.", "1", false, [], 1, null, null, data.Time.GetUtcNow());

        Assert.True(await ReviseAsync(id, passages[0], revision));
        Assert.False(await ReviseAsync(id, passages[0], revision with { Text = "Second." }));
        Assert.True(await ReviseAsync(id, passages[0], revision with { Text = "Third.", Version = 2 }));

        Assert.Equal("Third.", (await _knowledge.FindPassageAsync(Workspace, id, passages[0].Id, Token))!.ShownText);
    }

    [Fact]
    public async Task AChange_StaysInItsWorkspaceAndBase()
    {
        var (id, _, passages) = await DocumentAsync(1);
        var (other, _, _) = await DocumentAsync(1);
        var revision = new PassageRevision("Mine.", "1", false, [], 1, null, null, data.Time.GetUtcNow());

        Assert.False(await _revisions.ReviseAsync(WorkspaceId.New(), id, passages[0].Id, revision, Token));
        Assert.False(await ReviseAsync(other, passages[0], revision));

        Assert.Null((await _knowledge.FindPassageAsync(Workspace, id, passages[0].Id, Token))!.Revision);
    }

    [Fact]
    public async Task AChange_BringsAnIndexedDocumentBackToEmbedding_AndNoEndOfAnEarlierRunHidesIt()
    {
        var (id, document, passages) = await DocumentAsync(1);
        Assert.True(await _passages.FinishAsync(document, 0, Token));
        var revision = new PassageRevision("Mine.", "1", false, [], 1, null, null, data.Time.GetUtcNow());

        await ReviseAsync(id, passages[0], revision);

        Assert.Equal((DocumentState.Embedding, 1), await StateAsync(document));
        Assert.False(await _passages.FinishAsync(document, 0, Token));
        Assert.True(await _passages.FinishAsync(document, 1, Token));
        Assert.Equal((DocumentState.Indexed, 1), await StateAsync(document));
    }

    [Fact]
    public async Task ADocumentThatIsCutAgain_KeepsChanges_AndSaysWhichWait()
    {
        var (id, document, passages) = await DocumentAsync(2);
        await ReviseAsync(id, passages[0], new("Mine.", "1", false, [], 1, null, null, data.Time.GetUtcNow()));
        await _passages.ReplacePassagesAsync(document, [passages[1] with { Ordinal = 0 }], Token);

        var note = Assert.Single((await _passages.FindAsync(document, Token))!.Notes!);
        Assert.Equal("document.changes_set_aside", note.Code);
        Assert.StartsWith("1 passage ", note.Message, StringComparison.Ordinal);

        await _passages.ReplacePassagesAsync(document, passages, Token);
        Assert.Null((await _passages.FindAsync(document, Token))!.Notes);
        Assert.Equal("Mine.", (await _passages.ReadPassagesAsync(document, Token))[0].ShownText);

        // With the document goes what people wrote over it.
        await _passages.RemoveAsync(document, Token);
        await using var context = await data.Get<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Token);
        Assert.False(await context.PassageRevisions.AnyAsync(row => row.DocumentId == document, Token));
    }

    [Fact]
    public async Task EachDeed_IsInTheAuditLog_WithoutWhatWasWritten()
    {
        var (id, document, passages) = await DocumentAsync(1);
        var revision = new PassageRevision("Secret words.", "1", true, ["hidden"], 1, data.Owner.User, null, data.Time.GetUtcNow());
        await ReviseAsync(id, passages[0], revision);
        await ReviseAsync(id, passages[0], revision with { Text = null, TextHash = null, IsDisabled = false, Version = 2 });

        await using var context = await data.Get<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Token);
        var entries = await context.AuditEntries.Where(row => row.Action.StartsWith("passage.")).OrderByDescending(row => row.Number).Take(5).ToListAsync(Token);
        Assert.Equal(["passage.enabled", "passage.restored", "passage.keywords", "passage.disabled", "passage.edited"], entries.Select(entry => entry.Action));
        Assert.All(entries, entry => Assert.Equal(("a.md", "#1", data.Owner.User.Value), (entry.Subject, entry.Detail, entry.By!.Value)));
        Assert.Equal(2, (await StateAsync(document)).Revisions);
    }

    private async Task<(DocumentState State, int Revisions)> StateAsync(DocumentId document)
    {
        var found = (await _passages.FindAsync(document, Token))!;
        return (found.State, found.Revisions);
    }

    private Task<bool> ReviseAsync(KnowledgeBaseId id, Passage passage, PassageRevision revision) =>
        _revisions.ReviseAsync(Workspace, id, passage.Id, revision, Token);

    private async Task<(KnowledgeBaseId Id, DocumentId Document, List<Passage> Passages)> DocumentAsync(int count, KnowledgeBaseId? into = null, List<Passage>? like = null)
    {
        var id = into ?? (await _knowledge.CreateBaseAsync(Workspace, "Revised", "minilm", data.Owner.User, Token)).Id;
        var document = (await _knowledge.AddDocumentAsync(Workspace, id, new NewDocument("a.md", "text/markdown", 10, new string('0', 64), data.Owner.User), Token))!;
        List<Passage> passages = [.. Enumerable.Range(0, count).Select(i => new Passage(
            new PassageId(Guid.NewGuid()), document.Id, i, $"Passage {i}.", 1, i * 10, (i * 10) + 10, null, like?[i].ContentHash ?? Guid.NewGuid().ToString("N")))];
        await _passages.ReplacePassagesAsync(document.Id, passages, Token);
        return (id, document.Id, passages);
    }

    public sealed class OnSqlite(SqliteData data) : PassageRevisionStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : PassageRevisionStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}
