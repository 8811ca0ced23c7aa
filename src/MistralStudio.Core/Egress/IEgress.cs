using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Egress;

/// <summary>
/// The way out for every call that a person, a flow, a document or a model can steer. It resolves the name itself, refuses what is not on the
/// public internet unless that host and port are allowed, connects to the very address that it checked, and does so again on each redirect.
/// It uses no proxy and no cookies, and sends nothing that the request does not carry.
/// </summary>
public interface IEgress
{
    /// <summary>
    /// Sends a request. GET and HEAD follow redirects, and to another origin take nothing but <c>Accept</c>, <c>Range</c> and <c>If-Range</c>
    /// along; anything else that is redirected fails. The body is a stream under the same limits, whose reads fail with
    /// <see cref="EgressException"/>; the caller disposes the response, whose request has the last address.
    /// </summary>
    /// <param name="workspace">Whose allowed hosts count beside the operator's; null for none.</param>
    /// <param name="request">An absolute http or https address without a name and password in it.</param>
    /// <param name="limits">What it may take.</param>
    /// <param name="cancellationToken">Ends the request, and its body's reads are given their own.</param>
    /// <returns>Any answer of the server, an error status too; or why there is none (<see cref="EgressErrors"/>).</returns>
    Task<Result<HttpResponseMessage>> SendAsync(
        WorkspaceId? workspace, HttpRequestMessage request, EgressLimits limits, CancellationToken cancellationToken);

    /// <summary>The same as a handler, for clients that bring their own requests; failures are thrown as <see cref="EgressException"/>.</summary>
    HttpMessageHandler CreateHandler(WorkspaceId? workspace, EgressLimits limits);
}

/// <summary>What one request may take.</summary>
public sealed record EgressLimits
{
    /// <summary>16 MiB within 100 s.</summary>
    public static EgressLimits Default { get; } = new();

    /// <summary>Most bytes of an answer's body.</summary>
    public long MaxBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Most hops.</summary>
    public int MaxRedirects { get; init; } = 5;

    /// <summary>Until the answer's head has come, connecting and redirects included.</summary>
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between two reads of the body.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From the request to the body's end; <see cref="Timeout.InfiniteTimeSpan"/> where only idleness counts.</summary>
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromSeconds(100);
}

/// <summary>A failure of the way out where a value cannot be returned: in a handler, and while a body is read.</summary>
public sealed class EgressException(Error error, Exception? inner = null) : IOException(error.Message, inner)
{
    /// <summary>What to show.</summary>
    public Error Error { get; } = error;

    /// <summary>The failure inside an exception that a library wrapped around it; null where there is none.</summary>
    public static Error? Find(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is EgressException egress)
            {
                return egress.Error;
            }
        }

        return null;
    }
}
