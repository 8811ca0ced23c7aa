using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Engine;

namespace MistralStudio.Inference.Encoders;

/// <summary>
/// Owns an encoder: rows of any number of callers become batches, small requests first (see <see cref="EncoderQueue"/>). While an answer is
/// computed large requests take smaller batches and rest between them (see <see cref="EncoderPace"/>). A batch that fails fails its requests alone.
/// </summary>
internal sealed class EncoderLoop : IDisposable
{
    /// <summary>Large enough that the processor's cores are busy, small enough that a query waits about 50 ms for a batch to end.</summary>
    public const int DefaultBatchTokens = 1024;

    private readonly string _id;
    private readonly EncoderSession _session;
    private readonly EncoderQueue _queue;
    private readonly Channel<EncoderRequest> _requests = Channel.CreateUnbounded<EncoderRequest>(new() { SingleReader = true });
    private readonly CancellationTokenSource _closing = new();
    private readonly ILogger _logger;
    private readonly DecodeActivity _answers;
    private long _restUntil;
    private int _active;

    /// <param name="id">The model's id, for errors.</param>
    /// <param name="session">Disposed of when the loop has ended.</param>
    /// <param name="batchTokens">Most tokens of a batch, padding included.</param>
    /// <param name="logger">Where failures of single batches go.</param>
    /// <param name="answers">What goes before large requests; null where nothing does.</param>
    public EncoderLoop(string id, EncoderSession session, int batchTokens, ILogger logger, DecodeActivity? answers = null)
    {
        (_id, _session, _logger, _answers) = (id, session, logger, answers ?? new DecodeActivity());
        _queue = new EncoderQueue(batchTokens);
        Closed = Task.Run(RunAsync);
    }

    /// <summary>Calls running and waiting now.</summary>
    public int ActiveRequests => Volatile.Read(ref _active);

    /// <summary>Completes when the loop has ended and the memory is free.</summary>
    public Task Closed { get; }

    /// <summary>What the encoder makes of each row, in their order.</summary>
    /// <exception cref="ModelException">The model was unloaded or failed.</exception>
    /// <param name="canWait">Whether nobody sits before it.</param>
    public async Task<float[][]> RunAsync(IReadOnlyList<EncoderRow> rows, CancellationToken cancellationToken, bool canWait = false)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        Interlocked.Increment(ref _active);
        try
        {
            var request = new EncoderRequest(rows, canWait);
            if (!_requests.Writer.TryWrite(request))
            {
                throw Unloaded();
            }

            using var leave = cancellationToken.Register(() => request.Cancel(cancellationToken));
            return await request.Completion.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _active);
        }
    }

    /// <summary>Takes no more requests, fails those that wait, and frees the memory after the batch that runs; see <see cref="Closed"/>.</summary>
    public void Dispose()
    {
        _requests.Writer.TryComplete();
        _closing.Cancel();
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _requests.Reader.WaitToReadAsync(_closing.Token).ConfigureAwait(false))
            {
                List<EncoderItem> batch;
                do
                {
                    while (_requests.Reader.TryRead(out var request))
                    {
                        _queue.Add(request);
                    }

                    var rest = Rest();
                    batch = _queue.TakeBatch(rest > TimeSpan.Zero ? 0 : _answers.IsBusy ? EncoderPace.BesideTokens : null);
                    if (batch.Count == 0 && _queue.HasLarge)
                    {
                        await RestAsync(rest).ConfigureAwait(false);
                    }
                    else
                    {
                        Run(batch);
                    }
                }
                while ((batch.Count > 0 || _queue.HasLarge) && !_closing.IsCancellationRequested);
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // Unloaded while nothing waited.
        }
        finally
        {
            _requests.Writer.TryComplete();
            FailWaiting();
            _session.Dispose();
        }
    }

    /// <summary>What is left of the rest after the last large batch; none where no answer is computed.</summary>
    private TimeSpan Rest() => _answers.IsBusy && _restUntil - Stopwatch.GetTimestamp() is > 0 and var left
        ? TimeSpan.FromSeconds((double)left / Stopwatch.Frequency)
        : TimeSpan.Zero;

    /// <summary>Leaves the processor alone; a new request, or the end of the answers, ends it early.</summary>
    private async Task RestAsync(TimeSpan rest)
    {
        using var wake = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        wake.CancelAfter(rest);
        await Task.WhenAny(_requests.Reader.WaitToReadAsync(wake.Token).AsTask(), _answers.Idle).ConfigureAwait(false);
        await wake.CancelAsync().ConfigureAwait(false);
    }

    private void Run(List<EncoderItem> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        var began = Stopwatch.GetTimestamp();
        try
        {
            var results = _session.Run(batch.Select(item => item.Row).ToArray());
            for (var i = 0; i < results.Length; i++)
            {
                batch[i].Request.Set(batch[i].Index, results[i]);
            }
        }
        catch (Exception failure)
        {
            // Whatever went wrong concerns these requests alone; the loop must live on, or every later caller would wait for ever.
            Log.BatchFailed(_logger, _id, batch.Count, failure);
            foreach (var item in batch)
            {
                item.Request.Fail(new ModelException(ModelErrors.EngineFailed(_id)));
            }
        }

        if (EncoderQueue.IsLarge(batch[0].Request))
        {
            var ended = Stopwatch.GetTimestamp();
            _restUntil = ended + (long)(EncoderPace.RestAfter(Stopwatch.GetElapsedTime(began, ended)).TotalSeconds * Stopwatch.Frequency);
        }
    }

    private void FailWaiting()
    {
        while (_requests.Reader.TryRead(out var request))
        {
            _queue.Add(request);
        }

        for (var batch = _queue.TakeBatch(); batch.Count > 0; batch = _queue.TakeBatch())
        {
            foreach (var item in batch)
            {
                item.Request.Fail(Unloaded());
            }
        }
    }

    private ModelException Unloaded() => new(ModelErrors.LoadFailed(_id, "it was unloaded meanwhile"));
}
