using System.Collections.Concurrent;
using System.Threading.Channels;
using MistralStudio.Core.Work;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>Owns work in this process: one task for each thing, started once.</summary>
public sealed class InlineWork : IWorkOwner
{
    private readonly ConcurrentDictionary<WorkKey, Running> _running = new();

    /// <summary>Who does the work; set it before work is started.</summary>
    public IWorkExecutor? Executor { get; set; }

    /// <summary>Work that was asked for, in order.</summary>
    public ConcurrentQueue<WorkKey> Started { get; } = new();

    /// <inheritdoc/>
    public Task StartAsync(WorkKey work, CancellationToken cancellationToken)
    {
        Started.Enqueue(work);
        var running = new Running();

        // Known before it starts: work that is done at once must find itself to take out.
        if (Executor is { } executor && _running.TryAdd(work, running))
        {
            running.Task = Task.Run(async () =>
            {
                try
                {
                    do
                    {
                        await executor.ExecuteAsync(work, running, CancellationToken.None);
                    }
                    while (running.Inbox.Reader.Count > 0 || (running.Inbox.Writer.TryComplete() && running.Inbox.Reader.Count > 0));
                }
                finally
                {
                    _running.TryRemove(work, out _);
                }
            }, CancellationToken.None);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<bool> SignalAsync(WorkKey work, string signal, CancellationToken cancellationToken)
    {
        if (!_running.TryGetValue(work, out var running))
        {
            return Task.FromResult(false);
        }

        running.Send(signal);
        return Task.FromResult(true);
    }

    /// <inheritdoc/>
    public async Task<string> AskAsync(WorkKey work, string message, CancellationToken cancellationToken)
    {
        var asked = new WorkMessage(message);
        do
        {
            await StartAsync(work, cancellationToken);
        }
        while (!_running.TryGetValue(work, out var running) || !running.Inbox.Writer.TryWrite(asked));
        return await asked.Answered.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
    }

    /// <summary>Waits until nothing runs.</summary>
    public async Task IdleAsync()
    {
        while (_running.Values.FirstOrDefault() is { } running)
        {
            await running.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }
    }

    private sealed class Running : IWorkSignals
    {
        private readonly ConcurrentDictionary<string, CancellationTokenSource> _sources = new();

        public Task Task { get; set; } = Task.CompletedTask;

        public Channel<WorkMessage> Inbox { get; } = Channel.CreateUnbounded<WorkMessage>();

        public ChannelReader<WorkMessage> Messages => Inbox.Reader;

        public CancellationToken Token(string signal) => _sources.GetOrAdd(signal, _ => new()).Token;

        public void Send(string signal) => _sources.GetOrAdd(signal, _ => new()).Cancel();
    }
}

/// <summary>Signals that a test sends by hand.</summary>
public sealed class NoSignals : IWorkSignals
{
    /// <inheritdoc/>
    public CancellationToken Token(string signal) => CancellationToken.None;

    /// <inheritdoc/>
    public ChannelReader<WorkMessage> Messages { get; } = Channel.CreateUnbounded<WorkMessage>().Reader;
}
