using System.Net;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Egress;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace MistralStudio.Agents.Connections;

/// <summary>How often a server is asked again, how long is waited in between, and when it is left alone.</summary>
internal static class ServerPatience
{
    /// <summary>A server that wants to be left alone for longer is not waited for; the caller learns for how long.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan s_firstWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_observed = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(15);
    private const int FailuresBeforeRest = 5;

    /// <summary>Retries outside, the breaker inside: each try counts for the breaker.</summary>
    public static ResiliencePipeline<HttpResponseMessage> Create(ConnectionSettings settings, TimeProvider time)
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time };
        if (settings.Retries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = settings.Retries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = s_firstWait,
                MaxDelay = LongestWait,
                ShouldHandle = attempt => ValueTask.FromResult(IsWorthATry(attempt.Outcome, time.GetUtcNow())),
                DelayGenerator = attempt => ValueTask.FromResult(attempt.Outcome.Result is { } response ? WaitOf(response, time.GetUtcNow()) : null),
                OnRetry = attempt =>
                {
                    attempt.Outcome.Result?.Dispose();
                    return ValueTask.CompletedTask;
                },
            });
        }

        return builder.AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
        {
            FailureRatio = 0.9,
            MinimumThroughput = FailuresBeforeRest,
            SamplingDuration = s_observed,
            BreakDuration = s_rest,
            ShouldHandle = attempt => ValueTask.FromResult(IsSick(attempt.Outcome)),
        }).Build();
    }

    /// <summary>How long a server asks to be left alone; null where it does not say.</summary>
    public static TimeSpan? WaitOf(HttpResponseMessage response, DateTimeOffset now) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > now ? date - now : TimeSpan.Zero,
        _ => null,
    };

    private static bool IsWorthATry(Outcome<HttpResponseMessage> outcome, DateTimeOffset now) => outcome switch
    {
        { Result: { } response } => IsPassing(response.StatusCode) && !(WaitOf(response, now) > LongestWait),
        // Who waited in vain once is not made to wait again.
        { Exception: { } exception } => EgressException.Find(exception) is { Code: "egress.unreachable" or "egress.broken" },
        _ => false,
    };

    private static bool IsPassing(HttpStatusCode status) => status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    private static bool IsSick(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Result: { } response } => (int)response.StatusCode >= 500,
        { Exception: { } exception } => EgressException.Find(exception) is
            { Code: "egress.unreachable" or "egress.broken" or "egress.timeout" or "egress.tls" or "egress.unknown_host" },
        _ => false,
    };
}

/// <summary>Sends requests with <see cref="ServerPatience"/>; what it remembers of a server lasts as long as its connection is not changed.</summary>
internal sealed class PatientHandler(ResiliencePipeline<HttpResponseMessage> patience, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        await patience.ExecuteAsync(async token => await base.SendAsync(request, token), cancellationToken);
}
