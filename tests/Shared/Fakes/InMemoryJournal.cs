using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>Journals of runs in memory, kept as a database would keep them: columns and payloads, no objects.</summary>
public sealed class InMemoryJournal : IFlowJournal
{
    private readonly ConcurrentDictionary<RunId, List<Row>> _runs = new();

    /// <summary>Commits so far.</summary>
    public int Commits => _commits;

    private int _commits;

    /// <summary>Called before each commit; what it returns is the failure of it.</summary>
    public Func<RunCommit, Error?>? Before { get; set; }

    /// <summary>The last commit of a run.</summary>
    public ConcurrentDictionary<RunId, RunCommit> Last { get; } = new();

    /// <inheritdoc/>
    public ValueTask<Result<Unit>> AppendAsync(RunCommit commit, CancellationToken cancellationToken)
    {
        if (Before?.Invoke(commit) is { } failure)
        {
            return new(failure);
        }

        var rows = _runs.GetOrAdd(commit.Run, _ => []);
        lock (rows)
        {
            if (commit.Events[0].Seq != rows.Count + 1)
            {
                return new(FlowRunErrors.JournalTaken());
            }

            rows.AddRange(commit.Events.Select(one => new Row(one.Kind, one.Seq, one.At, one.Node, one.Attempt, one.Step, RunEventCodec.Payload(one))));
        }

        Last[commit.Run] = commit;
        Interlocked.Increment(ref _commits);
        return new(default(Unit));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEvent> ReadAsync(RunId run, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var one in Read(run, after))
        {
            yield return one;
        }
    }

    /// <summary>The events of a run after a number.</summary>
    public IReadOnlyList<RunEvent> Read(RunId run, long after = 0)
    {
        if (!_runs.TryGetValue(run, out var rows))
        {
            return [];
        }

        lock (rows)
        {
            return [.. rows.Skip((int)after).Select(row => RunEventCodec.Read(row.Kind, row.Seq, row.At, row.Node, row.Attempt, row.Step, row.Payload))];
        }
    }

    /// <summary>About how many bytes of memory the journal of a run takes.</summary>
    public long Rows(RunId run)
    {
        lock (_runs[run])
        {
            // Row, path and payload with their headers.
            return _runs[run].Sum(row => 72L + 24 + (2 * row.Node.Length) + 24 + row.Payload.Length + 8);
        }
    }

    /// <summary>Keeps but the first events of a run: what a crash would have left of it.</summary>
    public void Cut(RunId run, int count)
    {
        lock (_runs[run])
        {
            _runs[run].RemoveRange(count, _runs[run].Count - count);
        }
    }

    private sealed record Row(RunEventKind Kind, long Seq, DateTimeOffset At, string Node, int Attempt, int Step, byte[] Payload);
}
