using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Qdrant;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Tests.Shared.Qdrant;

namespace MistralStudio.Retrieval.Tests.Qdrant;

/// <summary>A base in Qdrant: against the double, and against a real server where <c>QDRANT_URL</c> names one.</summary>
public sealed class QdrantIndexTests
{
    private static readonly string[] s_texts =
    [
        "Pears ripen in the cellar of the house in autumn.", "Figs ripen in the sun of the south.", "Plums are dried in the oven of the mill.",
        "The mill was closed in May and its owners sold the land.", "Owners of cellars rent them to growers of pears.", "Autumn comes early in the north.",
        "Quinces are yellow and hard until they are cooked.", "The house at the mill has a cellar and an oven.", "Growers sell figs and plums at the market.",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Searches_FindTheSame_InBothStores(bool real)
    {
        await using var server = await ServerAsync(real);
        using var room = Room(server);
        var parent = await room.CreateBaseAsync();
        var explained = await FillAsync(room, parent);
        var settings = new[]
        {
            new SearchSettings(), new() { Mode = SearchMode.Dense }, new() { Mode = SearchMode.Lexical }, new() { Fusion = FusionMethod.ReciprocalRank, Limit = 4 },
            new() { Diversity = .4, Limit = 4 }, new() { MinScore = .4 },
        };
        SearchFilter[] filters = [SearchFilter.None, new([], [new("name", FilterOperator.IsNot, [MetadataValue.Of("Text 0.txt")])]), new([], [new("year", FilterOperator.AtLeast, [MetadataValue.Of(2004)])])];
        var embedded = await SearchAllAsync();

        await MoveAsync(room, parent, IndexStore.Qdrant);
        var moved = await SearchAllAsync();
        await MoveAsync(room, parent, IndexStore.Embedded);

        Assert.Equal(embedded.Count, moved.Count);
        foreach (var (here, there) in embedded.Zip(moved).Concat(embedded.Zip(await SearchAllAsync())))
        {
            Assert.Equal(here.Hits.Select(hit => hit.PassageId), there.Hits.Select(hit => hit.PassageId));
            Assert.Equal(here.Hits.Select(hit => hit.Score), there.Hits.Select(hit => hit.Score), (a, b) => Math.Abs(a - b) < 1e-3);
            Assert.Equal(here.Allowed, there.Allowed);
            Assert.Equal(here.Standings[0].Reason, there.Standings[0].Reason);
            Assert.Equal(here.Standings[0].Dense ?? 0, there.Standings[0].Dense ?? 0, 3);
        }

        async Task<List<SearchResult>> SearchAllAsync()
        {
            var results = new List<SearchResult>();
            foreach (var (how, filter) in settings.SelectMany(how => filters.Select(filter => (how, filter))))
            {
                results.Add((await room.Search.SearchAsync(
                    new(room.Workspace, [parent], "Which pears ripen in a cellar of the mill?") { Settings = how, Filter = filter, Explain = [explained] }, Cancellation)).Value);
            }

            return results;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Documents_ComeAndGo_AndAreNotEmbeddedTwice(bool real)
    {
        await using var server = await ServerAsync(real);
        using var room = Room(server);
        var (parent, other) = (await room.CreateBaseAsync(), await room.CreateBaseAsync());
        await MoveAsync(room, parent, IndexStore.Qdrant);
        await MoveAsync(room, other, IndexStore.Qdrant);
        var first = await room.IngestAsync(parent, "a.txt", s_texts[0]);
        await room.IngestAsync(other, "b.txt", s_texts[0] + " Here too.");
        Assert.Equal(["a.txt"], (await room.FindAsync(parent, "pears cellar")).Hits.Select(hit => hit.Document));
        var embedded = room.Embedder.Texts;

        var copy = await room.IngestAsync(parent, "copy.txt", s_texts[0]);
        Assert.Equal(embedded, room.Embedder.Texts);
        await room.PublishAsync(first with { Name = "renamed.txt" }, null);

        Assert.Single(Assert.Single((await room.FindAsync(parent, "pears cellar")).Hits).Twins);
        Assert.Single((await room.FindAsync(parent, "renamed", SearchMode.Lexical)).Hits);
        Assert.Equal(DocumentState.Indexed, copy.State);
        await room.Intake.DeleteAsync(room.Workspace, parent, first.Id, null, Cancellation);
        await room.Work.IdleAsync();
        Assert.Equal(["copy.txt"], (await room.FindAsync(parent, "pears cellar")).Hits.Select(hit => hit.Document));
        Assert.Equal(["b.txt"], (await room.FindAsync(other, "pears cellar")).Hits.Select(hit => hit.Document));
    }

    [Fact]
    public async Task ServerDown_IsSaidToASearch_AndWaitedForByIngestionAndDeletion()
    {
        await using var server = await QdrantDouble.StartAsync();
        using var room = Room(server);
        var parent = await room.CreateBaseAsync();
        await MoveAsync(room, parent, IndexStore.Qdrant);
        var old = await room.IngestAsync(parent, "old.txt", s_texts[1]);
        server.IsDown = true;

        var search = await room.Search.SearchAsync(new(room.Workspace, [parent], "figs"), Cancellation);
        var added = await room.AddAsync(parent, "new.txt", s_texts[0]);
        await UntilAsync(async () => (await room.Store.FindAsync(added.Id, Cancellation))!.State == DocumentState.Waiting);
        await room.Intake.DeleteAsync(room.Workspace, parent, old.Id, null, Cancellation);

        Assert.Equal("index.unreachable", search.Error?.Code);
        server.IsDown = false;
        await room.Work.IdleAsync();
        Assert.Equal(["new.txt"], (await room.FindAsync(parent, "figs pears ripen")).Hits.Select(hit => hit.Document));
        Assert.Null(await room.Store.FindAsync(old.Id, Cancellation));
        Assert.Equal(1, server.Count("studio_" + HashedEmbedder.Dimensions));
    }

    [Fact]
    public async Task Move_GoesOnAfterAStop_AndTakesDocumentsThatComeMeanwhile()
    {
        await using var server = await QdrantDouble.StartAsync();
        using var room = Room(server);
        var parent = await room.CreateBaseAsync();
        await FillAsync(room, parent);
        room.Store.BeforeCommit = name =>
        {
            // The process ends as it reports its third document.
            if (name == "Place" && server.Count("studio_" + HashedEmbedder.Dimensions) == 3)
            {
                throw new InvalidOperationException("kill -9");
            }
        };
        Assert.True((await room.Get<IIndexMoves>().StartAsync(room.Workspace, parent, IndexStore.Qdrant, null, Cancellation)).IsSuccess);
        await Assert.ThrowsAsync<InvalidOperationException>(room.Work.IdleAsync);
        room.Store.BeforeCommit = null;
        room.Restart();
        Assert.Equal([parent.ToString()], await room.Get<IndexMove>().ListUnfinishedAsync(Cancellation));
        Assert.Equal(IndexStore.Embedded, (await PlacementAsync(room, parent)).Store);
        await room.IngestAsync(parent, "meanwhile.txt", "Medlars are eaten late.");

        await room.Work.StartAsync(IndexMove.Work(parent), Cancellation);
        await room.Work.IdleAsync();

        Assert.Equal(new IndexPlacement(IndexStore.Qdrant), await PlacementAsync(room, parent));
        Assert.Equal(s_texts.Length + 1, server.Count("studio_" + HashedEmbedder.Dimensions));
        Assert.Equal("meanwhile.txt", (await room.FindAsync(parent, "medlars", SearchMode.Lexical)).Hits[0].Document);
        Assert.Equal(0, await room.Get<EmbeddedIndex>().CountAsync(parent, Cancellation));
    }

    [Fact]
    public async Task Move_WaitsForItsServer_AndCanBeTakenBack()
    {
        await using var server = await QdrantDouble.StartAsync();
        using var room = Room(server);
        var parent = await room.CreateBaseAsync();
        await FillAsync(room, parent);
        server.IsDown = true;
        Assert.Equal("index.unreachable", (await room.Get<IIndexMoves>().StartAsync(room.Workspace, parent, IndexStore.Qdrant, null, Cancellation)).Error?.Code);
        server.IsDown = false;
        Assert.True((await room.Get<IIndexMoves>().StartAsync(room.Workspace, parent, IndexStore.Qdrant, null, Cancellation)).IsSuccess);
        server.IsDown = true;
        await UntilAsync(async () => await PlacementAsync(room, parent) is { Waiting: not null } or { Store: IndexStore.Qdrant });
        var waits = (await PlacementAsync(room, parent)).Store == IndexStore.Embedded;
        server.IsDown = false;
        await room.Work.IdleAsync();
        await MoveAsync(room, parent, IndexStore.Embedded);

        Assert.True(waits);
        Assert.Equal(0, server.Count("studio_" + HashedEmbedder.Dimensions));
        Assert.NotEmpty((await room.FindAsync(parent, "pears")).Hits);
    }

    [Fact]
    public async Task Move_IsRefused_ForABaseOfOthers_AndWithoutAServer()
    {
        using var room = new RetrievalRoom();
        var (mine, foreign) = (await room.CreateBaseAsync(), await room.CreateBaseAsync(WorkspaceId.New()));

        var without = await room.Get<IIndexMoves>().StartAsync(room.Workspace, mine, IndexStore.Qdrant, null, Cancellation);
        var unknown = await room.Get<IIndexMoves>().StartAsync(room.Workspace, foreign, IndexStore.Qdrant, null, Cancellation);

        Assert.Equal(("index.qdrant_not_set", "knowledge.base_not_found"), (without.Error?.Code, unknown.Error?.Code));
    }

    [Fact]
    public async Task CollectionOfAnOlderSchema_IsReplacedBehindItsAlias()
    {
        await using var server = await QdrantDouble.StartAsync();
        using var room = Room(server);
        var parent = await room.CreateBaseAsync();
        await MoveAsync(room, parent, IndexStore.Qdrant);
        await room.IngestAsync(parent, "a.txt", s_texts[0]);
        var old = Assert.Single(server.Collections());

        await room.Get<QdrantCollections>().ReplaceAsync(HashedEmbedder.Dimensions, Cancellation);

        Assert.NotEqual(old, Assert.Single(server.Collections()));
        Assert.Single((await room.FindAsync(parent, "pears")).Hits);
    }

    private static async Task<PassageId> FillAsync(RetrievalRoom room, KnowledgeBaseId parent)
    {
        foreach (var (i, text) in s_texts.Index())
        {
            var document = await room.IngestAsync(parent, $"Text {i}.txt", text);
            await room.DescribeAsync(document, ("year", $"{2000 + i}"));
        }

        var last = (await room.Store.ListDocumentsAsync(room.Workspace, parent, null, null, 1, Cancellation)).Items[0];
        return (await room.Store.ReadPassagesAsync(last.Id, Cancellation))[0].Id;
    }

    internal static async Task MoveAsync(RetrievalRoom room, KnowledgeBaseId parent, IndexStore to)
    {
        var started = await room.Get<IIndexMoves>().StartAsync(room.Workspace, parent, to, null, Cancellation);
        Assert.True(started.IsSuccess, started.Error?.ToString());
        await room.Work.IdleAsync();
        Assert.Equal(new IndexPlacement(to), await PlacementAsync(room, parent));
    }

    private static async Task<IndexPlacement> PlacementAsync(RetrievalRoom room, KnowledgeBaseId parent) =>
        (await room.Store.FindBaseAsync(room.Workspace, parent, Cancellation))!.Placement;

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            await Task.Delay(10, patience.Token);
        }
    }

    internal static async Task<QdrantDouble?> ServerAsync(bool real)
    {
        Assert.SkipWhen(real && Environment.GetEnvironmentVariable("QDRANT_URL") is null or "", "QDRANT_URL names no server (deploy/README.md says how to run one).");
        return real ? null : await QdrantDouble.StartAsync();
    }

    internal static RetrievalRoom Room(QdrantDouble? server) => new(services: services =>
    {
        services.AddSingleton<TimeProvider>(new HurriedTime());
        services.Configure<QdrantOptions>(options =>
        {
            options.Url = server?.Url.ToString() ?? Environment.GetEnvironmentVariable("QDRANT_URL")!;
            options.ApiKey = server is null ? Environment.GetEnvironmentVariable("QDRANT_API_KEY") ?? "" : "";
            options.Prefix = server is null ? $"test-{Guid.NewGuid():N}"[..20] : "studio";
        });
    });
}
