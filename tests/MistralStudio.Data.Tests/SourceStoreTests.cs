using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Tests;

public abstract class SourceStoreTests(DataFixture data)
{
    private readonly IKnowledgeStore _knowledge = data.Get<IKnowledgeStore>();
    private readonly IPassageStore _passages = data.Get<IPassageStore>();
    private readonly ISourceStore _sources = data.Get<ISourceStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    [Fact]
    public async Task ASource_IsReadFromBeginToEnd_AndKeepsWhatWasFound()
    {
        var knowledge = await _knowledge.CreateBaseAsync(Workspace, "Followed", "model", null, Token);
        var settings = new SourceSettings(SourceKind.Web, "https://example.com/docs", 2, 50, "0 3 * * *");
        Assert.Null(await _sources.AddAsync(WorkspaceId.New(), knowledge.Id, settings, null, null, Token));
        var due = DateTimeOffset.UnixEpoch.AddDays(1);
        var source = (await _sources.AddAsync(Workspace, knowledge.Id, settings, due, null, Token))!;
        Assert.Contains(source.Id, await _sources.ListDueAsync(due, Token));
        var folder = (await _sources.AddAsync(Workspace, knowledge.Id, settings with { Kind = SourceKind.Folder, Location = "/srv/docs" }, null, null, Token))!;
        Assert.Equal([folder.Settings], (await _sources.ListFoldersAsync(Token)).Where(found => found.Base == knowledge.Id).Select(found => found.Settings));

        await _sources.BeginSyncAsync(source.Id, due.AddDays(1), Token);
        Assert.Contains(source.Id, await _sources.ListSyncingAsync(Token));
        Assert.DoesNotContain(source.Id, await _sources.ListDueAsync(due.AddDays(9), Token));

        await _sources.EndSyncAsync(source.Id, new(1, 2, 3, 4, 5), null, Token);
        var read = (await _sources.FindAsync(source.Id, Token))!;
        Assert.Equal((false, new SyncReport(1, 2, 3, 4, 5), settings), (read.IsSyncing, read.LastReport, read.Settings));
        Assert.NotNull(read.LastSyncAt);

        await _sources.BeginSyncAsync(source.Id, null, Token);
        await _sources.EndSyncAsync(source.Id, new(0, 0, 0, 0, 0), new Error("x.y", "Said.", "Do."), Token);
        var failed = (await _sources.FindAsync(source.Id, Token))!;
        Assert.Equal((new Error("x.y", "Said.", "Do."), read.LastSyncAt), (failed.Error, failed.LastSyncAt));
    }

    [Fact]
    public async Task ADocument_FollowsItsSource_AndOutlivesIt()
    {
        var knowledge = await _knowledge.CreateBaseAsync(Workspace, "Tied", "model", null, Token);
        var source = (await _sources.AddAsync(Workspace, knowledge.Id, new(SourceKind.Folder, "/srv/docs", 5, 50, null), null, null, Token))!;
        var document = (await _knowledge.AddDocumentAsync(
            Workspace, knowledge.Id, new("a.txt", "text/plain", 1, "hash", null, new(source.Id, "sub/a.txt", "1-2")), Token))!;
        Assert.Equal([new SourceItem(document.Id, "sub/a.txt", "1-2", "hash")], await _sources.ListItemsAsync(source.Id, Token));
        Assert.Equal(1, (await _sources.ListAsync(Workspace, knowledge.Id, Token)).Single().Documents);
        await _passages.EnterAsync(document.Id, DocumentState.Indexed, Token);

        Assert.True(await _sources.ReplaceContentAsync(document.Id, "text/html", 7, "other", Token));
        await _sources.TieAsync(document.Id, source.Id, "sub/a.txt", "3-4", Token);
        var replaced = (await _passages.FindAsync(document.Id, Token))!;
        Assert.Equal((DocumentState.Stored, 7L, "other"), (replaced.State, replaced.Bytes, replaced.Sha256));
        Assert.Equal("3-4", (await _sources.ListItemsAsync(source.Id, Token)).Single().Stamp);

        await _passages.EnterAsync(document.Id, DocumentState.Indexed, Token);
        Assert.Equal([document.Id], await _sources.SplitAgainAsync(knowledge.Id, Token));
        Assert.Equal(DocumentState.Splitting, (await _passages.FindAsync(document.Id, Token))!.State);

        await _passages.EnterAsync(document.Id, DocumentState.Deleting, Token);
        Assert.Empty(await _sources.ListItemsAsync(source.Id, Token));
        Assert.False(await _sources.ReplaceContentAsync(document.Id, "text/html", 7, "late", Token));
        await _sources.RemoveAsync(source.Id, Token);
        Assert.NotNull(await _passages.FindAsync(document.Id, Token));
        Assert.Null(await _sources.FindAsync(source.Id, Token));
    }

    public sealed class OnSqlite(SqliteData data) : SourceStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : SourceStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}
