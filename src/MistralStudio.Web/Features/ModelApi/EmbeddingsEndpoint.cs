using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Models;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary><c>POST /v1/embeddings</c>.</summary>
internal static class EmbeddingsEndpoint
{
    public static async Task AnswerAsync(HttpContext http, [FromServices] IModelHost host, [FromServices] IDefaultModels defaults)
    {
        var (body, unreadable) = await RequestBody.ReadAsync<EmbeddingsRequest>(http);
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
        var id = body.Model == "default"
            ? (await defaults.FindAsync(host, http.GetCaller().Workspace, ModelTask.Embedding, http.RequestAborted))?.Id
            : body.Model;
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
}
