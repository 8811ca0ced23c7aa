using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Ingestion;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Retrieval.Tests.Ingestion;

public sealed class ConversationFileTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AFile_IsFoundAndReadByTheOwner_AndUnknownToEverybodyElse()
    {
        using var room = new RetrievalRoom();
        var (owner, conversation) = (UserId.New(), ConversationId.New());
        var parent = await AddAsync(room, owner, conversation, "offer.md", "The offer ends on Friday.");

        var mine = await room.Search.SearchAsync(new(room.Workspace, [parent], "When does the offer end?") { Reader = owner }, Cancellation);
        Assert.Equal("The offer ends on Friday.", Assert.Single(mine.Value.Hits).Text);
        var everything = await room.Get<IKnowledgeReader>().ReadAsync(KnowledgeAccess.Of(room.Workspace, owner), [parent], Cancellation);
        Assert.Single(everything.Value.Hits);
        var citation = Assert.Single(await room.Get<ICitationLinker>().LinkAsync(KnowledgeAccess.Of(room.Workspace, owner), "The offer ends on Friday.", mine.Value.Hits, Cancellation));
        Assert.True(citation.Verified);

        foreach (var reader in (UserId?[])[null, UserId.New()])
        {
            var foreign = await room.Search.SearchAsync(new(room.Workspace, [parent], "When does the offer end?") { Reader = reader }, Cancellation);
            Assert.Equal("knowledge.base_not_found", foreign.Error?.Code);
            Assert.Equal("knowledge.base_not_found", (await room.Get<IKnowledgeReader>().ReadAsync(KnowledgeAccess.Of(room.Workspace, reader), [parent], Cancellation)).Error?.Code);
            Assert.Empty(await room.Get<ICitationLinker>().LinkAsync(KnowledgeAccess.Of(room.Workspace, reader), "The offer ends on Friday.", mine.Value.Hits, Cancellation));
        }

        Assert.Equal("knowledge.base_not_found", (await room.Get<IIndexMoves>().StartAsync(room.Workspace, parent, IndexStore.Qdrant, null, Cancellation)).Error?.Code);
        Assert.Equal("knowledge.base_not_found", (await room.Get<IKnowledgeSettings>().EmbedAgainAsync(room.Workspace, parent, Cancellation)).Error?.Code);
    }

    [Fact]
    public async Task AFile_IsSearchedBesideTheBasesOfTheWorkspace()
    {
        using var room = new RetrievalRoom();
        var (owner, conversation) = (UserId.New(), ConversationId.New());
        var files = await AddAsync(room, owner, conversation, "offer.md", "The offer ends on Friday.");
        var shared = await room.CreateBaseAsync();
        await room.IngestAsync(shared, "rules.md", "An offer ends when it is accepted.");

        var found = await room.Search.SearchAsync(new(room.Workspace, [shared, files], "offer ends") { Reader = owner }, Cancellation);

        Assert.Equal(["offer.md", "rules.md"], found.Value.Hits.Select(hit => hit.Document).Order());
    }

    [Fact]
    public async Task Erasure_TakesPassagesVectorsAndBytes_OnceTheConversationIsGone()
    {
        using var room = new RetrievalRoom();
        var (owner, conversation, kept) = (UserId.New(), ConversationId.New(), ConversationId.New());
        var parent = await AddAsync(room, owner, conversation, "offer.md", "The offer ends on Friday.");
        var other = await AddAsync(room, owner, kept, "kept.md", "This one stays.");
        var erasure = room.Get<ConversationFileErasure>();

        await erasure.RunAsync(Cancellation);
        Assert.Equal(2, room.Get<PassageIndex>().Documents().Count);

        room.Store.ForgetConversation(conversation);
        await erasure.RunAsync(Cancellation);

        Assert.Equal([other], room.Get<PassageIndex>().Documents().Values);
        Assert.Null(await room.Store.FindBaseAsync(KnowledgeAccess.Studio(room.Workspace), parent, Cancellation));
        Assert.Equal(1, room.Blobs.Count);
        Assert.Single((await room.Search.SearchAsync(new(room.Workspace, [other], "stays") { Reader = owner }, Cancellation)).Value.Hits);
    }

    private static async Task<KnowledgeBaseId> AddAsync(RetrievalRoom room, UserId owner, ConversationId conversation, string name, string text)
    {
        var parent = (await room.Get<IConversationFiles>().OpenAsync(room.Workspace, owner, conversation, EmbeddingOnlyHost.ModelId, Cancellation))!.Id;
        using var content = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
        var added = await room.Intake.AddAsync(KnowledgeAccess.Of(room.Workspace, owner), parent, name, null, content, owner, Cancellation);
        Assert.True(added.IsSuccess);
        await room.Work.IdleAsync();
        Assert.Equal(DocumentState.Indexed, (await room.Store.FindAsync(added.Value.Id, Cancellation))!.State);
        return parent;
    }
}
