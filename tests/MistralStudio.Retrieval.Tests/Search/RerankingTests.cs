using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Retrieval.Search;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Retrieval.Tests.Search;

public sealed class RerankingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CrossEncoder_PutsThePassageFirst_ThatItScoresHighest()
    {
        var host = new RerankingHost();
        using var room = new RetrievalRoom(services: services => services.AddSingleton<IModelHost>(host));
        var parent = await FillAsync(room);

        var plain = await FindAsync(room, parent, new());
        var reranked = await FindAsync(room, parent, new() { Rerank = RerankMethod.CrossEncoder, Limit = 2 });

        Assert.Equal("pears.txt", plain.Hits[0].Document);
        Assert.Equal(["figs.txt", "pears.txt"], reranked.Hits.Select(hit => hit.Document));
        Assert.Equal((1.0, 1.0), (reranked.Hits[0].Score, reranked.Hits[0].Ranks.Reranked!.Value));
        Assert.True(reranked.Hits[0].Ranks.Fused > 1);
        Assert.True(reranked.Timings.RerankMs > 0 && plain.Timings.RerankMs == 0);
        Assert.Empty(reranked.Notes);
    }

    [Fact]
    public async Task MissingCrossEncoder_LeavesTheRanking_AndSaysSo()
    {
        using var room = new RetrievalRoom();
        var parent = await FillAsync(room);

        var found = await FindAsync(room, parent, new() { Rerank = RerankMethod.CrossEncoder });

        Assert.Equal("pears.txt", found.Hits[0].Document);
        Assert.Equal(ModelErrors.NoReranker().Code, Assert.Single(found.Notes).Code);
    }

    [Theory]
    [InlineData("3 > 1 > 2", "plums.txt pears.txt figs.txt")]
    [InlineData("[2], then the rest", "figs.txt pears.txt plums.txt")]
    [InlineData("Passage 9 is best.", "pears.txt figs.txt plums.txt")]
    [InlineData("All of them answer it.", "pears.txt figs.txt plums.txt")]
    public async Task Model_PutsPassagesInOrder_AndAnAnswerWithoutOneChangesNothing(string answer, string expected)
    {
        // Whatever order the search has, the model sees pears, figs, plums as 1, 2, 3.
        var model = new ScriptedChatClient(_ => answer);
        using var room = new RetrievalRoom(services: services => services.AddSingleton<IModelRouter>(new FakeModelRouter(model)));
        var parent = await FillAsync(room);
        var order = (await FindAsync(room, parent, new())).Hits.Select(hit => hit.Document).ToList();

        var found = await FindAsync(room, parent, new() { Rerank = RerankMethod.Model });

        var names = (string[])["pears.txt", "figs.txt", "plums.txt"];
        Assert.Equal(expected.Split(' ').Select(name => order[Array.IndexOf(names, name)]), found.Hits.Select(hit => hit.Document));
        Assert.Contains("[1] ", model.Requests[0].Messages[^1].Text, StringComparison.Ordinal);
        Assert.Equal(answer.StartsWith("All", StringComparison.Ordinal) || answer.StartsWith("Passage 9", StringComparison.Ordinal) ? 1 : 0, found.Notes.Count);
    }

    [Fact]
    public void Order_TakesEachNumberOnce()
    {
        Assert.Equal([.5f, 1f, .75f, .25f], PassageReranking.ReadOrder("2 > 3 > 2 > 7 > 0", 4)!);
        Assert.Null(PassageReranking.ReadOrder("none", 4));
    }

    private static async Task<KnowledgeBaseId> FillAsync(RetrievalRoom room)
    {
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "pears.txt", "Pears ripen in the cellar of the house in autumn.");
        await room.IngestAsync(parent, "figs.txt", "Figs ripen in the sun in the garden of the villa.");
        await room.IngestAsync(parent, "plums.txt", "Plums are dried in the oven of the mill.");
        return parent;
    }

    private static async Task<SearchResult> FindAsync(RetrievalRoom room, KnowledgeBaseId parent, SearchSettings settings) =>
        (await room.Search.SearchAsync(new(room.Workspace, [parent], "pears ripen in the cellar") { Settings = settings }, Cancellation)).Value;

    /// <summary>A machine with an embedder and a reranker that likes figs.</summary>
    private sealed class RerankingHost : IModelHost, IReranker
    {
        private readonly EmbeddingOnlyHost _host = new(new HashedEmbedder());

        public IReadOnlyList<InstalledModel> List() =>
            [.. _host.List(), new() { Id = "figs", Name = "Figs", Task = ModelTask.Reranking, State = ModelState.Ready }];

        public InstalledModel? Find(string id) => List().FirstOrDefault(model => model.Id == id);

        public Result<IChatClient> Chat(string id) => _host.Chat(id);

        public Result<IEmbeddingGenerator<string, Embedding<float>>> Embedder(string id) => _host.Embedder(id);

        public Result<IReranker> Reranker(string id) => id == "figs" ? Result<IReranker>.Success(this) : ModelErrors.NoReranker();

        public Task<RerankScores> RerankAsync(string query, IReadOnlyList<string> documents, CancellationToken cancellationToken) =>
            Task.FromResult(new RerankScores(
                [.. documents.Select(text => text.StartsWith("Figs", StringComparison.Ordinal) ? 1f : text.StartsWith("Pears", StringComparison.Ordinal) ? .5f : .1f)], 1));

        public Task<Result<InstalledModel>> LoadAsync(string id, CancellationToken cancellationToken) => _host.LoadAsync(id, cancellationToken);

        public Task<Result<InstalledModel>> UnloadAsync(string id, CancellationToken cancellationToken) => _host.UnloadAsync(id, cancellationToken);
    }
}
