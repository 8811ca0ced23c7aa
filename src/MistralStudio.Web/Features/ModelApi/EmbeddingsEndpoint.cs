using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Models;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary><c>POST /v1/embeddings</c>.</summary>
internal static class EmbeddingsEndpoint
{
    private const int MostDimensions = 65_536;

    public static async Task AnswerAsync(HttpContext http, [FromServices] IModelRouter router)
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

        if (ChatRequestReader.ReadModel(body.Model, out var reference) is { } unknown)
        {
            await unknown.WriteAsync(http);
            return;
        }

        var found = await router.ResolveEmbedderAsync(http.GetCaller().Workspace, reference!, http.RequestAborted);
        if (!found.IsSuccess)
        {
            await ApiError.From(found.Error).WriteAsync(http);
            return;
        }

        var (id, embedder, length) = found.Value;
        if (body.Dimensions is { } wanted && (wanted < 1 || wanted > (length ?? MostDimensions)))
        {
            await ApiError.Invalid("dimensions", $"dimensions is {wanted}; \"{id}\" makes up to {length ?? MostDimensions}.").WriteAsync(http);
            return;
        }

        try
        {
            // A model of this machine is cut to length here; a server may have a better way.
            var vectors = await embedder.GenerateAsync(texts, length is null ? new() { Dimensions = body.Dimensions } : null, http.RequestAborted);
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
