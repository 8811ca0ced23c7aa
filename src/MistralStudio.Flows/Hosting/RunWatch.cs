using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Engine;

namespace MistralStudio.Flows.Hosting;

/// <summary>Lets any number of watchers see what runs do, from any event on, whatever process owns them.</summary>
public sealed class RunWatch(IFlowJournal journal) : IRunObserver
{
    private readonly ConcurrentDictionary<RunId, ImmutableArray<RunWatcher>> _watchers = new();

    /// <summary>Begins to watch a run, which need not have begun. Dispose it.</summary>
    public RunWatcher Watch(RunId run)
    {
        var watcher = new RunWatcher(run, journal, Leave);
        _watchers.AddOrUpdate(run, [watcher], (_, others) => others.Add(watcher));
        return watcher;
    }

    /// <inheritdoc/>
    public void Committed(RunId run, IReadOnlyList<RunEvent> events) => Tell(run, new RunWatcher.News(events, null));

    /// <inheritdoc/>
    public void Streamed(RunId run, string node, string text) => Tell(run, new RunWatcher.News([], new RunNotice.Streamed(node, text)));

    /// <summary>The run's owner let go of it.</summary>
    internal void Paused(RunId run, RunPause pause) => Tell(run, new RunWatcher.News([], new RunNotice.Paused(pause)));

    private void Tell(RunId run, RunWatcher.News news)
    {
        if (_watchers.TryGetValue(run, out var watchers))
        {
            foreach (var watcher in watchers)
            {
                watcher.Tell(news);
            }
        }
    }

    private void Leave(RunWatcher watcher)
    {
        while (_watchers.TryGetValue(watcher.Run, out var there))
        {
            var left = there.Remove(watcher);
            if (left.IsEmpty
                ? _watchers.TryRemove(KeyValuePair.Create(watcher.Run, there))
                : _watchers.TryUpdate(watcher.Run, left, there))
            {
                return;
            }
        }
    }
}

/// <summary>Somebody who watches a run.</summary>
public sealed class RunWatcher : IDisposable
{
    private const int MostWaiting = 1_024;

    // So long a run may be silent before its journal is looked at: another machine may own it.
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(2);

    // Who is slow loses news, not memory: what is missing is read from the journal.
    private readonly Channel<News> _news = Channel.CreateBounded<News>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly IFlowJournal _journal;
    private readonly Action<RunWatcher> _leave;

    internal RunWatcher(RunId run, IFlowJournal journal, Action<RunWatcher> leave) => (Run, _journal, _leave) = (run, journal, leave);

    /// <summary>The run.</summary>
    public RunId Run { get; }

    /// <summary>
    /// What the run does after an event, in order and without a gap, until it has ended. Called once.
    /// </summary>
    /// <param name="after">Number of the last event that is known; 0 for all.</param>
    /// <param name="isNew">True where the run begins after the watch did: its past need not be read.</param>
    public async IAsyncEnumerable<RunNotice> FollowAsync(long after, bool isNew, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = after;
        while (true)
        {
            if (!isNew)
            {
                await foreach (var happened in _journal.ReadAsync(Run, last, cancellationToken))
                {
                    last = happened.Seq;
                    yield return new RunNotice.Happened(happened);
                    if (happened is RunFinished)
                    {
                        yield break;
                    }
                }
            }

            isNew = false;
            while (await NextAsync(cancellationToken) is { } news)
            {
                if (news.Events is [var first, ..] && first.Seq > last + 1)
                {
                    break;
                }

                foreach (var happened in news.Events)
                {
                    if (happened.Seq > last)
                    {
                        last = happened.Seq;
                        yield return new RunNotice.Happened(happened);
                        if (happened is RunFinished)
                        {
                            yield break;
                        }
                    }
                }

                if (news.Notice is { } notice)
                {
                    yield return notice;
                }
            }

            yield return new RunNotice.Quiet();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _leave(this);

    internal void Tell(News news) => _news.Writer.TryWrite(news);

    // Null where nothing was heard for a while.
    private async ValueTask<News?> NextAsync(CancellationToken cancellationToken)
    {
        if (_news.Reader.TryRead(out var there))
        {
            return there;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_poll);
        try
        {
            return await _news.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    internal sealed record News(IReadOnlyList<RunEvent> Events, RunNotice? Notice);
}
