using System.Security.Authentication;
using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Egress;

/// <summary>The one <see cref="IEgress"/>; one for the whole process, since it keeps connections.</summary>
public sealed class GuardedEgress(IEnumerable<IAllowedHosts> allowed, INetwork network, TimeProvider time) : IEgress, IDisposable
{
    private readonly GuardedConnections _connections = new(network);

    /// <inheritdoc/>
    public async Task<Result<HttpResponseMessage>> SendAsync(
        WorkspaceId? workspace, HttpRequestMessage request, EgressLimits limits, CancellationToken cancellationToken)
    {
        var total = new CancellationTokenSource(limits.TotalTimeout, time);
        var sent = await FollowAsync(workspace, request, limits, total, cancellationToken);
        if (!sent.IsSuccess)
        {
            total.Dispose();
        }

        return sent;
    }

    /// <inheritdoc/>
    public HttpMessageHandler CreateHandler(WorkspaceId? workspace, EgressLimits limits) => new Handler(this, workspace, limits);

    /// <inheritdoc/>
    public void Dispose() => _connections.Dispose();

    private async Task<Result<HttpResponseMessage>> FollowAsync(
        WorkspaceId? workspace, HttpRequestMessage request, EgressLimits limits, CancellationTokenSource total, CancellationToken cancellationToken)
    {
        using var head = new CancellationTokenSource(limits.HeadTimeout, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(head.Token, total.Token, cancellationToken);
        for (var hop = 0; ; hop++)
        {
            if (request.RequestUri is not { IsAbsoluteUri: true, UserInfo.Length: 0, Scheme: "http" or "https" } address)
            {
                return EgressErrors.BadAddress(request.RequestUri is { IsAbsoluteUri: true, UserInfo.Length: > 0 } named
                    ? named.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)
                    : $"{request.RequestUri}");
            }

            var place = HostAndPort.Of(address);
            var sent = await SendOnceAsync(workspace, request, place, any.Token);
            if (!sent.IsSuccess)
            {
                if (any.IsCancellationRequested)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    return EgressErrors.TimedOut(place, total.IsCancellationRequested ? limits.TotalTimeout : limits.HeadTimeout);
                }

                return sent.Error;
            }

            var response = sent.Value;
            if (Redirects.TargetOf(response, address) is not { } target)
            {
                return await GuardAsync(response, place, limits, total, cancellationToken);
            }

            response.Dispose();
            if (!Redirects.MayFollow(request.Method, address, target))
            {
                return EgressErrors.Redirected(place, target.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped));
            }

            if (hop == limits.MaxRedirects)
            {
                return EgressErrors.TooManyRedirects(place, limits.MaxRedirects);
            }

            request = Redirects.Next(request, target);
        }
    }

    private async Task<Result<HttpResponseMessage>> SendOnceAsync(
        WorkspaceId? workspace, HttpRequestMessage request, HostAndPort place, CancellationToken cancellationToken)
    {
        try
        {
            var isAllowed = await IsAllowedAsync(workspace, place, cancellationToken);
            return await _connections.For(isAllowed).SendAsync(request, cancellationToken);
        }
        catch (Exception exception) when (EgressException.Find(exception) is { } error)
        {
            return error;
        }
        catch (OperationCanceledException)
        {
            // Whose patience ended is the caller's to tell; where it was nobody's, connecting took too long.
            return EgressErrors.TimedOut(place, GuardedConnections.ConnectTimeout);
        }
        catch (HttpRequestException exception) when (exception.GetBaseException() is AuthenticationException || exception.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            return EgressErrors.Tls(place, Reason(exception));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return EgressErrors.Unreachable(place, Reason(exception));
        }
    }

    private async ValueTask<bool> IsAllowedAsync(WorkspaceId? workspace, HostAndPort place, CancellationToken cancellationToken)
    {
        foreach (var list in allowed)
        {
            if (await list.IsAllowedAsync(workspace, place, cancellationToken))
            {
                return true;
            }
        }

        return false;
    }

    private async Task<Result<HttpResponseMessage>> GuardAsync(
        HttpResponseMessage response, HostAndPort place, EgressLimits limits, CancellationTokenSource total, CancellationToken cancellationToken)
    {
        // A HEAD tells the length of what it does not send.
        if (response.Content.Headers.ContentLength > limits.MaxBytes && response.RequestMessage?.Method != HttpMethod.Head)
        {
            response.Dispose();
            return EgressErrors.TooLarge(place, limits.MaxBytes);
        }

        var body = new GuardedBody(response, await response.Content.ReadAsStreamAsync(cancellationToken), place, limits, total, time);
        var guarded = new HttpResponseMessage(response.StatusCode)
        {
            Version = response.Version,
            ReasonPhrase = response.ReasonPhrase,
            RequestMessage = response.RequestMessage,
            Content = new StreamContent(body),
        };
        Copy(response.Headers, guarded.Headers);
        Copy(response.Content.Headers, guarded.Content.Headers);
        return guarded;
    }

    private static void Copy(System.Net.Http.Headers.HttpHeaders from, System.Net.Http.Headers.HttpHeaders to)
    {
        foreach (var (name, values) in from.NonValidated)
        {
            to.TryAddWithoutValidation(name, values);
        }
    }

    private static string Reason(Exception exception) => exception.GetBaseException().Message.TrimEnd('.');

    private sealed class Handler(GuardedEgress egress, WorkspaceId? workspace, EgressLimits limits) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var sent = await egress.SendAsync(workspace, request, limits, cancellationToken);
            return sent.IsSuccess ? sent.Value : throw new EgressException(sent.Error);
        }
    }
}
