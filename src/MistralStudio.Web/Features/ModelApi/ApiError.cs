using System.Globalization;
using System.Text.Json.Serialization;
using MistralStudio.Core;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>A refusal in OpenAI's shape.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Type">OpenAI's family: <c>invalid_request_error</c>, <c>rate_limit_error</c>, <c>server_error</c>, ...</param>
/// <param name="Param">The field at fault; null where it is none.</param>
/// <param name="RetryAfter">When to try again, where waiting helps.</param>
internal sealed record ApiError(int Status, string Type, string Code, string Message, string? Param = null, TimeSpan? RetryAfter = null)
{
    private static readonly TimeSpan s_busyRetry = TimeSpan.FromSeconds(2);

    /// <summary>A field that cannot be honoured, said instead of ignored.</summary>
    public static ApiError Unsupported(string param, string message) => new(422, "invalid_request_error", "unsupported_parameter", message, param);

    /// <summary>A field whose value is wrong.</summary>
    public static ApiError Invalid(string param, string message) => new(400, "invalid_request_error", "invalid_value", message, param);

    /// <summary>A body that is not the JSON expected.</summary>
    public static ApiError BadJson(string reason) => new(400, "invalid_request_error", "invalid_json", $"The body could not be read as JSON: {reason}");

    /// <summary>A field with JSON of another kind than it takes: text for a number, a list for an object.</summary>
    public static ApiError WrongKind(string param) => Invalid(param, $"{param} has a value of another kind than it takes. /docs says what it may be.");

    /// <summary>A body over the limit.</summary>
    public static ApiError TooLarge(long limit) =>
        new(413, "invalid_request_error", "request_too_large", $"The body is larger than {Size.Format(limit, CultureInfo.InvariantCulture)}. Send less at once.");

    /// <summary>An expected failure of the product, with the status that its code means.</summary>
    public static ApiError From(Error error, TimeSpan? retryAfter = null)
    {
        var (status, type) = error.Code switch
        {
            "model.not_found" or "model.no_reranker" or "app.not_found" or "prompt.version_not_found" or "knowledge.base_not_found" => (404, "invalid_request_error"),
            "app.publisher_gone" or "prompt.author_gone" or "connection.stays_on_machine" => (403, "permission_error"),
            "model.queue_full" or "app.link_busy" or "connection.busy" => (429, "rate_limit_error"),
            "connection.rejected" => (400, "invalid_request_error"),
            "connection.resting" => (503, "server_error"),
            "egress.timeout" => (504, "server_error"),
            // The caller's key and request are well: what lies beyond this server is not.
            _ when error.Code.StartsWith("connection.", StringComparison.Ordinal) || error.Code.StartsWith("egress.", StringComparison.Ordinal) => (502, "server_error"),
            "model.loading" or "model.load_failed" or "model.memory_in_use" or "model.stopping" => (503, "server_error"),
            "model.engine_failed" or "model.unreadable" or "model.wrong_checksum" => (503, "server_error"),
            "model.prompt_too_long" or "model.empty_prompt" or "model.wrong_task" or "model.template_refused"
                or "model.no_infill" or "model.unknown_token" or "model.too_many_answers" or "tool.not_found" or "tool.none_given" => (400, "invalid_request_error"),
            _ => (422, "invalid_request_error"),
        };
        var code = error.Code switch
        {
            "model.not_found" => "model_not_found",
            "model.prompt_too_long" => "context_length_exceeded",
            _ => error.Code,
        };
        return new(status, type, code, error.ToString(), ParamOf(error.Code, status), status is 429 or 503 ? retryAfter ?? s_busyRetry : null);
    }

    // Which field the model took offence at.
    private static string? ParamOf(string code, int status) => code switch
    {
        "tool.parameters_unsupported" => "tools",
        "tool.not_found" or "tool.none_given" => "tool_choice",
        "schema.invalid_pattern" => "guided_regex",
        "schema.no_choices" => "guided_choice",
        _ when code.StartsWith("schema.", StringComparison.Ordinal) => "response_format",
        "model.unknown_token" => "logit_bias",
        "model.too_many_answers" => "n",
        "model.no_infill" => "suffix",
        PromptErrors.MissingCode or PromptErrors.WrongValueCode or "prompt.bad_values" => "prompt_variables",
        _ => status == 404 ? "model" : null,
    };

    /// <summary>The body.</summary>
    public object ToBody() => new Envelope(new(Message, Type, Param, Code));

    /// <summary>Sends it as the whole response.</summary>
    public Task WriteAsync(HttpContext http)
    {
        http.Response.StatusCode = Status;
        if (RetryAfter is { } wait)
        {
            http.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return http.Response.WriteAsJsonAsync(ToBody(), ModelApiJson.Options, http.RequestAborted);
    }

    /// <summary>OpenAI's <c>{"error":{...}}</c>.</summary>
    internal sealed record Envelope(Fields Error);

    /// <summary>What a client reads of a refusal.</summary>
    internal sealed record Fields(
        string Message, string Type, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param, string Code);
}
