using MistralStudio.Agents;
using MistralStudio.Agents.Mail;
using MistralStudio.Agents.Mcp;
using MistralStudio.Cluster;
using MistralStudio.Data;
using MistralStudio.Data.Batches;
using MistralStudio.Flows;
using MistralStudio.Inference;
using MistralStudio.Retrieval;
using MistralStudio.Retrieval.Qdrant;
using MistralStudio.Web.Features;

namespace MistralStudio.Web.Hosting;

/// <summary>The rooms of the house, wired together.</summary>
internal static class Rooms
{
    public static void AddRooms(this WebApplicationBuilder builder, StudioOptions studio)
    {
        builder.AddEgress();
        builder.Services.AddData(studio.DataPath, studio.Postgres, studio.SurvivesPowerCuts, studio.SharedPath);
        builder.Services.Configure<BatchOptions>(builder.Configuration.GetSection(BatchOptions.Section));
        builder.Services.AddInference(studio.DataPath, builder.Configuration.GetSection(InferenceOptions.Section).Bind);
        builder.Services.AddRetrieval(
            studio.DataPath,
            builder.Configuration.GetSection(KnowledgeOptions.Section).Bind,
            typeof(Program).Assembly,
            qdrant =>
            {
                builder.Configuration.GetSection(QdrantOptions.Section).Bind(qdrant);
                qdrant.IsOnlyStore = studio.SharedPath is not null;
            });
        builder.Services.AddAgents(
            builder.Configuration.GetSection(McpOptions.Section).Bind,
            builder.Configuration.GetSection(MailOptions.Section).Bind);
        builder.Services.AddFlows();
        builder.Services.AddFlowRuns();
        builder.Services.AddFlowHosting();
        builder.Services.AddStudioApi();
        builder.AddCluster(sharing: ClusterSharing.Of(builder.Configuration.GetSection(ClusterOptions.Section).Get<ClusterOptions>() ?? new(), studio.Postgres));
    }
}
