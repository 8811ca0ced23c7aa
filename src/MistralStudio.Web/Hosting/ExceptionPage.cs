using System.Globalization;
using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Hosting;

/// <summary>The edge where bugs and the outside world are caught: logged once, shown as one line with the trace id.</summary>
internal sealed class ExceptionPage(RequestDelegate next, ILogger<ExceptionPage> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Who asked is gone; nothing failed.
        }
        catch (BadHttpRequestException exception) when (!http.Response.HasStarted)
        {
            http.Response.Clear();
            await ErrorResults.WriteAsync(http, exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? RequestErrors.TooLarge()
                : RequestErrors.Malformed(exception));
        }
        catch (Exception exception)
        {
            var trace = ErrorResults.TraceOf(http);
            Log.RequestFailed(log, http.Request.Method, http.Request.Path, trace, exception);
            if (http.Response.HasStarted)
            {
                http.Abort();
                return;
            }

            http.Response.Clear();
            var error = RequestErrors.Internal(trace);
            if (http.Request.Path.StartsWithSegments("/api") || http.Request.Path.StartsWithSegments("/v1"))
            {
                await ErrorResults.WriteAsync(http, error);
                return;
            }

            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
            http.Response.ContentType = "text/html; charset=utf-8";
            await http.Response.WriteAsync(
                $"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>MistralStudio</title><link rel=\"stylesheet\" href=\"/studio.css\">"
                + $"<main class=\"page\"><h1>{error.Message}</h1><p class=\"sub\">{error.Next}</p><p><a href=\"/\">Home</a></p></main></html>",
                http.RequestAborted);
        }
    }
}

/// <summary>Failures of requests as such.</summary>
internal static class RequestErrors
{
    public static Error TooLarge() => new("blob.too_large", "This request is larger than it may be here.", "Send less at once.");

    public static Error Malformed(BadHttpRequestException exception) => new(
        "request.malformed",
        exception.InnerException is JsonException json
            ? string.Create(CultureInfo.InvariantCulture, $"The JSON of this request cannot be read at {json.Path ?? "$"}, line {(json.LineNumber ?? 0) + 1}, byte {(json.BytePositionInLine ?? 0) + 1}.")
            : $"This request cannot be read: {exception.Message}",
        "Compare it with /docs.");

    public static Error Internal(string trace) => new(
        "internal.error", "Something went wrong inside the studio.", $"Try again; if it stays, look for {trace} in the log.");
}
