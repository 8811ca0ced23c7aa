using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using MistralStudio.Core;
using MistralStudio.Core.Security;
using MistralStudio.Data.Idempotency;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.WorkspaceApi;

/// <summary><c>Idempotency-Key</c> on endpoints that create: the same request sent twice does it once and is answered the same.</summary>
internal static class Idempotency
{
    private const string Header = "Idempotency-Key";
    private const int MaxKey = 255;
    private const int MaxBufferedBody = 1 << 20;

    /// <summary>
    /// Keeps the JSON body of a request that carries a key, so that it can be told from another; before the body is bound. Files pass only
    /// once, and are told by their length.
    /// </summary>
    public static IApplicationBuilder UseIdempotency(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        if (http.Request.Headers.ContainsKey(Header) && http.Request.HasJsonContentType())
        {
            http.Request.EnableBuffering(MaxBufferedBody);
        }

        return next(http);
    });

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
        var request = new IdempotentRequest(caller.Workspace, ActorOf(http, caller), key, $"{http.Request.Method} {http.Request.Path}", await FingerprintAsync(http.Request));
        // Answers may hold what is shown once: a key, a link.
        var seal = http.RequestServices.GetRequiredService<IDataProtectionProvider>().CreateProtector("idempotency");
        switch (await store.BeginAsync(request, http.RequestAborted))
        {
            case IdempotencyDecision.Replay replay:
                return new Recorded(replay.Answer with { Body = seal.Unprotect(replay.Answer.Body) }, replayed: true);
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
                await store.CompleteAsync(request, answer with { Body = seal.Protect(answer.Body) }, CancellationToken.None);
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

    private static async Task<string> FingerprintAsync(HttpRequest request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method}\n{request.Path}{request.QueryString}\n{request.ContentLength}\n"));
        if (request.Body.CanSeek)
        {
            request.Body.Position = 0;
            hash.AppendData(await SHA256.HashDataAsync(request.Body, request.HttpContext.RequestAborted));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

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
