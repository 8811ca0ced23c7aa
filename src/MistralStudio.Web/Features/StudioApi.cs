using MistralStudio.Core.Models;
using MistralStudio.Web.Features.AppsApi;
using MistralStudio.Web.Features.AuditApi;
using MistralStudio.Web.Features.BatchesApi;
using MistralStudio.Web.Features.ConnectionsApi;
using MistralStudio.Web.Features.FlowsApi;
using MistralStudio.Web.Features.KeysApi;
using MistralStudio.Web.Features.KnowledgeApi;
using MistralStudio.Web.Features.McpApi;
using MistralStudio.Web.Features.MembersApi;
using MistralStudio.Web.Features.ModelApi;
using MistralStudio.Web.Features.Playground.Images;
using MistralStudio.Web.Features.Models;
using MistralStudio.Web.Features.ModelsApi;
using MistralStudio.Web.Features.PromptsApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features;

/// <summary>Composition of everything that scripts call.</summary>
public static class StudioApi
{
    /// <summary>Adds the routing of models and what <c>/v1</c> and <c>/api</c> need.</summary>
    public static IServiceCollection AddStudioApi(this IServiceCollection services)
    {
        services.AddSingleton<IModelRouter, ModelRouter>();
        services.AddSingleton<IModelDownload, EgressDownload>();
        services.AddSingleton<FlowPublication>();
        services.AddSingleton<MistralStudio.Web.Features.Flows.Editor.FlowDrafts>();
        services.AddSingleton<RunDecisions>();
        services.AddSingleton<MistralStudio.Web.Features.Flows.Editor.DraftPins>();
        services.AddSingleton<MistralStudio.Web.Features.Flows.RunPageServices>();
        services.AddSingleton<FilledRows>();
        services.AddSingleton<BatchOrders>();
        // A body that cannot be read is answered in the shape of every other refusal, in development and not.
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddApiDescription();
        services.AddWorkspaceTools();
        return services;
    }

    /// <summary>Maps <c>/v1</c>, <c>/api</c>, <c>/mcp</c>, <c>/openapi/v1.json</c> and <c>/docs</c>.</summary>
    public static void MapStudioApi(this IEndpointRouteBuilder app)
    {
        app.MapModelApi();
        app.MapKnowledgeApi();
        app.MapConversationFiles();
        app.MapImages();
        app.MapAppsApi();
        app.MapPromptsApi();
        app.MapFlowsApi();
        app.MapBatchesApi();
        app.MapMembersApi();
        app.MapKeysApi();
        app.MapModelsApi();
        app.MapConnectionsApi();
        app.MapBordersApi();
        app.MapAuditApi();
        app.MapMcpApi();
        app.MapFallback("/api/{**path}", http => ErrorResults.From(AccessErrors.NotFound()).ExecuteAsync(http)).AllowAnonymous().ExcludeFromDescription();
        app.MapOpenApi().AllowAnonymous();
        app.MapReferencePage();
    }
}
