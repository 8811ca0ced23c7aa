using System.Collections.Concurrent;
using System.Threading.Channels;
using MistralStudio.Core.Work;

namespace MistralStudio.Cluster;

/// <summary>The signals of one run of work; a signal that was sent stays sent.</summary>
internal sealed class WorkSignals(ChannelReader<WorkMessage> messages) : IWorkSignals, IDisposable
{
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _sources = new(StringComparer.Ordinal);

    public ChannelReader<WorkMessage> Messages => messages;

    public CancellationToken Token(string signal) => Source(signal).Token;

    public void Send(string signal) => Source(signal).Cancel();

    public void Dispose()
    {
        foreach (var source in _sources.Values)
        {
            source.Dispose();
        }
    }

    private CancellationTokenSource Source(string signal) => _sources.GetOrAdd(signal, _ => new CancellationTokenSource());
}
