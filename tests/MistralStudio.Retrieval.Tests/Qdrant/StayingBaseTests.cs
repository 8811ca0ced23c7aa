using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Qdrant;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Tests.Shared.Qdrant;

namespace MistralStudio.Retrieval.Tests.Qdrant;

/// <summary>Bases that stay on this machine, beside a Qdrant that is on it or elsewhere.</summary>
public sealed class StayingBaseTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http://localhost:6333", null, true)]
    [InlineData("http://127.0.0.1:6333", null, true)]
    [InlineData("http://127.0.0.1:6333", false, false)]
    [InlineData("http://[::1]:6333", null, true)]
    [InlineData("http://qdrant:6333", null, false)]
    [InlineData("http://10.0.0.7:6333", null, false)]
    [InlineData("https://cloud.example.org", null, false)]
    [InlineData("http://qdrant:6333", true, true)]
    public void AServer_IsThisMachine_AtALoopbackAddress_OrByTheOperatorsWord(string url, bool? said, bool counts) =>
        Assert.Equal(counts, new QdrantOptions { Url = url, OnThisMachine = said }.CountsAsThisMachine);

    [Fact]
    public async Task AStayingBase_IsNotMovedElsewhere_WithOneSentence_AndNoRequestIsSent()
    {
        using var room = new RetrievalRoom(services: services => services.Configure<QdrantOptions>(options => options.Url = "http://qdrant.invalid:6333"));
        var parent = await room.CreateBaseAsync();
        room.Store.Keep(parent, true);

        var refused = await room.Get<IIndexMoves>().StartAsync(room.Workspace, parent, IndexStore.Qdrant, null, Cancellation);

        Assert.Equal("index.base_stays", refused.Error?.Code);
        Assert.Contains("\"Base\" stays on this machine, and the vector database at qdrant.invalid:6333 is elsewhere.", refused.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(IndexPlacement.Embedded, await PlacementAsync(room, parent));
    }

    [Fact]
    public async Task AStayingBase_IsMoved_WhereTheServerCountsAsThisMachine()
    {
        await using var server = await QdrantDouble.StartAsync();
        using var room = Elsewhere(server, said: true);
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "pears.txt", "Pears ripen in the cellar.");
        room.Store.Keep(parent, true);
        await QdrantIndexTests.MoveAsync(room, parent, IndexStore.Qdrant);
        Assert.Null(await room.Get<IIndexMoves>().FindElsewhereAsync(room.Workspace, parent, Cancellation));
    }

    [Fact]
    public async Task ABaseThatIsElsewhere_CannotBeMarkedToStay_UntilItIsBack()
    {
        await using var server = await QdrantDouble.StartAsync();
        using var room = Elsewhere(server);
        var (parent, other) = (await room.CreateBaseAsync(), await room.CreateBaseAsync());
        await room.IngestAsync(parent, "pears.txt", "Pears ripen in the cellar.");
        await QdrantIndexTests.MoveAsync(room, parent, IndexStore.Qdrant);

        var moves = room.Get<IIndexMoves>();
        Assert.Equal("index.base_elsewhere", (await moves.FindElsewhereAsync(room.Workspace, parent, Cancellation))?.Code);
        Assert.Equal("index.base_elsewhere", (await moves.FindElsewhereAsync(room.Workspace, null, Cancellation))?.Code);
        Assert.Null(await moves.FindElsewhereAsync(room.Workspace, other, Cancellation));
        Assert.Null(await moves.FindElsewhereAsync(WorkspaceId.New(), null, Cancellation));

        await QdrantIndexTests.MoveAsync(room, parent, IndexStore.Embedded);
        Assert.Null(await moves.FindElsewhereAsync(room.Workspace, parent, Cancellation));
    }

    [Fact]
    public async Task ABaseThatIsMarkedOnItsWay_TurnsBack_AndLeavesNothingThere()
    {
        await using var server = await QdrantDouble.StartAsync();
        using var room = Elsewhere(server);
        var parent = await room.CreateBaseAsync();
        foreach (var i in Enumerable.Range(0, 4))
        {
            await room.IngestAsync(parent, $"{i}.txt", $"Pears of kind {i} ripen in the cellar.");
        }

        room.Store.BeforeCommit = name =>
        {
            // Somebody marks it while its second document is reported.
            if (name == "Place" && server.Count("studio_" + HashedEmbedder.Dimensions) == 2)
            {
                room.Store.Keep(parent, true);
            }
        };
        Assert.True((await room.Get<IIndexMoves>().StartAsync(room.Workspace, parent, IndexStore.Qdrant, null, Cancellation)).IsSuccess);
        await room.Work.IdleAsync();
        room.Store.BeforeCommit = null;

        var placement = await PlacementAsync(room, parent);
        Assert.Equal((IndexStore.Embedded, null, "index.base_stays"), (placement.Store, placement.MovingTo, placement.Waiting?.Code));
        Assert.Equal(0, server.Count("studio_" + HashedEmbedder.Dimensions));
        Assert.Equal(4, (await room.FindAsync(parent, "pears")).Hits.Count);
    }

    [Fact]
    public async Task OfTwoMovesAtOnce_OneIsMade_AndTheOtherIsTold()
    {
        await using var server = await QdrantDouble.StartAsync();
        using var room = Elsewhere(server);
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "pears.txt", "Pears ripen in the cellar.");
        var (store, placements) = (room.Store, (IIndexPlacements)room.Store);
        // Both read the placement before either writes it.
        var raced = false;
        store.BeforeCommit = name =>
        {
            if (name == "Place" && !raced)
            {
                raced = true;
                Assert.True(placements.TryWriteAsync(parent, IndexPlacement.Embedded, new(IndexStore.Embedded, IndexStore.Qdrant), Cancellation).GetAwaiter().GetResult());
            }
        };
        var late = await room.Get<IIndexMoves>().StartAsync(room.Workspace, parent, IndexStore.Qdrant, null, Cancellation);
        store.BeforeCommit = null;
        Assert.Equal("index.moved_meanwhile", late.Error?.Code);
    }

    [Fact]
    public async Task AMoveThatBeginsAgain_WhileItsCopyIsRemoved_IsMade()
    {
        await using var server = await QdrantDouble.StartAsync();
        using var room = Elsewhere(server);
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "pears.txt", "Pears ripen in the cellar.");
        await QdrantIndexTests.MoveAsync(room, parent, IndexStore.Qdrant);
        // Back again, and forth once more in the moment between the removal of the copy and its end.
        var again = false;
        room.Store.BeforeCommit = name =>
        {
            if (name == "Place" && !again && server.Count("studio_" + HashedEmbedder.Dimensions) == 0)
            {
                again = true;
                Assert.True(((IIndexPlacements)room.Store).WriteAsync(parent, new(IndexStore.Embedded, IndexStore.Qdrant), Cancellation).GetAwaiter().GetResult());
            }
        };
        Assert.True((await room.Get<IIndexMoves>().StartAsync(room.Workspace, parent, IndexStore.Embedded, null, Cancellation)).IsSuccess);
        await room.Work.IdleAsync();

        Assert.True(again);
        Assert.Equal(new IndexPlacement(IndexStore.Qdrant), await PlacementAsync(room, parent));
        Assert.Equal(1, server.Count("studio_" + HashedEmbedder.Dimensions));
    }

    // As behind a tunnel.
    private static RetrievalRoom Elsewhere(QdrantDouble server, bool said = false) => new(services: services =>
    {
        services.AddSingleton<TimeProvider>(new HurriedTime());
        services.Configure<QdrantOptions>(options => (options.Url, options.OnThisMachine) = (server.Url.ToString(), said));
    });

    private static async Task<IndexPlacement> PlacementAsync(RetrievalRoom room, KnowledgeBaseId parent) =>
        (await room.Store.FindBaseAsync(room.Workspace, parent, Cancellation))!.Placement;
}
