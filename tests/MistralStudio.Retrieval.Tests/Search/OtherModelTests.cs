using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Retrieval.Qdrant;
using MistralStudio.Retrieval.Tests.Qdrant;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Tests.Shared.Qdrant;

namespace MistralStudio.Retrieval.Tests.Search;

/// <summary>An embedding model that was replaced under the name that a base knows.</summary>
public sealed class OtherModelTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AReplacedModel_IsSaid_WordsGoOn_AndTheDocumentsAreEmbeddedAgainWhenAsked()
    {
        var embedder = new Replaceable();
        using var room = new RetrievalRoom(services: services => services.AddSingleton<IModelHost>(new EmbeddingOnlyHost(embedder)));
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "pears.txt", "Pears ripen in the cellar.");
        Assert.Empty((await room.FindAsync(parent, "pears", SearchMode.Dense)).Notes);

        embedder.Length = HashedEmbedder.Dimensions / 2;
        var added = await room.IngestAsync(parent, "figs.txt", "Figs ripen in the sun.");

        // What came after the model was replaced, and what was there before, are found by words, and the search says why.
        Assert.Equal(DocumentState.Indexed, added.State);
        foreach (var mode in new[] { SearchMode.Hybrid, SearchMode.Dense })
        {
            var found = await room.FindAsync(parent, "ripen", mode);
            Assert.Equal(mode == SearchMode.Hybrid ? 2 : 0, found.Hits.Count);
            var note = Assert.Single(found.Notes);
            Assert.Equal("search.other_vectors", note.Code);
            Assert.Contains("\"Base\"", note.Message, StringComparison.Ordinal);
        }

        Assert.Equal("knowledge.base_not_found", (await room.Get<IKnowledgeSettings>().EmbedAgainAsync(WorkspaceId.New(), parent, Cancellation)).Error?.Code);
        Assert.Equal(2, (await room.Get<IKnowledgeSettings>().EmbedAgainAsync(room.Workspace, parent, Cancellation)).Value);
        await room.Work.IdleAsync();

        var again = await room.FindAsync(parent, "ripen", SearchMode.Dense);
        Assert.Equal((2, 0), (again.Hits.Count, again.Notes.Count));
    }

    [Fact]
    public async Task AReplacedModel_IsSaid_WhereItsVectorsAreOfTheSameLength()
    {
        var host = new EmbeddingOnlyHost(new HashedEmbedder()) { Fingerprint = "first" };
        using var room = new RetrievalRoom(services: services => services.AddSingleton<IModelHost>(host));
        var settings = room.Get<IKnowledgeSettings>();
        var (parent, untouched) = (await room.CreateBaseAsync(), await room.CreateBaseAsync());
        await room.IngestAsync(parent, "pears.txt", "Pears ripen in the cellar.");
        await room.IngestAsync(untouched, "plums.txt", "Plums ripen early.");
        Assert.Null(await settings.FindOtherEmbedderAsync(room.Workspace, parent, Cancellation));

        host.Fingerprint = "second";
        Assert.Equal("search.other_vectors", (await settings.FindOtherEmbedderAsync(room.Workspace, parent, Cancellation))?.Code);
        foreach (var (mode, hits) in new[] { (SearchMode.Hybrid, 1), (SearchMode.Dense, 0), (SearchMode.Lexical, 1) })
        {
            var found = await room.FindAsync(parent, "ripen", mode);
            Assert.Equal((hits, mode == SearchMode.Lexical ? 0 : 1), (found.Hits.Count, found.Notes.Count));
        }

        // Put back under its name it answers again; but not where vectors of both are in one base.
        await room.IngestAsync(parent, "figs.txt", "Figs ripen in the sun.");
        host.Fingerprint = "first";
        Assert.Empty((await room.FindAsync(untouched, "ripen", SearchMode.Dense)).Notes);
        Assert.Single((await room.FindAsync(parent, "ripen", SearchMode.Dense)).Notes);

        Assert.Equal(2, (await settings.EmbedAgainAsync(room.Workspace, parent, Cancellation)).Value);
        await room.Work.IdleAsync();
        var again = await room.FindAsync(parent, "ripen", SearchMode.Dense);
        Assert.Equal((2, 0), (again.Hits.Count, again.Notes.Count));
    }

    [Fact]
    public async Task AReplacedModel_IsSaid_BesideBasesOfAnother_AndOnQdrant()
    {
        await using var server = await QdrantDouble.StartAsync();
        var host = new EmbeddingOnlyHost(new HashedEmbedder()) { Fingerprint = "first" };
        using var room = new RetrievalRoom(services: services =>
        {
            services.AddSingleton<IModelHost>(host);
            services.Configure<QdrantOptions>(options => options.Url = server.Url.ToString());
        });
        var (moved, fresh) = (await room.CreateBaseAsync(), await room.CreateBaseAsync());
        await room.IngestAsync(moved, "pears.txt", "Pears ripen in the cellar.");
        await QdrantIndexTests.MoveAsync(room, moved, IndexStore.Qdrant);
        host.Fingerprint = "second";
        await room.IngestAsync(fresh, "plums.txt", "Plums ripen early.");

        var found = (await room.Search.SearchAsync(new(room.Workspace, [fresh, moved], "ripen", 10, SearchMode.Hybrid), Cancellation)).Value;
        Assert.Equal(["pears.txt", "plums.txt"], found.Hits.Select(hit => hit.Document).Order());
        Assert.NotNull(found.Hits.Single(hit => hit.Document == "plums.txt").Dense);
        Assert.Null(found.Hits.Single(hit => hit.Document == "pears.txt").Dense);
        Assert.Equal("search.other_vectors", Assert.Single(found.Notes).Code);

        await room.Get<IKnowledgeSettings>().EmbedAgainAsync(room.Workspace, moved, Cancellation);
        await room.Work.IdleAsync();
        Assert.Equal((1, 0), (await room.FindAsync(moved, "ripen", SearchMode.Dense)) is var again ? (again.Hits.Count, again.Notes.Count) : default);
    }

    [Fact]
    public async Task ABaseFromBeforeFingerprints_IsTakenToBeOfTheModelThatIsThere()
    {
        var host = new EmbeddingOnlyHost(new HashedEmbedder());
        using var room = new RetrievalRoom(services: services => services.AddSingleton<IModelHost>(host));
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "pears.txt", "Pears ripen in the cellar.");

        host.Fingerprint = "first";
        await room.IngestAsync(parent, "figs.txt", "Figs ripen in the sun.");
        Assert.Empty((await room.FindAsync(parent, "ripen", SearchMode.Dense)).Notes);
        host.Fingerprint = "second";
        Assert.Single((await room.FindAsync(parent, "ripen", SearchMode.Dense)).Notes);
    }

    /// <summary>A model whose vectors have another length from some time on.</summary>
    private sealed class Replaceable : IEmbeddingGenerator<string, Embedding<float>>
    {
        private readonly HashedEmbedder _words = new();

        public int Length { get; set; } = HashedEmbedder.Dimensions;

        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
            IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(values.Select(value => new Embedding<float>(_words.Embed(value)[..Length]))));

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() => _words.Dispose();
    }
}
