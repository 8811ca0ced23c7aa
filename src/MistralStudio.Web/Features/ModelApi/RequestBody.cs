using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>Reads the JSON body of a request.</summary>
internal static class RequestBody
{
    private const long MaxBytes = 16L << 20;

    /// <summary>Reads the body; exactly one of the two results is present.</summary>
    public static async Task<(T? Body, ApiError? Error)> ReadAsync<T>(HttpContext http)
        where T : class
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MaxBytes;
        }

        if (http.Request.ContentLength > MaxBytes)
        {
            return (null, ApiError.TooLarge(MaxBytes));
        }

        try
        {
            var body = await JsonSerializer.DeserializeAsync<T>(http.Request.Body, ModelApiJson.Options, http.RequestAborted);
            return body is null ? (null, ApiError.BadJson("it is null.")) : (body, null);
        }
        catch (JsonException failure)
        {
            return (null, Explain(failure));
        }
        catch (BadHttpRequestException failure)
        {
            return (null, failure.StatusCode == StatusCodes.Status413PayloadTooLarge ? ApiError.TooLarge(MaxBytes) : ApiError.BadJson(failure.Message));
        }
    }

    // What is no JSON at all comes from the reader within; the rest is JSON of another kind than a field takes, and its text names types of ours.
    private static ApiError Explain(JsonException failure) =>
        failure.InnerException is JsonException || failure.Path is null ? ApiError.BadJson(failure.Message)
        : failure.Path.StartsWith("$.", StringComparison.Ordinal) ? ApiError.WrongKind(failure.Path[2..])
        : ApiError.BadJson("it is no object.");
}
