using System.Net;
using System.Net.Sockets;

namespace MistralStudio.Core.Egress;

/// <summary>Names and connections, the two things that <see cref="GuardedEgress"/> needs of the system.</summary>
public interface INetwork
{
    /// <summary>The addresses of a name.</summary>
    /// <exception cref="SocketException">There are none.</exception>
    Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken);

    /// <summary>A connection to exactly this address.</summary>
    /// <exception cref="SocketException">Nothing answers there.</exception>
    ValueTask<Stream> ConnectAsync(IPEndPoint place, CancellationToken cancellationToken);
}

/// <summary>The system's own.</summary>
public sealed class SystemNetwork : INetwork
{
    /// <inheritdoc/>
    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => Dns.GetHostAddressesAsync(host, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<Stream> ConnectAsync(IPEndPoint place, CancellationToken cancellationToken)
    {
        var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(place, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
