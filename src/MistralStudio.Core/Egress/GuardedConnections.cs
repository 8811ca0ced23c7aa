using System.Net;
using System.Net.Sockets;

namespace MistralStudio.Core.Egress;

/// <summary>
/// Connections that are checked where they are made, so that no later answer of a name server counts. Two pools: what nobody allowed is never
/// sent over a connection that was made because somebody did.
/// </summary>
internal sealed class GuardedConnections(INetwork network) : IDisposable
{
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly HttpMessageInvoker _public = new(Create(network, isAllowed: false));
    private readonly HttpMessageInvoker _allowed = new(Create(network, isAllowed: true));

    public HttpMessageInvoker For(bool isAllowed) => isAllowed ? _allowed : _public;

    public void Dispose()
    {
        _public.Dispose();
        _allowed.Dispose();
    }

    private static SocketsHttpHandler Create(INetwork network, bool isAllowed) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        // Our trace ids are nobody else's business.
        ActivityHeadersPropagator = null,
        ConnectTimeout = ConnectTimeout,
        // A name that moved is asked for again.
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ConnectCallback = (context, cancellationToken) => ConnectAsync(network, context.DnsEndPoint, isAllowed, cancellationToken),
    };

    private static async ValueTask<Stream> ConnectAsync(INetwork network, DnsEndPoint target, bool isAllowed, CancellationToken cancellationToken)
    {
        var place = new HostAndPort(target.Host.Trim('[', ']'), target.Port);
        var refused = AddressKind.Reserved;
        Exception? failure = null;
        foreach (var address in await ResolveAsync(network, place.Host, cancellationToken))
        {
            var kind = AddressPolicy.Classify(address);
            if (!AddressPolicy.MayConnect(kind, isAllowed))
            {
                refused = kind;
                continue;
            }

            try
            {
                return await network.ConnectAsync(new IPEndPoint(address, target.Port), cancellationToken);
            }
            catch (SocketException exception)
            {
                failure = exception;
            }
        }

        throw failure is null
            ? new EgressException(EgressErrors.Refused(place, refused))
            : new EgressException(EgressErrors.Unreachable(place, failure.Message), failure);
    }

    private static async Task<IPAddress[]> ResolveAsync(INetwork network, string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return [literal];
        }

        try
        {
            return await network.ResolveAsync(host, cancellationToken) is { Length: > 0 } addresses
                ? addresses
                : throw new EgressException(EgressErrors.UnknownHost(host));
        }
        catch (SocketException exception)
        {
            throw new EgressException(EgressErrors.UnknownHost(host), exception);
        }
    }
}
