using MistralStudio.Core.Security;
using MistralStudio.Web.Features.ModelApi.Responses;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>The model API in OpenAI's and Mistral's dialects, under <c>/v1</c>.</summary>
public static class ModelApiEndpoints
{
    private const string Json = "application/json";
    private const string Events = "text/event-stream";

    /// <summary>Maps the endpoints.</summary>
    public static void MapModelApi(this IEndpointRouteBuilder app)
    {
        var v1 = app.MapGroup("/v1").WithTags("Models").DisableAntiforgery();
        v1.MapGet("/models", ModelListEndpoints.ListAsync).RequirePermission(Permissions.ModelsRead)
            .WithSummary("Every model that a request may name.").Produces<WireModels>().ProducesApiErrors();
        v1.MapGet("/models/{**id}", ModelListEndpoints.FindAsync).RequirePermission(Permissions.ModelsRead)
            .WithSummary("One model, by its whole reference.").Produces<WireModel>().ProducesApiErrors(404);
        v1.MapPost("/chat/completions", ChatEndpoint.AnswerAsync).RequirePermission(Permissions.ModelsUse)
            .WithSummary("Continues a conversation, whole or as a stream of server-sent chunks.")
            .WithDescription("Tools, forced calls, JSON Schema, regular expressions and choices are held to by masks over the model's own tokens. "
                + "A model whose template knows no tools is told of them in plain words.")
            .Accepts<ChatCompletionRequest>(Json).Produces<ChatCompletion>().Produces<ChatCompletionChunk>(contentType: Events)
            .ProducesApiErrors(400, 404, 413, 422, 429, 503);
        v1.MapPost("/completions", CompletionEndpoints.CompleteAsync).RequirePermission(Permissions.ModelsUse)
            .WithSummary("Continues a text as it stands, without a chat template.")
            .Accepts<CompletionRequest>(Json).Produces<TextCompletion>().Produces<TextCompletion>(contentType: Events)
            .ProducesApiErrors(400, 404, 413, 422, 429, 503);
        v1.MapPost("/fim/completions", CompletionEndpoints.FillAsync).RequirePermission(Permissions.ModelsUse)
            .WithSummary("Fills in the middle between a prompt and a suffix, with models that have tokens for it.")
            .Accepts<FimRequest>(Json).Produces<ChatCompletion>().Produces<ChatCompletionChunk>(contentType: Events)
            .ProducesApiErrors(400, 404, 413, 422, 429, 503);
        v1.MapPost("/responses", ResponsesEndpoint.AnswerAsync).RequirePermission(Permissions.ModelsUse)
            .WithSummary("Answers in the shape of OpenAI's Responses API; nothing is stored.")
            .Accepts<ResponsesRequest>(Json).Produces<WireResponse>().Produces<WireResponse>(contentType: Events)
            .ProducesApiErrors(400, 404, 413, 422, 429, 503);
        v1.MapPost("/embeddings", EmbeddingsEndpoint.AnswerAsync).RequirePermission(Permissions.ModelsUse)
            .WithSummary("Turns texts into vectors.")
            .Accepts<EmbeddingsRequest>(Json).Produces<EmbeddingsResponse>().ProducesApiErrors(400, 404, 413, 422, 429, 503);
        v1.MapPost("/rerank", RerankEndpoint.AnswerAsync).RequirePermission(Permissions.ModelsUse)
            .WithSummary("Orders documents by how well they answer a query, where a cross-encoder is installed.")
            .Accepts<RerankRequest>(Json).Produces<RerankResponse>().ProducesApiErrors(400, 404, 413, 422, 429, 503);
        v1.MapFallback("/{**path}", NotFoundAsync).RequirePermission(Permissions.ModelsRead).ExcludeFromDescription();
    }

    private static Task NotFoundAsync(HttpContext http) => new ApiError(
        404, "invalid_request_error", "unknown_url", $"There is no {http.Request.Method} {http.Request.Path} here. The reference is at /docs.").WriteAsync(http);
}
