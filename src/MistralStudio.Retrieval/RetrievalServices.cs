using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Tables;
using MistralStudio.Core.Work;
using MistralStudio.Retrieval.Citations;
using MistralStudio.Retrieval.Documents;
using MistralStudio.Retrieval.Documents.Worker;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Ingestion;
using MistralStudio.Retrieval.Nodes.KnowledgeSearch;
using MistralStudio.Retrieval.Nodes.ReadDocument;
using MistralStudio.Retrieval.Nodes.Rerank;
using MistralStudio.Retrieval.Qdrant;
using MistralStudio.Retrieval.Search;
using MistralStudio.Retrieval.Sources;
using MistralStudio.Retrieval.Tables;

namespace MistralStudio.Retrieval;

/// <summary>Composition of this room.</summary>
public static class RetrievalServices
{
    /// <summary>
    /// Adds <see cref="IDocumentIntake"/>, <see cref="IKnowledgeSearch"/>, <see cref="ICitationLinker"/>, the flow nodes that read documents and
    /// knowledge, and the executor of ingestion over <c>{dataPath}/index.db</c>. Needs the stores, blobs, work and models of the other rooms.
    /// </summary>
    /// <param name="configure">Binds section <see cref="KnowledgeOptions.Section"/>; options are validated at start.</param>
    /// <param name="parserHost">The assembly whose entry point runs <see cref="ParserLoop"/> when it is asked for; the process's own by default.</param>
    /// <param name="configureQdrant">Binds section <see cref="QdrantOptions.Section"/>.</param>
    public static IServiceCollection AddRetrieval(
        this IServiceCollection services, string dataPath, Action<KnowledgeOptions>? configure = null, Assembly? parserHost = null,
        Action<QdrantOptions>? configureQdrant = null)
    {
        var qdrant = services.AddOptions<QdrantOptions>().ValidateDataAnnotations().ValidateOnStart();
        if (configureQdrant is not null)
        {
            qdrant.Configure(configureQdrant);
        }

        var options = services.AddOptions<KnowledgeOptions>().ValidateDataAnnotations().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => IndexFile.Open(Path.Combine(dataPath, "index.db"), provider.GetRequiredService<ILogger<IndexFile>>()));
        services.AddSingleton<IReadiness, IndexReadiness>();
        services.AddSingleton<ResidentVectors>();
        services.AddSingleton<EmbeddedSearch>();
        services.AddSingleton<EmbeddedIndex>();
        services.AddSingleton<VectorDatabaseCheck>();
        services.AddSingleton<QdrantClient>();
        services.AddSingleton<QdrantCollections>();
        services.AddSingleton<QdrantSearch>();
        services.AddSingleton<QdrantIndex>();
        services.AddSingleton<PassageIndex>();
        services.AddSingleton(provider => new Lazy<IWorkOwner>(provider.GetRequiredService<IWorkOwner>));
        services.AddSingleton<IndexMove>();
        services.AddSingleton<IWorkExecutor>(provider => provider.GetRequiredService<IndexMove>());
        services.AddSingleton<IIndexMoves>(provider => provider.GetRequiredService<IndexMove>());
        services.AddSingleton<IDocumentMetadata, DocumentMetadata>();
        services.AddSingleton<EmbedderIdentity>();
        services.AddSingleton<PassageEmbedding>();
        services.AddSingleton(ParserLaunch.Of(parserHost ?? Assembly.GetEntryAssembly()!));
        services.AddSingleton<ParserPool>();
        services.AddSingleton<DocumentReader>();
        services.AddSingleton<ITableReader, TableReader>();
        services.AddSingleton<DocumentIntake>();
        services.AddSingleton(provider => new Lazy<DocumentIntake>(provider.GetRequiredService<DocumentIntake>));
        services.AddSingleton<IDocumentIntake>(provider => provider.GetRequiredService<DocumentIntake>());
        services.AddSingleton<ConversationFileErasure>();
        services.AddSingleton<IConversationFileErasure>(provider => provider.GetRequiredService<ConversationFileErasure>());
        services.AddHostedService(provider => provider.GetRequiredService<ConversationFileErasure>());
        services.AddSingleton<IKnowledgeSettings, SettingsChange>();
        services.AddSingleton<IPassageEditor, PassageEditor>();
        services.AddSingleton<WebReading>();
        services.AddSingleton<KnowledgeSources>();
        services.AddSingleton<IKnowledgeSources>(provider => provider.GetRequiredService<KnowledgeSources>());
        services.AddSingleton<IWorkExecutor, SourceSync>();
        services.AddSingleton<SourceScheduler>();
        services.AddHostedService(provider => provider.GetRequiredService<SourceScheduler>());
        services.AddSingleton<FolderWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<FolderWatch>());
        services.AddSingleton<IWorkExecutor, IngestionExecutor>();
        services.AddSingleton<ChatModels>();
        services.AddSingleton<QuestionRewriting>();
        services.AddSingleton<PassageReranking>();
        services.AddSingleton<HitReader>();
        services.AddSingleton<ParentReader>();
        services.AddSingleton<SearchRun>();
        services.AddSingleton<IKnowledgeSearch, KnowledgeSearch>();
        services.AddSingleton<IKnowledgeReader, KnowledgeReader>();
        services.AddSingleton<IQualityMeter, QualityMeter>();
        services.AddSingleton<ICitationLinker, CitationLinker>();
        services.AddSingleton<IndexRebuild>();
        services.AddHostedService(provider => provider.GetRequiredService<IndexRebuild>());
        services.AddNode<KnowledgeSearchExecutor>(KnowledgeSearchNode.Type);
        services.AddNode<RerankExecutor>(RerankNode.Type);
        services.AddNode<ReadDocumentExecutor>(ReadDocumentNode.Type);
        return services;
    }

    private static void AddNode<TExecutor>(this IServiceCollection services, NodeType type)
        where TExecutor : class, INodeExecutor
    {
        services.AddSingleton(type);
        services.AddSingleton<INodeExecutor, TExecutor>();
    }
}
