using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Work;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Ingestion;
using MistralStudio.Retrieval.Tests.Sources;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Retrieval.Tests;

/// <summary>The whole room over a real index file, with stores and models in memory.</summary>
internal sealed class RetrievalRoom : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("retrieval-").FullName;
    private ServiceProvider _services;

    public RetrievalRoom(bool runs = true, Action<KnowledgeOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        Services = services;
        Configure = configure;
        Runs = runs;
        _services = Start();
    }

    public WorkspaceId Workspace { get; } = WorkspaceId.New();

    public InMemoryKnowledge Store { get; } = new();

    public InMemoryBlobs Blobs { get; } = new();

    public HashedEmbedder Embedder { get; } = new();

    public InlineWork Work { get; private set; } = new();

    public string IndexPath => Path.Combine(_folder, "index.db");

    public IDocumentIntake Intake => Get<IDocumentIntake>();

    public IKnowledgeSearch Search => Get<IKnowledgeSearch>();

    private Action<KnowledgeOptions>? Configure { get; }

    private bool Runs { get; }

    private Action<IServiceCollection>? Services { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public async Task<KnowledgeBaseId> CreateBaseAsync(WorkspaceId? workspace = null) =>
        (await Store.CreateBaseAsync(workspace ?? Workspace, "Base", EmbeddingOnlyHost.ModelId, null, Cancellation)).Id;

    public Task<KnowledgeDocument> AddAsync(KnowledgeBaseId parent, string name, string text) => AddAsync(parent, name, Encoding.UTF8.GetBytes(text));

    public async Task<KnowledgeDocument> AddAsync(KnowledgeBaseId parent, string name, byte[] content)
    {
        using var stream = new MemoryStream(content);
        return (await Intake.AddAsync(Workspace, parent, name, null, stream, null, Cancellation)).Value;
    }

    /// <summary>Adds a document and waits until its ingestion ended.</summary>
    public async Task<KnowledgeDocument> IngestAsync(KnowledgeBaseId parent, string name, byte[] content)
    {
        var added = await AddAsync(parent, name, content);
        await Work.IdleAsync();
        return (await Store.FindAsync(added.Id, Cancellation))!;
    }

    public Task<KnowledgeDocument> IngestAsync(KnowledgeBaseId parent, string name, string text) =>
        IngestAsync(parent, name, Encoding.UTF8.GetBytes(text));

    public Task ExecuteAsync(DocumentId document) =>
        new ByKind([.. _services.GetServices<IWorkExecutor>()]).ExecuteAsync(IngestionExecutor.Work(document), new NoSignals(), Cancellation);

    public async Task<SearchResult> FindAsync(KnowledgeBaseId parent, string text, SearchMode mode = SearchMode.Hybrid, int limit = 10) =>
        (await Search.SearchAsync(new(Workspace, [parent], text, limit, mode), Cancellation)).Value;

    /// <summary>Gives a document metadata.</summary>
    public async Task DescribeAsync(KnowledgeDocument document, params (string Field, string Value)[] fields) => Assert.True((await Get<IDocumentMetadata>().DescribeAsync(
        Workspace, document.Base, document.Id, fields.ToDictionary(field => field.Field, field => MetadataValue.Parse(field.Value)),
        (await Store.FindAsync(document.Id, Cancellation))!.MetadataVersion, Cancellation)).IsSuccess);

    /// <summary>Shows a document with one passage of this text, or with those that it has.</summary>
    public async Task PublishAsync(KnowledgeDocument document, string? text)
    {
        var index = Get<PassageIndex>();
        if (text is not null)
        {
            Passage passage = new(PassageId.From(Guid.CreateVersion7()), document.Id, 0, text, null, 0, text.Length, null, text);
            await Store.ReplacePassagesAsync(document.Id, [passage], Cancellation);
            await index.StageAsync(document.Base, [(passage, Embedder.Embed(text))], Cancellation);
        }

        Assert.True(await index.PublishAsync(document, await Store.ReadPassagesAsync(document.Id, Cancellation), Cancellation));
    }

    /// <summary>Ends the process and starts another over the same folder and stores.</summary>
    public void Restart(Action? between = null)
    {
        _services.Dispose();
        SqliteConnection.ClearAllPools();
        between?.Invoke();
        Work = new();
        _services = Start();
    }

    public void Dispose()
    {
        _services.Dispose();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private ServiceProvider Start()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IKnowledgeStore>(Store);
        services.AddSingleton<IKnowledgeStates>(Store);
        services.AddSingleton<IPassageStore>(Store);
        services.AddSingleton<IConversationFiles>(Store);
        services.AddSingleton<IConversationImages>(new InMemoryImages(Blobs));
        services.AddSingleton<IIndexPlacements>(Store);
        services.AddSingleton<IVectorMakers>(Store);
        services.AddSingleton<IPassageRevisions>(Store);
        services.AddSingleton<ISourceStore>(Store);
        services.AddSingleton<IEgress>(new ScriptedSite());
        services.AddSingleton<IBlobStore>(Blobs);
        services.AddSingleton<IModelHost>(new EmbeddingOnlyHost(Embedder));
        services.AddSingleton<IWorkOwner>(Work);
        services.AddRetrieval(_folder, Configure, typeof(RetrievalRoom).Assembly);
        Services?.Invoke(services);
        var provider = services.BuildServiceProvider();
        if (Runs)
        {
            Work.Executor = new ByKind([.. provider.GetServices<IWorkExecutor>()]);
        }

        return provider;
    }

    /// <summary>Gives work to the executor of its kind.</summary>
    private sealed class ByKind(IReadOnlyList<IWorkExecutor> executors) : IWorkExecutor
    {
        public string Kind => "any";

        public Task ExecuteAsync(WorkKey work, IWorkSignals signals, CancellationToken cancellationToken) =>
            executors.Single(executor => executor.Kind == work.Kind).ExecuteAsync(work, signals, cancellationToken);

        public Task<IReadOnlyList<string>> ListUnfinishedAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);
    }
}
