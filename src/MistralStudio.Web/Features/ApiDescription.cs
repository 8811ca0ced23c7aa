using System.Text.Json;
using Microsoft.OpenApi;
using MistralStudio.Web.Features.ModelApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features;

/// <summary>What <c>/openapi/v1.json</c> says beyond what the handlers' signatures tell.</summary>
internal static class ApiDescription
{
    private const string KeyScheme = "key";

    /// <summary>Adds the document.</summary>
    public static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.ShouldInclude = endpoint =>
            endpoint.RelativePath is { } path && (path.StartsWith("api/", StringComparison.Ordinal) || path.StartsWith("v1/", StringComparison.Ordinal));
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "MistralStudio";
            document.Info.Description = "The model API under /v1 in the dialects of OpenAI and Mistral, and the workspace API under /api.";
            // Addresses are relative to wherever the document was read.
            document.Servers = [new() { Url = "/" }];
            document.Components ??= new();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
            document.Components.SecuritySchemes[KeyScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key (ms_...), made under Settings, API keys, by POST /api/keys, or by `keys create` on the machine.",
            };
            document.Security = [new() { [new OpenApiSecuritySchemeReference(KeyScheme, document)] = [] }];
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            // The model API writes snake_case, by serialiser options that the generator does not know.
            if (context.JsonTypeInfo.Type.Namespace?.StartsWith(typeof(ModelApiEndpoints).Namespace!, StringComparison.Ordinal) == true && schema.Properties is { Count: > 0 } named)
            {
                schema.Properties = named.ToDictionary(property => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Key), property => property.Value, StringComparer.Ordinal);
                schema.Required = schema.Required?.Select(JsonNamingPolicy.SnakeCaseLower.ConvertName).ToHashSet(StringComparer.Ordinal);
            }

            return Task.CompletedTask;
        });
    });

    /// <summary>Names the refusals of a <c>/v1</c> endpoint; 401 and 403 come with every one.</summary>
    public static RouteHandlerBuilder ProducesApiErrors(this RouteHandlerBuilder endpoint, params int[] statuses) =>
        endpoint.Refuses(typeof(ApiError.Envelope), "application/json", statuses);

    /// <summary>Names the refusals of an <c>/api</c> endpoint; 401 and 403 come with every one.</summary>
    public static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder endpoint, params int[] statuses) =>
        endpoint.Refuses(typeof(ErrorResults.ProblemBody), "application/problem+json", statuses);

    private static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, Type body, string contentType, int[] statuses)
    {
        foreach (var status in (int[])[StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden, .. statuses])
        {
            endpoint.Produces(status, body, contentType);
        }

        return endpoint;
    }
}
