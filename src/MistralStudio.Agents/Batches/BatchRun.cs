using System.Collections;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using MistralStudio.Core;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Security;
using MistralStudio.Core.Tables;

namespace MistralStudio.Agents.Batches;

/// <summary>
/// One stretch of a batch: a loop that alone knows where it stands, asks about rows side by side, and keeps what comes of them together. Each
/// row's outcome is committed once; what is in flight when the process ends is asked about again, at most <see cref="BatchPlan.Parallelism"/> rows.
/// </summary>
internal sealed class BatchRun(Batch batch, RowAsker asker, IBatchWork work, ITableStore tables, TimeProvider time, ILogger log) : IAsyncDisposable
{
    // A right that was taken ends what it carried within five seconds.
    private static readonly TimeSpan s_rightsInterval = TimeSpan.FromSeconds(2);

    private readonly Channel<RowOutcome> _outcomes = Channel.CreateUnbounded<RowOutcome>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _asking = new();
    private readonly Queue<(TableRow Row, int Attempt)> _again = new();
    private readonly List<BatchResult> _results = [];
    private BatchProgress _progress = BatchProgress.Of(batch) with { Reason = null, WaitsUntil = null };
    private BatchPace _pace = new(null, time.GetUtcNow());
    private long _revision = batch.Revision;
    private int _inFlight;
    private int _failures;
    private int _alike;
    private Error? _lastFailure;
    private Error? _modelFailure;
    private Error? _stopsBecause;
    private DateTimeOffset? _waitsUntil;

    /// <summary>Goes on until every row has an outcome, the batch pauses, or somebody else changed it; says which by what is committed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (await FindRefusalAsync(cancellationToken) is { } refused)
        {
            await CommitAsync(BatchState.Paused, refused, cancellationToken);
            return;
        }

        var rightsAt = time.GetTimestamp();
        await using var rows = OpenRowsAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        var hasMore = await rows.MoveNextAsync();
        while (true)
        {
            while (MayAsk() && (_again.Count > 0 || hasMore))
            {
                // After a failure another row finds out whether it is the model that fails, or one row that it falls over.
                if (hasMore && (_failures > 0 || _again.Count == 0))
                {
                    Ask(rows.Current, 1);
                    hasMore = await rows.MoveNextAsync();
                }
                else
                {
                    var (row, attempt) = _again.Dequeue();
                    Ask(row, attempt);
                }
            }

            if (_inFlight == 0 && _waitsUntil is null)
            {
                await EndAsync(hasMore || _again.Count > 0, cancellationToken);
                return;
            }

            await WaitAsync(rightsAt, cancellationToken);
            if (!await KeepAsync(cancellationToken))
            {
                return;
            }

            if (time.GetElapsedTime(rightsAt) >= s_rightsInterval)
            {
                rightsAt = time.GetTimestamp();
                if (await FindRefusalAsync(cancellationToken) is { } gone)
                {
                    await CommitAsync(BatchState.Paused, gone, cancellationToken);
                    return;
                }
            }
        }
    }

    /// <summary>Stops what is asked at this moment, and waits until it has.</summary>
    public async ValueTask DisposeAsync()
    {
        await _asking.CancelAsync();
        while (_inFlight > 0)
        {
            await _outcomes.Reader.ReadAsync();
            _inFlight--;
        }

        _asking.Dispose();
    }

    // While the model does not answer, one row finds out whether it does again.
    private bool MayAsk() =>
        _stopsBecause is null && _waitsUntil is null && _inFlight < (_failures > 0 ? 1 : batch.Plan.Parallelism) && batch.Plan.Budget.Allows(_progress.Spent, _inFlight);

    private void Ask(TableRow row, int attempt)
    {
        _inFlight++;
        _ = Task.Run(() => AskAsync(row, attempt), CancellationToken.None);
    }

    private async Task AskAsync(TableRow row, int attempt)
    {
        RowOutcome outcome;
        try
        {
            outcome = await asker.AskAsync(row, attempt, _asking.Token);
        }
        catch (OperationCanceledException) when (_asking.IsCancellationRequested)
        {
            outcome = new(row, attempt, "", BatchErrors.RowFaulted(), null, null, 0);
        }
        catch (Exception fault)
        {
            Log.RowFaulted(log, batch.Id, row.Number, fault);
            outcome = new(row, attempt, "", BatchErrors.RowFaulted(), null, null, 0);
        }

        _outcomes.Writer.TryWrite(outcome);
    }

    private async Task WaitAsync(long rightsAt, CancellationToken cancellationToken)
    {
        if (_outcomes.Reader.TryPeek(out _))
        {
            return;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var look = s_rightsInterval - time.GetElapsedTime(rightsAt);
        var sooner = _waitsUntil is { } until && until - time.GetUtcNow() is var left && left < look ? left : look;
        var timer = Task.Delay(sooner > TimeSpan.Zero ? sooner : TimeSpan.Zero, time, over.Token);
        await Task.WhenAny(_outcomes.Reader.WaitToReadAsync(over.Token).AsTask(), timer);
        await over.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        if (_waitsUntil is { } at && at <= time.GetUtcNow())
        {
            _waitsUntil = null;
        }
    }

    // False where somebody else changed the batch meanwhile.
    private async Task<bool> KeepAsync(CancellationToken cancellationToken)
    {
        var waited = _progress.Reason;
        while (_outcomes.Reader.TryRead(out var outcome))
        {
            _inFlight--;
            Take(outcome);
        }

        var reason = _failures == 0 ? null : _modelFailure;
        return (_results.Count == 0 && reason == waited) || await CommitAsync(BatchState.Running, reason, cancellationToken);
    }

    private void Take(RowOutcome outcome)
    {
        if (outcome.Error is not { } error)
        {
            (_failures, _alike) = (0, 0);
            _results.Add(outcome.Result);
            return;
        }

        var left = batch.Rows - _progress.Succeeded - _progress.Failed - _results.Count;
        switch (RowRetry.Decide(error, outcome.Attempt, _failures + 1, left == 1, outcome.RetryAfter, Random.Shared.NextDouble()))
        {
            case RowDecision.Wait wait:
                _failures++;
                _modelFailure = error;
                var until = time.GetUtcNow() + wait.For;
                _waitsUntil = _waitsUntil is { } already && already > until ? already : until;
                _again.Enqueue((outcome.Row, outcome.Attempt + 1));
                break;
            case RowDecision.Pause:
                _stopsBecause = error;
                _again.Enqueue((outcome.Row, outcome.Attempt));
                break;
            default:
                _results.Add(outcome.Result);
                _alike = error.Code == _lastFailure?.Code ? _alike + 1 : 1;
                _lastFailure = error;
                if (_alike >= RowRetry.AlikeBeforePause)
                {
                    _stopsBecause ??= BatchErrors.AllAlike(_alike, error);
                }

                break;
        }
    }

    private Task<bool> EndAsync(bool hasMore, CancellationToken cancellationToken) => hasMore
        ? CommitAsync(BatchState.Paused, _stopsBecause ?? BatchErrors.BudgetReached(batch.Plan.Budget, _progress.Spent), cancellationToken)
        : _progress.Succeeded + _progress.Failed < batch.Rows
            ? CommitAsync(BatchState.Paused, BatchErrors.TableGone(), cancellationToken)
            : CommitAsync(BatchState.Done, null, cancellationToken);

    private async Task<bool> CommitAsync(BatchState state, Error? reason, CancellationToken cancellationToken)
    {
        _pace = _pace.After(_results.Count, time.GetUtcNow());
        var progress = _results.Aggregate(_progress, (sum, result) => sum.Plus(result)) with
        {
            State = state,
            Reason = reason,
            WaitsUntil = state == BatchState.Running ? _waitsUntil : null,
            RowsPerSecond = state == BatchState.Running ? _pace.PerSecond : null,
        };
        if (await work.CommitAsync(batch.Id, _revision, progress, _results, cancellationToken) is not { } revision)
        {
            return false;
        }

        (_revision, _progress) = (revision, progress);
        _results.Clear();
        return true;
    }

    private async Task<Error?> FindRefusalAsync(CancellationToken cancellationToken)
    {
        var rights = await work.RightsOfAsync(batch, cancellationToken);
        return !rights.IsSuccess ? rights.Error
            : !rights.Value.May(Permissions.ModelsUse) || (batch.Plan.Prompt.Knowledge.Count > 0 && !rights.Value.May(Permissions.KnowledgeSearch)) ? BatchErrors.StarterGone()
            : null;
    }

    // One bit a row says which have an outcome; the first of those without one is where reading begins.
    private async IAsyncEnumerable<TableRow> OpenRowsAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var done = new BitArray(checked((int)batch.Rows));
        var first = 0L;
        await foreach (var row in work.ListDoneAsync(batch.Id, cancellationToken))
        {
            done[(int)row] = true;
            first += row == first ? 1 : 0;
        }

        await foreach (var row in tables.ReadAsync(batch.Workspace, batch.Table, first, cancellationToken))
        {
            if (!done[(int)row.Number])
            {
                yield return row;
            }
        }
    }
}
