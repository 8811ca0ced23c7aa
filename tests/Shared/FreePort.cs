using System.Net;
using System.Net.Sockets;

namespace MistralStudio.Tests.Shared;

/// <summary>A port that nobody listens on, below those that systems lend to outgoing connections: one of them may be lent again at once.</summary>
public static class FreePort
{
    public static int Take()
    {
        for (var tries = 0; ; tries++)
        {
            var port = Random.Shared.Next(10_000, 20_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException) when (tries < 100)
            {
                // Taken: another one.
            }
        }
    }
}
