using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Encoders;

/// <summary>
/// Owns an encoder: rows of any number of callers become batches, small requests first (see <see cref="EncoderQueue"/>). A batch that fails
/// fails its requests alone.
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
    private int _active;

    /// <param name="id">The model's id, for errors.</param>
    /// <param name="session">Disposed of when the loop has ended.</param>
    /// <param name="batchTokens">Most tokens of a batch, padding included.</param>
    /// <param name="logger">Where failures of single batches go.</param>
    public EncoderLoop(string id, EncoderSession session, int batchTokens, ILogger logger)
    {
        (_id, _session, _logger) = (id, session, logger);
        _queue = new EncoderQueue(batchTokens);
        Closed = Task.Run(RunAsync);
    }

    /// <summary>Calls running and waiting now.</summary>
    public int ActiveRequests => Volatile.Read(ref _active);

    /// <summary>Completes when the loop has ended and the memory is free.</summary>
    public Task Closed { get; }

    /// <summary>What the encoder makes of each row, in their order.</summary>
    /// <exception cref="ModelException">The model was unloaded or failed.</exception>
    public async Task<float[][]> RunAsync(IReadOnlyList<EncoderRow> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        Interlocked.Increment(ref _active);
        try
        {
            var request = new EncoderRequest(rows);
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

                    batch = _queue.TakeBatch();
                    Run(batch);
                }
                while (batch.Count > 0 && !_closing.IsCancellationRequested);
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

    private void Run(List<EncoderItem> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

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
