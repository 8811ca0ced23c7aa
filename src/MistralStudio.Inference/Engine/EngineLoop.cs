using System.Diagnostics;
using Microsoft.Extensions.Logging;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Decoders;

namespace MistralStudio.Inference.Engine;

/// <summary>
/// Owns a decoder. Each turn: one token for every answer that decodes, then at most one chunk of one prompt. Others only put requests into its
/// queue and read the events of their own.
/// </summary>
internal sealed class EngineLoop : IAsyncDisposable
{
    // A reader that is about to pass words on takes a tenth of it.
    private static readonly TimeSpan s_mostHandover = TimeSpan.FromMilliseconds(1);

    private readonly IDecoder _decoder;
    private readonly string _model;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly RequestQueue _queue;
    private readonly SlotTable _slots;
    private readonly StepPace _pace = new();
    private readonly HashSet<Generation> _running = [];
    private readonly Queue<Choice> _forks = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly int? _chunk;
    private readonly int[] _tokens;
    private readonly int[] _positions;
    private readonly Task _loop;
    private readonly DecodeActivity _answers;
    private bool _isBusy;
    private Generation? _begun;
    private int _active;

    /// <param name="share">Requests of one client that may wait.</param>
    /// <param name="chunk">Prompt tokens of a step beside others that decode, for measuring; null leaves it to <see cref="StepPlan"/>.</param>
    /// <param name="answers">Where it says whether it is at an answer.</param>
    public EngineLoop(
        IDecoder decoder, string model, int share, ILogger log, TimeProvider? time = null, int? chunk = null, DecodeActivity? answers = null)
    {
        _answers = answers ?? new DecodeActivity();
        _chunk = chunk;
        _decoder = decoder;
        _model = model;
        _time = time ?? TimeProvider.System;
        _log = log;
        _queue = new RequestQueue(share, decoder.Slots);
        _slots = new SlotTable(decoder);
        _tokens = new int[decoder.Slots];
        _positions = new int[decoder.Slots];
        _loop = Task.Factory.StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    /// <summary>Requests that run or wait. One whose end can be read is none of them any more.</summary>
    public int ActiveRequests => Volatile.Read(ref _active);

    /// <summary>Requests that wait.</summary>
    public int WaitingRequests => _queue.Count;

    /// <summary>Bytes that weights and conversations take now.</summary>
    public long TouchedBytes => _decoder.TouchedBytes;

    /// <summary>Puts a request into the queue.</summary>
    /// <exception cref="ModelException">The prompt does not fit, or the queue is full.</exception>
    public void Submit(Generation generation)
    {
        if (generation.Request.Prompt.Length >= _decoder.Capacity)
        {
            throw new ModelException(ModelErrors.PromptTooLong(generation.Request.Prompt.Length, _decoder.Capacity));
        }

        Interlocked.Increment(ref _active);
        generation.Ending = () => Interlocked.Decrement(ref _active);
        if (_queue.Add(generation, _pace.SecondsPerAnswer) is not { } admission)
        {
            Interlocked.Decrement(ref _active);
            throw new ModelException(ModelErrors.EngineFailed(_model));
        }

        if (!admission.IsAdmitted)
        {
            Interlocked.Decrement(ref _active);
            throw new ModelException(ModelErrors.QueueFull(_queue.Count), admission.RetryAfter);
        }

        // The source belongs to the request and ends with it, and the registration with the source.
        generation.Cancellation.UnsafeRegister(_ => _queue.Leave(generation), null);
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        await _stop.CancelAsync();
        await _loop;
        _decoder.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var failures = 0;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (_running.Count == 0)
                {
                    await _queue.WaitAsync(_stop.Token);
                }

                Turn();
                NoteActivity();
                failures = 0;
                await HandOverAsync();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                failures++;
                Log.EngineFailed(_log, _model, exception);
                Restart();
                NoteActivity();
                await PauseAsync(StepPlan.PauseAfter(failures));
            }
        }

        FailRunning();
        _running.Clear();
        NoteActivity();
        while (_queue.Begin() is { } left)
        {
            left.Fail(ModelErrors.EngineFailed(_model));
        }
    }

    private void NoteActivity()
    {
        var isBusy = _running.Count > 0;
        if (isBusy == _isBusy)
        {
            return;
        }

        _isBusy = isBusy;
        if (isBusy)
        {
            _answers.Begin();
        }
        else
        {
            _answers.End();
        }
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The next step takes all cores: without this, who waits for the first words would have them a step later.
    private async Task HandOverAsync()
    {
        var begun = _begun;
        _begun = null;
        if (begun is { HasWords: true, FirstRead.Task: { IsCompleted: false } read } && _slots.Rows.Count > 0)
        {
            await read.WaitAsync(s_mostHandover).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Turn()
    {
        DropCancelled();
        Decode();
        BeginAnswers();
        Prefill();
    }

    private void DropCancelled()
    {
        foreach (var generation in _running)
        {
            if (generation.Cancellation.IsCancellationRequested)
            {
                generation.Abandon();
            }
        }

        ReleaseEnded();
    }

    private void Decode()
    {
        var rows = _slots.Rows.Count;
        if (rows == 0)
        {
            return;
        }

        for (var row = 0; row < rows; row++)
        {
            _tokens[row] = _slots.Rows[row].LastToken;
            _positions[row] = _slots.Rows[row].Computed;
        }

        var began = Stopwatch.GetTimestamp();
        var logits = _decoder.Decode(_tokens.AsSpan(0, rows), _positions.AsSpan(0, rows));
        var vocabulary = logits.Length / rows;
        for (var row = 0; row < rows; row++)
        {
            _slots.Rows[row].Generation.NoteStep(rows);
            Advance(_slots.Rows[row], logits.Slice(row * vocabulary, vocabulary));
        }

        _pace.NoteDecode(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        ReleaseEnded();
    }

    private void Advance(Choice choice, Span<float> logits)
    {
        var token = choice.Draw(logits, _decoder.Capacity);
        if (choice.Take(token, _decoder.Capacity) is { } reason)
        {
            choice.Generation.End(choice, reason);
        }
    }

    // From the last row on: releasing one moves the last row into the hole, and that one was looked at already.
    private void ReleaseEnded()
    {
        if (_slots.Prefilling is { Generation.HasEnded: true })
        {
            _slots.DropPrefill();
        }

        for (var row = _slots.Rows.Count - 1; row >= 0; row--)
        {
            if (_slots.Rows[row].HasEnded)
            {
                _slots.Release(row);
            }
        }

        foreach (var ended in _running.Where(generation => generation.HasEnded).ToList())
        {
            _running.Remove(ended);
            _pace.NoteAnswer(ended.RunTime.TotalSeconds);
        }

        _queue.NoteFree(Math.Max(0, _slots.Free - _forks.Count));
    }

    private void BeginAnswers()
    {
        // Further answers to a prompt that is computed before other prompts: the slot that holds it is not given away.
        while (_slots.Free > 0 && _forks.TryDequeue(out var fork))
        {
            if (!fork.Generation.HasEnded)
            {
                _slots.Fork(fork);
            }
        }

        while (_slots.Prefilling is null && _slots.Free > 0 && _queue.Begin() is { } next)
        {
            _running.Add(next);
            NoteActivity();
            next.BeginPrefill(_slots.BeginPrefill(next.Choices[0], mayReuse: !NeedsFixedChunks(next)));
        }
    }

    private void Prefill()
    {
        if (_slots.Prefilling is not { } choice)
        {
            return;
        }

        var prompt = choice.Generation.Request.Prompt;
        var done = choice.Tokens.Count;
        var besideDecoding = _slots.Rows.Count > 0;
        var chunk = StepPlan.ChunkOf(prompt.Length - done, besideDecoding, NeedsFixedChunks(choice.Generation), _pace.DecodeMs, _pace.PrefillMsPerToken);
        if (besideDecoding && _chunk is { } most)
        {
            chunk = Math.Min(prompt.Length - done, most);
        }

        var last = done + chunk == prompt.Length;
        var began = Stopwatch.GetTimestamp();
        var logits = _decoder.Prefill(_slots.Rows.Count, prompt.AsSpan(done, chunk), done, last);
        if (besideDecoding)
        {
            _pace.NotePrefill(chunk, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        choice.Tokens.AddRange(prompt.AsSpan(done, chunk));
        if (last)
        {
            BeginDecoding(choice.Generation, logits);
        }
    }

    // Every answer draws its first token from the same logits.
    private void BeginDecoding(Generation generation, Span<float> logits)
    {
        generation.EndPrefill();
        _slots.EndPrefill();
        var original = generation.Choices.Count > 1 ? logits.ToArray() : [];
        foreach (var choice in generation.Choices)
        {
            if (choice.Index > 0)
            {
                original.CopyTo(logits);
            }

            Advance(choice, logits);
            if (choice.Index > 0 && !choice.HasEnded)
            {
                _forks.Enqueue(choice);
            }
        }

        // While the first one's slot still holds the prompt.
        while (_slots.Free > 0 && _forks.TryDequeue(out var fork))
        {
            _slots.Fork(fork);
        }

        _begun = generation;
        ReleaseEnded();
    }

    private bool NeedsFixedChunks(Generation generation) => generation.IsReproducible && !_decoder.IsBatchInvariant;

    // What failed may have left anything in the slots: those who ran are told, and the next request finds empty ones.
    private void Restart()
    {
        FailRunning();
        try
        {
            _decoder.Reset();
        }
        catch (Exception exception)
        {
            Log.EngineFailed(_log, _model, exception);
        }
    }

    private void FailRunning()
    {
        foreach (var generation in _running)
        {
            generation.Fail(ModelErrors.EngineFailed(_model));
        }

        _begun = null;
        _running.Clear();
        _forks.Clear();
        _slots.Clear();
        _queue.NoteFree(_decoder.Slots);
    }
}
