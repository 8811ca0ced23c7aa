using System.Diagnostics;
using MistralStudio.Core;

namespace MistralStudio.Web.Security;

/// <summary>Refusals of access.</summary>
public static class AccessErrors
{
    public static Error Unauthenticated() => new(
        "access.unauthenticated", "This needs a valid API key.", "Send it as \"Authorization: Bearer ms_...\"; make one under Settings, API keys.");

    public static Error Forbidden() => new(
        "access.forbidden", "This key or account may not do that.", "Use a key with the scope that is needed, or ask an Owner for a role that has it.");

    public static Error NotFound() => new("access.not_found", "There is nothing at this address.", "Check it; /docs lists every address.");

    public static Error TooManyRequests() => new("access.too_many_requests", "Too many attempts from here.", "Wait a minute, then try again.");
}

/// <summary>
/// An expected failure as an HTTP answer: problem details with a stable <c>code</c>, and OpenAI's error shape under <c>/v1</c>.
/// </summary>
public static class ErrorResults
{
    /// <summary>An answer for an endpoint to return.</summary>
    public static IResult From(Error error) => new ErrorResult(error);

    /// <summary>Writes the answer.</summary>
    public static Task WriteAsync(HttpContext http, Error error)
    {
        var status = StatusOf(error.Code);
        http.Response.StatusCode = status;
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable && http.Response.Headers.RetryAfter.Count == 0)
        {
            http.Response.Headers.RetryAfter = error.Code == AccessErrors.TooManyRequests().Code ? "60" : "2";
        }

        if (http.Request.Path.StartsWithSegments("/v1"))
        {
            var body = new OpenAiError(new OpenAiErrorBody(error.ToString(), TypeOf(status), null, error.Code));
            return http.Response.WriteAsJsonAsync(body, http.RequestAborted);
        }

        var problem = new ProblemBody($"https://tools.ietf.org/html/rfc9110#section-15", error.Message, status, error.Message, error.Code, error.Next, TraceOf(http));
        return http.Response.WriteAsJsonAsync(problem, options: null, "application/problem+json", http.RequestAborted);
    }

    /// <summary>The id by which a log line and what a person saw are matched.</summary>
    public static string TraceOf(HttpContext http) => Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier;

    /// <summary>The HTTP status of an error's code.</summary>
    public static int StatusOf(string code) => code switch
    {
        "access.unauthenticated" or "webhook.not_signed" => StatusCodes.Status401Unauthorized,
        "access.forbidden" => StatusCodes.Status403Forbidden,
        "access.too_many_requests" or "model.queue_full" or "app.link_busy" or "connection.busy" => StatusCodes.Status429TooManyRequests,
        "knowledge.document_too_large" or "blob.too_large" or "import.too_large" or "prompt.too_large" or "table.too_large" or "image.too_large" or "webhook.too_large" => StatusCodes.Status413PayloadTooLarge,
        "storage.disk_full" => StatusCodes.Status507InsufficientStorage,
        "app.conflict" or "knowledge.conflict" or "knowledge.settings_conflict" or "knowledge.metadata_conflict" or "knowledge.passage_conflict" or "account.conflict" or "connection.conflict" or "flow.conflict"
            or "prompt.conflict" or "prompt.label_moved" or "prompt.label_gone" => StatusCodes.Status412PreconditionFailed,
        "index.base_stays" or "index.base_elsewhere" or "index.moved_meanwhile" => StatusCodes.Status409Conflict,
        "index.unreachable" or "index.qdrant_failed" or "index.qdrant_too_old" => StatusCodes.Status503ServiceUnavailable,
        "request.revision_missing" => StatusCodes.Status428PreconditionRequired,
        "idempotency.conflict" or "model.in_use" or "model.measuring" or "import.id_taken" or "import.running" or "import.elsewhere" or "account.last_owner" or "connection.in_use" or "connection.slug_taken"
            or "prompt.in_use" or "prompt.version_in_use" or "prompt.label_in_use" or "prompt.only_version" or "flow.has_runs" or "flow.in_use" or "run.ended" or "run.bookmark_used"
            or "batch.not_running" or "batch.not_paused" or "batch.still_running" or "batch.nothing_failed" => StatusCodes.Status409Conflict,
        "settings.not_allowed" or "app.publisher_gone" or "prompt.author_gone" or "flow.publisher_gone" or "run.not_yours_to_decide" or "run.starter_gone" or "run.key_gone" or "connection.stays_on_machine" => StatusCodes.Status403Forbidden,
        "model.engine_failed" or "internal.error" => StatusCodes.Status500InternalServerError,
        "model.loading" or "model.load_failed" or "model.memory_in_use" or "model.wrong_checksum" or "model.unreadable" or "model.stopping" or "run.no_answer" or "webhook.paused" => StatusCodes.Status503ServiceUnavailable,
        _ when code.EndsWith("not_found", StringComparison.Ordinal) => StatusCodes.Status404NotFound,
        _ => StatusCodes.Status422UnprocessableEntity,
    };

    private static string TypeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "authentication_error",
        StatusCodes.Status403Forbidden => "permission_error",
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    /// <summary>Problem details (RFC 9457) with the product's stable code, the next step, and the trace id that the log has.</summary>
    internal sealed record ProblemBody(string Type, string Title, int Status, string Detail, string Code, string Next, string TraceId);

    private sealed record OpenAiError(OpenAiErrorBody Error);

    private sealed record OpenAiErrorBody(string Message, string Type, string? Param, string Code);

    private sealed class ErrorResult(Error error) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => WriteAsync(httpContext, error);
    }
}
