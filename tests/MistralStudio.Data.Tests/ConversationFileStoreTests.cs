using MistralStudio.Core.Audit;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;

namespace MistralStudio.Data.Tests;

public abstract class ConversationFileStoreTests(DataFixture data)
{
    private readonly IConversationStore _conversations = data.Get<IConversationStore>();
    private readonly IConversationFiles _files = data.Get<IConversationFiles>();
    private readonly IKnowledgeStore _knowledge = data.Get<IKnowledgeStore>();
    private readonly IPassageStore _passages = data.Get<IPassageStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    private UserId Owner => data.Owner.User;

    [Fact]
    public async Task AFile_IsThereForTheOwnerOfItsConversation_AndForNobodyElse()
    {
        var (conversation, parent, document, passage) = await FileAsync();
        var mine = KnowledgeAccess.Of(Workspace, Owner);
        Assert.Equal(conversation, (await _knowledge.FindBaseAsync(mine, parent, Token))!.Conversation);
        Assert.NotNull(await _knowledge.FindDocumentAsync(mine, parent, document, Token));
        Assert.Single((await _knowledge.ListDocumentsAsync(mine, parent, null, null, 10, Token)).Items);
        Assert.Single((await _knowledge.ListPassagesAsync(mine, parent, document, PassageFilter.None, null, 10, Token)).Items);
        Assert.NotNull(await _knowledge.FindPassageAsync(mine, parent, passage, Token));
        Assert.Single(await _passages.GetAsync(mine, [passage], Token));

        // A member who is not the owner, a caller who names nobody, and the owner in another workspace.
        foreach (var access in (KnowledgeAccess[])[KnowledgeAccess.Of(Workspace, UserId.New()), Workspace, KnowledgeAccess.Of(WorkspaceId.New(), Owner), KnowledgeAccess.Studio(WorkspaceId.New())])
        {
            Assert.Null(await _knowledge.FindBaseAsync(access, parent, Token));
            Assert.Null(await _knowledge.FindDocumentAsync(access, parent, document, Token));
            Assert.Null(await _knowledge.ReadTextAsync(access, parent, document, Token));
            Assert.Empty((await _knowledge.ListDocumentsAsync(access, parent, null, null, 10, Token)).Items);
            Assert.Empty((await _knowledge.ListPassagesAsync(access, parent, document, PassageFilter.None, null, 10, Token)).Items);
            Assert.Null(await _knowledge.FindPassageAsync(access, parent, passage, Token));
            Assert.Empty(await _passages.GetAsync(access, [passage], Token));
            Assert.Null(await _knowledge.AddDocumentAsync(access, parent, new("b.md", "text/markdown", 1, new string('0', 64), null), Token));
            Assert.False(await _knowledge.BeginDeletionAsync(access, parent, document, Owner, Token));
            Assert.False(await _knowledge.DeleteEmptyBaseAsync(access, parent, Owner, Token));
        }
    }

    [Fact]
    public async Task AFilesBase_IsInNoList_AndCannotBeSetUp()
    {
        var (_, parent, document, passage) = await FileAsync();
        await _passages.EnterAsync(document, DocumentState.Embedding, Token);
        Assert.DoesNotContain((await _knowledge.ListBasesAsync(Workspace, null, null, 200, Token)).Items, found => found.Id == parent);
        Assert.DoesNotContain(await _knowledge.ListBusyBasesAsync(Workspace, Token), found => found.Id == parent);
        Assert.False(await _knowledge.RenameBaseAsync(Workspace, parent, "Mine", null, Token));
        Assert.False(await _knowledge.ChangeSettingsAsync(Workspace, parent, new(), 0, Token));
        Assert.Null(await _knowledge.DescribeDocumentAsync(Workspace, parent, document, new Dictionary<string, MetadataValue>(), 0, Token));
        Assert.False(await data.Get<IJudgmentStore>().JudgeAsync(Workspace, parent, "Whose?", passage, Relevance.Yes, Owner, Token));
        Assert.Null(await data.Get<ISourceStore>().AddAsync(Workspace, parent, new(SourceKind.Folder, "/a", 1, 10, null), null, Owner, Token));
    }

    [Fact]
    public async Task TwoFilesAtOnce_ShareOneBase_AndNobodyOpensAnothersConversation()
    {
        var conversation = (await ConversationAsync()).Id;
        var opened = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => _files.OpenAsync(Workspace, Owner, conversation, "minilm", Token), Token)));
        Assert.Single(opened.Select(found => found!.Id).Distinct());
        Assert.Null(await _files.OpenAsync(Workspace, UserId.New(), conversation, "minilm", Token));
        Assert.Null(await _files.OpenAsync(WorkspaceId.New(), Owner, conversation, "minilm", Token));
        Assert.Null(await _files.FindAsync(Workspace, UserId.New(), conversation, Token));
    }

    [Fact]
    public async Task FilesOfADeletedConversation_AreNobodys_UntilTheyAreErased_AndNotInTheAuditLog()
    {
        var (conversation, parent, document, _) = await FileAsync("very-private.md");
        Assert.DoesNotContain((Workspace, parent), await _files.ListLeftAsync(Token));
        Assert.True(await _conversations.DeleteAsync(Workspace, Owner, conversation, Token));
        Assert.Contains((Workspace, parent), await _files.ListLeftAsync(Token));
        Assert.Null(await _knowledge.FindBaseAsync(KnowledgeAccess.Of(Workspace, Owner), parent, Token));

        var studio = KnowledgeAccess.Studio(Workspace);
        Assert.True(await _knowledge.BeginDeletionAsync(studio, parent, document, null, Token));
        Assert.False(await _knowledge.DeleteEmptyBaseAsync(studio, parent, null, Token));
        await _passages.RemoveAsync(document, Token);
        Assert.True(await _knowledge.DeleteEmptyBaseAsync(studio, parent, null, Token));
        Assert.DoesNotContain((Workspace, parent), await _files.ListLeftAsync(Token));
        var audit = await data.Get<IAuditLog>().ListAsync(Workspace, new(), null, 200, Token);
        Assert.DoesNotContain(audit.Items, entry => entry.ToString().Contains("very-private", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AFile_IsNotTheSourceOfItsTwinInAFlow_ButItsWordsStayWhereItStays()
    {
        var (_, parent, document, _) = await FileAsync();
        var states = data.Get<IKnowledgeStates>();

        Assert.Empty(await states.ListDocumentsOfAsync(Workspace, new string('0', 64), Token));
        Assert.Equal([parent], await states.ListBasesOfAsync(Workspace, [document], Token));
    }

    private Task<Conversation> ConversationAsync() =>
        _conversations.CreateAsync(new(Workspace, Owner, null, "Title", "default", "", GenerationSettings.Default, []), Token);

    private async Task<(ConversationId Conversation, KnowledgeBaseId Base, DocumentId Document, PassageId Passage)> FileAsync(string name = "a.md")
    {
        var conversation = (await ConversationAsync()).Id;
        var parent = (await _files.OpenAsync(Workspace, Owner, conversation, "minilm", Token))!.Id;
        var document = (await _knowledge.AddDocumentAsync(
            KnowledgeAccess.Of(Workspace, Owner), parent, new(name, "text/markdown", 5, new string('0', 64), Owner), Token))!.Id;
        await _passages.SaveTextAsync(document, new("Mine.", [], []), Token);
        var passage = new Passage(PassageId.From(Guid.CreateVersion7()), document, 0, "Mine.", null, 0, 5, null, "Mine.");
        await _passages.ReplacePassagesAsync(document, [passage], Token);
        await _passages.EnterAsync(document, DocumentState.Indexed, Token);
        return (conversation, parent, document, passage.Id);
    }

    public sealed class OnSqlite(SqliteData data) : ConversationFileStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : ConversationFileStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}
