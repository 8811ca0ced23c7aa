using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared.Fakes;

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
