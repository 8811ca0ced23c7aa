using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MistralStudio.Core;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Audit;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Data.Accounts;
using MistralStudio.Data.Apps;
using MistralStudio.Data.Audit;
using MistralStudio.Data.Batches;
using MistralStudio.Data.Blobs;
using MistralStudio.Data.Connections;
using MistralStudio.Data.Conversations;
using MistralStudio.Data.Flows;
using MistralStudio.Data.Idempotency;
using MistralStudio.Data.Knowledge;
using MistralStudio.Data.Models;
using MistralStudio.Data.Postgres;
using MistralStudio.Data.Prompts;
using MistralStudio.Data.Sqlite;
using MistralStudio.Data.Startup;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data;

/// <summary>Composition of this room.</summary>
public static class DataServices
{
    /// <summary>
    /// Adds <c>studio.db</c>, its stores and the blob store under the data folder. Nothing is opened here; the host calls
    /// <see cref="DatabaseStartup.PrepareAsync"/> before it serves anything.
    /// </summary>
    /// <param name="dataPath">The data folder, absolute.</param>
    /// <param name="postgres">Connection string of the PostgreSQL database that takes the place of <c>studio.db</c>; null for none.</param>
    /// <param name="survivesPowerCuts">True to sync every commit of runs and of batches to the disk; PostgreSQL does as it is set up.</param>
    /// <param name="sharedPath">The folder, absolute, of what all processes have that serve the database together; null where one alone serves it.</param>
    public static IServiceCollection AddData(
        this IServiceCollection services, string dataPath, string? postgres = null, bool survivesPowerCuts = false, string? sharedPath = null)
    {
        var folder = new DataFolder(dataPath, sharedPath);
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(folder);
        if (postgres is null)
        {
            services.AddSqlite(folder, survivesPowerCuts);
        }
        else
        {
            services.AddPostgres(postgres);
        }

        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContext());
        services.AddSingleton<IReadiness, DatabaseReadiness>();
        services.AddSingleton<AccountStore>();
        services.AddSingleton<InviteStore>();
        services.AddSingleton<VerifiedKeys>();
        services.AddSingleton(provider => new ApiKeyStore(
            provider.GetRequiredService<IDbContextFactory<StudioDbContext>>(), provider.GetRequiredService<VerifiedKeys>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<SignInStore>();
        services.AddSingleton<IdempotencyStore>();
        services.AddSingleton<IKnowledgeStore, KnowledgeStore>();
        services.AddSingleton<IConversationFiles, ConversationFileStore>();
        services.AddSingleton<IConversationImages, ConversationImageStore>();
        services.AddSingleton<IPassageStore, PassageStore>();
        services.AddSingleton<IKnowledgeStates, KnowledgeStates>();
        services.AddSingleton<IPassageRevisions, PassageRevisionStore>();
        services.AddSingleton<IndexPlacementStore>();
        services.AddSingleton<IIndexPlacements>(provider => provider.GetRequiredService<IndexPlacementStore>());
        services.AddSingleton<IVectorMakers>(provider => provider.GetRequiredService<IndexPlacementStore>());
        services.AddSingleton<ISourceStore, SourceStore>();
        services.AddSingleton<IJudgmentStore, JudgmentStore>();
        services.AddSingleton<IQualityRuns, QualityRunStore>();
        services.AddSingleton<IConversationStore, ConversationStore>();
        services.AddSingleton<IFeedbackStore, FeedbackStore>();
        services.AddSingleton<FlowStore>();
        services.AddSingleton<IFlowStore>(provider => provider.GetRequiredService<FlowStore>());
        services.AddSingleton<IFlowVersions>(provider => provider.GetRequiredService<FlowStore>());
        services.AddSingleton<IFlowUses, FlowUses>();
        services.AddSingleton<IRunStore, RunStore>();
        services.AddSingleton<IFlowTriggers, FlowTriggerStore>();
        services.AddSingleton<IFlowPins, FlowPinStore>();
        services.AddSingleton<INodeResults, NodeResultStore>();
        services.AddSingleton<IFlowJournal, FlowJournal>();
        services.AddSingleton<RunErasure>();
        services.AddHostedService(provider => provider.GetRequiredService<RunErasure>());
        services.AddSingleton<IRunRights, StandingRunRights>();
        services.AddSingleton<ShareLinks>();
        services.AddSingleton<IAppStore, AppStore>();
        services.AddSingleton<PromptCallCounts>();
        services.AddHostedService(provider => provider.GetRequiredService<PromptCallCounts>());
        services.AddSingleton<PromptUses>();
        services.AddSingleton<IPromptUses>(provider => provider.GetRequiredService<PromptUses>());
        services.AddSingleton<PromptLabels>();
        services.AddSingleton<PromptImages>();
        services.AddSingleton<IPromptImages>(provider => provider.GetRequiredService<PromptImages>());
        services.AddHostedService(provider => provider.GetRequiredService<PromptImages>());
        services.AddSingleton<IPromptStore, PromptStore>();
        services.AddSingleton<IBlobStore, BlobStore>();
        services.AddOptions<BatchOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ITableStore, TableStore>();
        services.AddSingleton<IBatchStore, BatchStore>();
        services.AddSingleton<IBatchWork, BatchWork>();
        services.AddSingleton<IConnectionStore, ConnectionStore>();
        services.AddSingleton<IDataClasses, DataClassStore>();
        services.AddSingleton<IWorkspaceHosts, AllowedHostStore>();
        services.AddSingleton<IAllowedHosts>(provider => provider.GetRequiredService<IWorkspaceHosts>());
        services.AddSingleton<IAuditLog, AuditLog>();
        services.AddSingleton<IModelUses, ModelUses>();
        services.AddSingleton<DefaultModelStore>();
        services.AddSingleton<IDefaultModels>(provider => provider.GetRequiredService<DefaultModelStore>());
        services.AddSingleton<IModelAudit>(provider => provider.GetRequiredService<DefaultModelStore>());
        return services;
    }

    private static void AddSqlite(this IServiceCollection services, DataFolder folder, bool survivesPowerCuts)
    {
        services.AddPooledDbContextFactory<StudioDbContext>(options => options
            .UseSqlite(SqliteConnectionSetup.ConnectionString(folder.DatabaseFile))
            .AddInterceptors(new SqliteConnectionSetup()));
        services.AddSingleton<DatabaseStartup, SqliteStartup>();
        services.AddSingleton<IDatabaseVersion, DatabaseVersion>();
        services.AddSingleton(new JournalConnection(() => SqliteConnectionSetup.OpenKeptAsync(folder.DatabaseFile, survivesPowerCuts)));
        services.AddSingleton(_ => new BatchConnection(() => SqliteConnectionSetup.OpenKeptAsync(folder.DatabaseFile, survivesPowerCuts)));
    }

    private static void AddPostgres(this IServiceCollection services, string connection)
    {
        services.AddPooledDbContextFactory<PostgresStudioDbContext>(options => options
            .UseNpgsql(connection)
            .AddInterceptors(new WriterTurn()));
        services.AddSingleton<IDbContextFactory<StudioDbContext>, PostgresContexts>();
        services.AddSingleton(new PostgresDatabase(connection));
        services.AddSingleton<DatabaseStartup, PostgresStartup>();
        services.AddSingleton<IDatabaseVersion, UntoldVersion>();
        services.AddSingleton(provider => new JournalConnection(() => provider.GetRequiredService<PostgresDatabase>().OpenAsync(CancellationToken.None)));
        services.AddSingleton(provider => new BatchConnection(() => provider.GetRequiredService<PostgresDatabase>().OpenAsync(CancellationToken.None), WriterTurn.Take));
    }
}

/// <summary>The data folder and what this room keeps in it.</summary>
/// <param name="Path">Absolute; of this process alone.</param>
/// <param name="SharedPath">Absolute; of all processes that serve the database together. Null where one alone serves it, and all is in <paramref name="Path"/>.</param>
public sealed record DataFolder(string Path, string? SharedPath = null)
{
    /// <summary>Whether several processes serve the database together.</summary>
    public bool IsShared => SharedPath is not null;

    /// <summary>Where a new knowledge base is kept: the index of one process is no other's.</summary>
    internal IndexStore NewBases => IsShared ? IndexStore.Qdrant : IndexStore.Embedded;

    /// <summary>The database of all that is true.</summary>
    public string DatabaseFile => System.IO.Path.Combine(Path, "studio.db");

    /// <summary>Files by content.</summary>
    public string Blobs => System.IO.Path.Combine(SharedPath ?? Path, "blobs");

    /// <summary>Files that are arriving; those of an upload that was killed are swept at the next start.</summary>
    public string Incoming => System.IO.Path.Combine(Blobs, "incoming");
}
