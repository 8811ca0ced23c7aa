using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Decoders;

namespace MistralStudio.Inference.Engine;

/// <summary>
/// Owns a decoder. Each turn: one token for every conversation that decodes, then at most one chunk of one prompt. Others only put
/// requests into its channel and read the events of their own.
/// </summary>
/// <remarks>
/// Slots 0 to d - 1 decode, slot d holds the prompt that is being computed, the slots behind keep what finished, for prompts that begin
/// alike. <see cref="_slots"/> and <see cref="_cached"/> are the loop's alone.
/// </remarks>
internal sealed class EngineLoop : IAsyncDisposable
{
    private readonly IDecoder _decoder;
    private readonly string _model;
    private readonly int _queueLimit;
    private readonly ILogger _log;
    private readonly Channel<Generation> _requests = Channel.CreateUnbounded<Generation>(new() { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Generation> _slots = [];
    private readonly List<int>[] _cached;
    private readonly int[] _tokens;
    private readonly int[] _positions;
    private readonly Task _loop;
    private Generation? _prefilling;
    private int _active;

    public EngineLoop(IDecoder decoder, string model, int queueLimit, ILogger log)
    {
        _decoder = decoder;
        _model = model;
        _queueLimit = queueLimit;
        _log = log;
        _cached = [.. Enumerable.Range(0, decoder.Slots).Select(_ => new List<int>())];
        _tokens = new int[decoder.Slots];
        _positions = new int[decoder.Slots];
        _loop = Task.Factory.StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    /// <summary>Requests that run or wait. An answer whose end can be read is none of them any more.</summary>
    public int ActiveRequests => Volatile.Read(ref _active);

    /// <summary>Puts a request into the queue.</summary>
    /// <exception cref="ModelException">The prompt does not fit, or the queue is full.</exception>
    public void Submit(Generation generation)
    {
        if (generation.Request.Prompt.Length >= _decoder.Capacity)
        {
            throw new ModelException(ModelErrors.PromptTooLong(generation.Request.Prompt.Length, _decoder.Capacity));
        }

        if (Interlocked.Increment(ref _active) > _queueLimit + _decoder.Slots)
        {
            Interlocked.Decrement(ref _active);
            throw new ModelException(ModelErrors.QueueFull(_queueLimit), TimeSpan.FromSeconds(2));
        }

        generation.Ending = () => Interlocked.Decrement(ref _active);
        if (!_requests.Writer.TryWrite(generation))
        {
            Interlocked.Decrement(ref _active);
            throw new ModelException(ModelErrors.EngineFailed(_model));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _requests.Writer.TryComplete();
        await _stop.CancelAsync();
        await _loop;
        _decoder.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            if (_slots.Count == 0 && _prefilling is null && !await NextRequestAsync())
            {
                break;
            }

            try
            {
                Turn();
            }
            catch (Exception exception)
            {
                Log.EngineFailed(_log, _model, exception);
                FailAll(ModelErrors.EngineFailed(_model));
            }
        }

        FailAll(ModelErrors.EngineFailed(_model));
        while (_requests.Reader.TryRead(out var left))
        {
            left.Fail(ModelErrors.EngineFailed(_model));
        }
    }

    private async ValueTask<bool> NextRequestAsync()
    {
        try
        {
            return await _requests.Reader.WaitToReadAsync(_stop.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Turn()
    {
        DropCancelled();
        Decode();
        BeginPrefill();
        Prefill();
    }

    private void DropCancelled()
    {
        if (_prefilling is { Cancellation.IsCancellationRequested: true } prefilling)
        {
            prefilling.Abandon();
            Remember(_slots.Count, prefilling);
            _prefilling = null;
        }

        for (var slot = _slots.Count - 1; slot >= 0; slot--)
        {
            if (_slots[slot].Cancellation.IsCancellationRequested)
            {
                _slots[slot].Abandon();
                Release(slot);
            }
        }
    }

    private void Decode()
    {
        var rows = _slots.Count;
        if (rows == 0)
        {
            return;
        }

        for (var row = 0; row < rows; row++)
        {
            _tokens[row] = _slots[row].LastToken;
            _positions[row] = _slots[row].Tokens.Count - 1;
        }

        var logits = _decoder.Decode(_tokens.AsSpan(0, rows), _positions.AsSpan(0, rows));
        var vocabulary = logits.Length / rows;
        for (var row = 0; row < rows; row++)
        {
            _tokens[row] = _slots[row].Sampler.Sample(logits.Slice(row * vocabulary, vocabulary));
        }

        // From the last row on: releasing a slot moves the last row into the hole, and that one has its token already.
        for (var row = rows - 1; row >= 0; row--)
        {
            if (_slots[row].Take(_tokens[row], _decoder.Capacity))
            {
                Release(row);
            }
        }
    }

    private void BeginPrefill()
    {
        while (_prefilling is null && _slots.Count < _decoder.Slots && _requests.Reader.TryRead(out var next))
        {
            if (next.Cancellation.IsCancellationRequested)
            {
                next.Abandon();
                continue;
            }

            var slot = _slots.Count;
            var (from, reused) = NeedsFixedChunks(next) ? (-1, 0) : StepPlan.BestReuse(Sequences(), next.Request.Prompt);
            if (reused > 0 && from != slot)
            {
                _decoder.Copy(from, slot, reused);
            }

            _cached[slot].Clear();
            next.BeginPrefill(reused);
            _prefilling = next;
        }
    }

    private void Prefill()
    {
        if (_prefilling is not { } generation)
        {
            return;
        }

        var prompt = generation.Request.Prompt;
        var done = generation.Tokens.Count;
        var chunk = StepPlan.ChunkOf(prompt.Length - done, _slots.Count > 0, NeedsFixedChunks(generation));
        var last = done + chunk == prompt.Length;
        var logits = _decoder.Prefill(_slots.Count, prompt.AsSpan(done, chunk), done, last);
        generation.Tokens.AddRange(prompt.AsSpan(done, chunk));
        if (!last)
        {
            return;
        }

        _prefilling = null;
        _slots.Add(generation);
        if (generation.Take(generation.Sampler.Sample(logits), _decoder.Capacity))
        {
            Release(_slots.Count - 1);
        }
    }

    private bool NeedsFixedChunks(Generation generation) => generation.IsReproducible && !_decoder.IsBatchInvariant;

    // Frees a slot: the last row that decodes moves into the hole, and what was there is remembered behind the active ones.
    private void Release(int slot)
    {
        var released = _slots[slot];
        var last = _slots.Count - 1;
        if (slot != last)
        {
            var moved = _slots[last];
            _decoder.Swap(slot, Computed(released), last, Computed(moved));
            _slots[slot] = moved;
        }

        _slots.RemoveAt(last);
        Remember(last, released);
        if (_prefilling is { } prefilling)
        {
            // The prompt that is being computed stands right behind the rows that decode.
            _decoder.Swap(last, _cached[last].Count, last + 1, prefilling.Tokens.Count);
            (_cached[last], _cached[last + 1]) = (_cached[last + 1], _cached[last]);
            _cached[last].Clear();
        }
    }

    private void Remember(int slot, Generation generation)
    {
        _cached[slot].Clear();
        _cached[slot].AddRange(generation.Tokens.Take(Computed(generation)));
    }

    // The token drawn last was not computed yet.
    private static int Computed(Generation generation) => generation.OutputTokens > 0 ? generation.Tokens.Count - 1 : generation.Tokens.Count;

    private IReadOnlyList<int>[] Sequences() =>
        [.. Enumerable.Range(0, _decoder.Slots).Select(slot => slot < _slots.Count ? ComputedTokens(_slots[slot]) : _cached[slot])];

    private static List<int> ComputedTokens(Generation generation) => generation.Tokens[..Computed(generation)];

    private void FailAll(Error error)
    {
        foreach (var generation in _slots)
        {
            generation.Fail(error);
        }

        _prefilling?.Fail(error);
        _prefilling = null;
        _slots.Clear();
        foreach (var cached in _cached)
        {
            cached.Clear();
        }
    }
}
