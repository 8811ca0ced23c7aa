using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>The model API in OpenAI's and Mistral's dialects, under <c>/v1</c>.</summary>
public static class ModelApiEndpoints
{
    private const long MaxBodyBytes = 16L << 20;

    /// <summary>Maps the endpoints.</summary>
    public static void MapModelApi(this IEndpointRouteBuilder app)
    {
        var v1 = app.MapGroup("/v1").WithTags("Models").DisableAntiforgery();
        v1.MapGet("/models", ListAsync).RequirePermission(Permissions.ModelsRead)
            .WithSummary("Every model that a request may name.").Produces<WireModels>().ProducesApiErrors();
        v1.MapGet("/models/{**id}", FindAsync).RequirePermission(Permissions.ModelsRead)
            .WithSummary("One model, by its whole reference.").Produces<WireModel>().ProducesApiErrors(404);
        v1.MapPost("/chat/completions", ChatAsync).RequirePermission(Permissions.ModelsUse)
            .WithSummary("Continues a conversation, whole or as a stream of server-sent chunks.")
            .Accepts<ChatCompletionRequest>("application/json").Produces<ChatCompletion>().Produces<ChatCompletionChunk>(contentType: "text/event-stream")
            .ProducesApiErrors(400, 404, 413, 422, 429, 503);
        v1.MapPost("/embeddings", EmbedAsync).RequirePermission(Permissions.ModelsUse)
            .WithSummary("Turns texts into vectors.")
            .Accepts<EmbeddingsRequest>("application/json").Produces<EmbeddingsResponse>().ProducesApiErrors(400, 404, 413, 422, 429, 503);
        v1.MapFallback("/{**path}", NotFoundAsync).RequirePermission(Permissions.ModelsRead).ExcludeFromDescription();
    }

    private static async Task ListAsync(HttpContext http, [FromServices] IModelRouter router, [FromServices] IModelHost host)
    {
        var models = await ReadModelsAsync(http, router, host);
        await http.Response.WriteAsJsonAsync(new WireModels("list", models), ModelApiJson.Options, http.RequestAborted);
    }

    private static async Task FindAsync(string id, HttpContext http, [FromServices] IModelRouter router, [FromServices] IModelHost host)
    {
        // A reference may hold a slash, which clients send encoded and routing leaves so.
        id = id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var models = await ReadModelsAsync(http, router, host);
        if (models.FirstOrDefault(model => model.Id == id) is { } found)
        {
            await http.Response.WriteAsJsonAsync(found, ModelApiJson.Options, http.RequestAborted);
            return;
        }

        // Not listed, yet a model: "default", or a version by its number.
        if (ModelReference.TryParse(id, out var reference) && await router.ResolveAsync(http.GetCaller().Workspace, reference, http.RequestAborted) is { IsSuccess: true, Value: var model })
        {
            await http.Response.WriteAsJsonAsync(WireModel.Chat(id, model.Name, host.Find(model.Id)), ModelApiJson.Options, http.RequestAborted);
            return;
        }

        await ApiError.From(ModelErrors.NotFound(id, models.Select(model => model.Id))).WriteAsync(http);
    }

    private static async Task<List<WireModel>> ReadModelsAsync(HttpContext http, IModelRouter router, IModelHost host)
    {
        var chat = await router.ListAsync(http.GetCaller().Workspace, http.RequestAborted);
        return
        [
            .. chat.Select(choice => WireModel.Chat(choice.Id, choice.Name, host.Find(choice.Id))),
            .. host.List().Where(model => model.Task == ModelTask.Embedding).Select(WireModel.Embedding),
        ];
    }

    private static async Task ChatAsync(HttpContext http, [FromServices] IModelRouter router, TimeProvider time)
    {
        var (body, unreadable) = await ReadBodyAsync<ChatCompletionRequest>(http);
        if (body is null)
        {
            await unreadable!.WriteAsync(http);
            return;
        }

        var (request, refused) = ChatRequestReader.Read(body);
        if (request is null)
        {
            await refused!.WriteAsync(http);
            return;
        }

        var model = await router.ResolveAsync(http.GetCaller().Workspace, request.Model, http.RequestAborted);
        if (!model.IsSuccess)
        {
            await ApiError.From(model.Error).WriteAsync(http);
            return;
        }

        var writer = new ChatCompletionWriter(http, model.Value, time.GetUtcNow().ToUnixTimeSeconds());
        await (body.Stream is true
            ? writer.WriteStreamAsync(request, body.StreamOptions?.IncludeUsage is true, http.RequestAborted)
            : writer.WriteWholeAsync(request, http.RequestAborted));
    }

    private static async Task EmbedAsync(HttpContext http, [FromServices] IModelHost host)
    {
        var (body, unreadable) = await ReadBodyAsync<EmbeddingsRequest>(http);
        var (texts, refused) = body is null ? (null, unreadable) : EmbeddingWire.ReadInput(body.Input);
        if (texts is null)
        {
            await refused!.WriteAsync(http);
            return;
        }

        if (body!.EncodingFormat is not (null or "float" or "base64"))
        {
            await ApiError.Invalid("encoding_format", $"encoding_format is \"{body.EncodingFormat}\"; it may be float or base64.").WriteAsync(http);
            return;
        }

        var embedding = host.List().Where(model => model.Task == ModelTask.Embedding).ToList();
        var id = body.Model == "default" && embedding.Count > 0 ? embedding[0].Id : body.Model;
        if (id is null || host.Find(id) is not { } installed)
        {
            await ApiError.From(ModelErrors.NotFound(id ?? "", embedding.Select(model => model.Id))).WriteAsync(http);
            return;
        }

        var embedder = host.Embedder(id);
        if (!embedder.IsSuccess)
        {
            await ApiError.From(embedder.Error).WriteAsync(http);
            return;
        }

        if (body.Dimensions is { } wanted && (wanted < 1 || wanted > installed.Dimensions))
        {
            await ApiError.Invalid("dimensions", $"dimensions is {wanted}; \"{id}\" makes up to {installed.Dimensions}.").WriteAsync(http);
            return;
        }

        try
        {
            var vectors = await embedder.Value.GenerateAsync(texts, cancellationToken: http.RequestAborted);
            var items = vectors.Select((vector, i) => new EmbeddingsResponse.Item(
                "embedding", i, EmbeddingWire.Encode(EmbeddingWire.Shorten(vector.Vector, body.Dimensions), body.EncodingFormat == "base64")));
            var tokens = (int)(vectors.Usage?.InputTokenCount ?? 0);
            var response = new EmbeddingsResponse("embd-" + Guid.CreateVersion7().ToString("N"), "list", [.. items], id, new(tokens, tokens));
            await http.Response.WriteAsJsonAsync(response, ModelApiJson.Options, http.RequestAborted);
        }
        catch (ModelException failure)
        {
            await ApiError.From(failure.Error, failure.RetryAfter).WriteAsync(http);
        }
    }

    private static Task NotFoundAsync(HttpContext http) => new ApiError(
        404, "invalid_request_error", "unknown_url", $"There is no {http.Request.Method} {http.Request.Path} here. The reference is at /docs.").WriteAsync(http);

    private static async Task<(T? Body, ApiError? Error)> ReadBodyAsync<T>(HttpContext http)
        where T : class
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MaxBodyBytes;
        }

        if (http.Request.ContentLength > MaxBodyBytes)
        {
            return (null, ApiError.TooLarge(MaxBodyBytes));
        }

        try
        {
            var body = await JsonSerializer.DeserializeAsync<T>(http.Request.Body, ModelApiJson.Options, http.RequestAborted);
            return body is null ? (null, ApiError.BadJson("it is null.")) : (body, null);
        }
        catch (JsonException failure)
        {
            return (null, ApiError.BadJson(failure.Message));
        }
        catch (BadHttpRequestException failure)
        {
            return (null, failure.StatusCode == StatusCodes.Status413PayloadTooLarge ? ApiError.TooLarge(MaxBodyBytes) : ApiError.BadJson(failure.Message));
        }
    }
}
