using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using MistralStudio.Core.Egress;

namespace MistralStudio.Tests.Shared.Servers;

/// <summary>
/// Names that mean what a test says, each question answered by the next of its answers (the last one again); connections to made-up addresses end
/// at this machine, same port, and are written down.
/// </summary>
public sealed class MappedNetwork : INetwork
{
    private readonly SystemNetwork _system = new();
    private readonly ConcurrentDictionary<string, Queue<IPAddress[]>> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every address that a connection was made to.</summary>
    public ConcurrentQueue<IPEndPoint> Dialled { get; } = [];

    /// <summary>Gives a name the addresses of its first question, of its second, and so on.</summary>
    public MappedNetwork Name(string host, params string[] answers)
    {
        _names[host] = new(answers.Select(answer => answer.Split(',').Select(IPAddress.Parse).ToArray()));
        return this;
    }

    /// <inheritdoc/>
    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => _names.TryGetValue(host, out var answers)
        ? Task.FromResult(answers.Count > 1 ? answers.Dequeue() : answers.Peek())
        : Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));

    /// <inheritdoc/>
    public ValueTask<Stream> ConnectAsync(IPEndPoint place, CancellationToken cancellationToken)
    {
        Dialled.Enqueue(place);
        return _system.ConnectAsync(new IPEndPoint(IPAddress.Loopback, place.Port), cancellationToken);
    }
}
