using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Data;
using MistralStudio.Data.Accounts;
using MistralStudio.Data.Startup;
using MistralStudio.Inference;
using MistralStudio.Retrieval;
using MistralStudio.Retrieval.Qdrant;
using MistralStudio.Web.Features.Models;

namespace MistralStudio.Web.Hosting;

/// <summary>What commands need beside a running server: its settings, its data and its models' files; no pages, no ports, nothing loaded.</summary>
internal static class OfflineServices
{
    /// <summary>Runs a command over the studio's data; its exit code is the program's.</summary>
    public static async Task<int> RunAsync(Func<IServiceProvider, StudioOptions, Task<int>> command, CancellationToken cancellationToken)
    {
        var builder = StudioHost.CreateBuilder([]);
        var studio = StudioOptions.Read(builder.Configuration);
        if (!studio.IsSuccess)
        {
            return ServeCommand.Fail(studio.Error);
        }

        if (SettingCheck.Find(builder.Configuration) is { } wrong)
        {
            return ServeCommand.Fail(wrong);
        }

        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(builder.Configuration);
        services.AddData(studio.Value.DataPath, studio.Value.Postgres, sharedPath: studio.Value.SharedPath);
        services.AddInference(studio.Value.DataPath, builder.Configuration.GetSection(InferenceOptions.Section).Bind);
        services.AddEgress(builder.Configuration);
        services.AddSingleton<IModelDownload, EgressDownload>();
        services.AddOptions<KnowledgeOptions>().Bind(builder.Configuration.GetSection(KnowledgeOptions.Section)).ValidateDataAnnotations();
        services.AddOptions<QdrantOptions>().Bind(builder.Configuration.GetSection(QdrantOptions.Section)).ValidateDataAnnotations();
        services.AddSingleton<VectorDatabaseCheck>();
        services.AddIdentityCore<StudioUser>().AddEntityFrameworkStores<StudioDbContext>();
        await using var provider = services.BuildServiceProvider();
        Result<Unit> prepared = await provider.GetRequiredService<DatabaseStartup>().PrepareAsync(cancellationToken);
        if (!prepared.IsSuccess)
        {
            return ServeCommand.Fail(prepared.Error);
        }

        await using var scope = provider.CreateAsyncScope();
        return await command(scope.ServiceProvider, studio.Value);
    }
}
