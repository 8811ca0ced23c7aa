using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Flows;

/// <summary>
/// The journals of runs, written over a connection of their own: commits that arrive while one is being written share the next transaction
/// (group commit), so that many runs cost the disk little more than one. Read through EF like everything else.
/// </summary>
internal sealed class FlowJournal : IFlowJournal, IAsyncDisposable
{
    private const int MostTogether = 256;

    private readonly Channel<Waiting> _queue = Channel.CreateUnbounded<Waiting>(new UnboundedChannelOptions { SingleReader = true });
    private readonly IDbContextFactory<StudioDbContext> _contexts;
    private readonly JournalConnection _connection;
    private readonly Lazy<Task> _writing;

    public FlowJournal(IDbContextFactory<StudioDbContext> contexts, JournalConnection connection)
    {
        (_contexts, _connection) = (contexts, connection);
        _writing = new(() => Task.Run(WriteAsync));
    }

    /// <inheritdoc/>
    public ValueTask<Result<Unit>> AppendAsync(RunCommit commit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(commit);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<Result<Unit>>(cancellationToken);
        }

        // Once handed over it cannot be taken back: the caller is told what became of it.
        var waiting = new Waiting(commit);
        ObjectDisposedException.ThrowIf(!_queue.Writer.TryWrite(waiting), this);
        _ = _writing.Value;
        return new(waiting.Outcome.Task);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEvent> ReadAsync(RunId run, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        var rows = context.RunEvents.AsNoTracking().Where(row => row.RunId == run && row.Seq > after).OrderBy(row => row.Seq).AsAsyncEnumerable();
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            yield return RunEventCodec.Read(row.Kind, row.Seq, row.At, row.Node, row.Attempt, row.Step, row.Payload);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        if (_writing.IsValueCreated)
        {
            await _writing.Value;
        }

        await _connection.DisposeAsync();
    }

    private async Task WriteAsync()
    {
        var group = new List<Waiting>(MostTogether);
        while (await _queue.Reader.WaitToReadAsync())
        {
            group.Clear();
            while (group.Count < MostTogether && _queue.Reader.TryRead(out var next))
            {
                group.Add(next);
            }

            if (!await TryAsync(group) && group.Count > 1)
            {
                // What one of them cannot have does not fail the others.
                foreach (var alone in group)
                {
                    await TryAsync([alone], isLast: true);
                }
            }
        }
    }

    // False where the transaction failed and nothing of it is kept; those who wait are told so unless they are tried again, each alone.
    private async Task<bool> TryAsync(List<Waiting> group, bool isLast = false)
    {
        try
        {
            var taken = await _connection.CommitAsync(group.ConvertAll(waiting => waiting.Commit));
            for (var i = 0; i < group.Count; i++)
            {
                group[i].Outcome.SetResult(taken[i] ? FlowRunErrors.JournalTaken() : default(Unit));
            }

            return true;
        }
        catch (Exception fault)
        {
            await _connection.CloseAsync();
            if (isLast || group.Count == 1)
            {
                foreach (var waiting in group)
                {
                    if (DiskSpace.IsFull(fault))
                    {
                        waiting.Outcome.SetResult(FlowRunErrors.DiskFull());
                    }
                    else
                    {
                        waiting.Outcome.SetException(fault);
                    }
                }
            }

            return false;
        }
    }

    private sealed class Waiting(RunCommit commit)
    {
        public RunCommit Commit { get; } = commit;

        public TaskCompletionSource<Result<Unit>> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
