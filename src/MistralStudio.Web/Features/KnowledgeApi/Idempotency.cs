using System.Security.Cryptography;
using System.Text;
using MistralStudio.Core;
using MistralStudio.Core.Security;
using MistralStudio.Data.Idempotency;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary><c>Idempotency-Key</c> on endpoints that create: the same request sent twice does it once and is answered the same.</summary>
internal static class Idempotency
{
    private const string Header = "Idempotency-Key";
    private const int MaxKey = 255;
    private const int MaxFingerprintedBody = 1 << 20;

    /// <summary>Lets the endpoint be sent again under the same key.</summary>
    public static RouteHandlerBuilder WithIdempotency(this RouteHandlerBuilder endpoint) => endpoint.AddEndpointFilterFactory((_, next) => async context =>
    {
        var http = context.HttpContext;
        var key = http.Request.Headers[Header].ToString();
        if (key.Length == 0)
        {
            return await next(context);
        }

        return key.Length > MaxKey ? ErrorResults.From(IdempotencyErrors.KeyTooLong()) : await RunOnceAsync(http, key, () => next(context));
    });

    private static async Task<object?> RunOnceAsync(HttpContext http, string key, Func<ValueTask<object?>> run)
    {
        var caller = http.GetCaller();
        var store = http.RequestServices.GetRequiredService<IdempotencyStore>();
        var request = new IdempotentRequest(caller.Workspace, ActorOf(http, caller), key, $"{http.Request.Method} {http.Request.Path}", Fingerprint(http.Request));
        switch (await store.BeginAsync(request, http.RequestAborted))
        {
            case IdempotencyDecision.Replay replay:
                return new Recorded(replay.Answer, replayed: true);
            case IdempotencyDecision.Running:
                http.Response.Headers.RetryAfter = "2";
                return ErrorResults.From(IdempotencyErrors.Running());
            case IdempotencyDecision.Mismatch:
                return ErrorResults.From(IdempotencyErrors.Mismatch());
        }

        try
        {
            var answer = await RecordAsync(http, await run());
            if (answer.Status is >= 200 and < 300)
            {
                // The thing exists: its answer is kept even where the client has gone.
                await store.CompleteAsync(request, answer, CancellationToken.None);
            }
            else
            {
                await store.AbandonAsync(request, CancellationToken.None);
            }

            return new Recorded(answer, replayed: false);
        }
        catch
        {
            await store.AbandonAsync(request, CancellationToken.None);
            throw;
        }
    }

    private static async Task<IdempotentAnswer> RecordAsync(HttpContext http, object? result)
    {
        var body = http.Response.Body;
        using var recorded = new MemoryStream();
        http.Response.Body = recorded;
        try
        {
            if (result is IResult written)
            {
                await written.ExecuteAsync(http);
            }

            await http.Response.BodyWriter.FlushAsync();
        }
        finally
        {
            http.Response.Body = body;
        }

        return new(http.Response.StatusCode, http.Response.ContentType, http.Response.Headers.Location, recorded.ToArray());
    }

    private static string ActorOf(HttpContext http, Caller caller) => http.User.FindFirst("key")?.Value ?? $"{caller.User}";

    // Of what is known before the body was read: a file's bytes pass only once. A different length is a different request.
    private static string Fingerprint(HttpRequest request) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{request.Method}\n{request.Path}{request.QueryString}\n{request.ContentLength}")));

    private sealed class Recorded(IdempotentAnswer answer, bool replayed) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = answer.Status;
            response.ContentType = answer.ContentType;
            if (answer.Location is not null)
            {
                response.Headers.Location = answer.Location;
            }

            if (replayed)
            {
                response.Headers["Idempotent-Replayed"] = "true";
            }

            await response.Body.WriteAsync(answer.Body, httpContext.RequestAborted);
        }
    }
}

/// <summary>Expected failures of <c>Idempotency-Key</c>.</summary>
internal static class IdempotencyErrors
{
    public static Error KeyTooLong() => new("idempotency.key_too_long", "The Idempotency-Key is longer than 255 characters.", "Send a shorter one, such as a UUID.");

    public static Error Running() => new("idempotency.conflict", "The first request with this Idempotency-Key is still running.", "Send it again in a few seconds.");

    public static Error Mismatch() => new(
        "idempotency.mismatch", "This Idempotency-Key was used for another request.", "Use a new key for every request that is not a repetition.");
}
