using MistralStudio.Core.Models;
using MistralStudio.Web.Features.AppsApi;
using MistralStudio.Web.Features.KnowledgeApi;
using MistralStudio.Web.Features.ModelApi;
using MistralStudio.Web.Features.Models;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features;

/// <summary>Composition of everything that scripts call.</summary>
public static class StudioApi
{
    private const long UsualDocumentBytes = 100L << 20;

    /// <summary>Adds the routing of models and what <c>/v1</c> and <c>/api</c> need.</summary>
    public static IServiceCollection AddStudioApi(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<IModelRouter, ModelRouter>();
        services.AddSingleton(new UploadLimits(configuration.GetValue("Knowledge:MaxDocumentBytes", UsualDocumentBytes)));
        // A body that cannot be read is answered in the shape of every other refusal, in development and not.
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddOpenApi("v1", options =>
        {
            options.ShouldInclude = endpoint =>
                endpoint.RelativePath is { } path && (path.StartsWith("api/", StringComparison.Ordinal) || path.StartsWith("v1/", StringComparison.Ordinal));
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info.Title = "MistralStudio";
                return Task.CompletedTask;
            });
        });
        return services;
    }

    /// <summary>Maps <c>/v1</c>, <c>/api</c>, <c>/openapi/v1.json</c> and <c>/docs</c>.</summary>
    public static void MapStudioApi(this IEndpointRouteBuilder app)
    {
        app.MapModelApi();
        app.MapKnowledgeApi();
        app.MapAppsApi();
        app.MapFallback("/api/{**path}", () => ErrorResults.From(AccessErrors.NotFound())).AllowAnonymous().ExcludeFromDescription();
        app.MapOpenApi().AllowAnonymous();
        app.MapReferencePage();
    }
}
