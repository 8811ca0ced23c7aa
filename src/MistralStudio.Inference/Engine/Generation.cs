using System.Threading.Channels;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Structured;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Engine;

/// <summary>A request and its answers in the making; owned by the engine's loop but for its reader and its leaving the queue.</summary>
internal sealed class Generation
{
    private const int Waiting = 0;
    private const int Running = 1;
    private const int Ended = 2;

    private readonly Channel<GenerationEvent> _events = Channel.CreateUnbounded<GenerationEvent>(new() { SingleReader = true, SingleWriter = true });
    private readonly TimeProvider _time;
    private readonly long _asked;
    private long _prefillBegan;
    private long _firstToken;
    private int _reused;
    private int _unfinished;
    private long _steps;
    private long _stepRows;
    private int _state;

    /// <param name="asked">Timestamp of the request: a model's loading counts as its queue.</param>
    /// <param name="grammar">The begun state of <see cref="GenerationRequest.Grammar"/>, where there is one.</param>
    public Generation(
        GenerationRequest request, Vocabulary vocabulary, TimeProvider time, long asked, CancellationToken cancellation, GrammarState? grammar = null)
    {
        Request = request;
        Cancellation = cancellation;
        Choices = [.. Enumerable.Range(0, request.Choices).Select(index => new Choice(this, index, vocabulary, grammar?.Fork()))];
        _unfinished = Choices.Count;
        _time = time;
        _asked = asked;
    }

    public GenerationRequest Request { get; }

    public CancellationToken Cancellation { get; }

    /// <summary>Its answers; the first one's slot computes the prompt for all.</summary>
    public IReadOnlyList<Choice> Choices { get; }

    /// <summary>True where a seed asks for the same text each time: its prompt is then computed the same way each time.</summary>
    public bool IsReproducible => Request.Sampling.Seed is not null;

    public ChannelReader<GenerationEvent> Events => _events.Reader;

    public bool HasEnded => Volatile.Read(ref _state) == Ended;

    /// <summary>Time since its first prefill began.</summary>
    public TimeSpan RunTime => _time.GetElapsedTime(_prefillBegan);

    /// <summary>Called once, before its reader can see that it ended: who reads the end finds it counted as ended.</summary>
    public Action? Ending { get; set; }

    /// <summary>
    /// Completed by its reader once it has passed the first words on and comes for more; null where the reader does not say so.
    /// </summary>
    public TaskCompletionSource? FirstRead { get; init; }

    /// <summary>True once there were words to read.</summary>
    public bool HasWords { get; private set; }

    /// <summary>From the queue to the loop; false where it left meanwhile.</summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref _state, Running, Waiting) == Waiting;

    /// <summary>Out of the queue, from whichever thread; false where it runs already.</summary>
    public bool TryLeave()
    {
        if (Interlocked.CompareExchange(ref _state, Ended, Waiting) != Waiting)
        {
            return false;
        }

        Close(new OperationCanceledException(Cancellation));
        return true;
    }

    /// <summary>Its slot gets ready; <paramref name="reused"/> tokens of the prompt are there already.</summary>
    public void BeginPrefill(int reused)
    {
        _prefillBegan = _time.GetTimestamp();
        _reused = reused;
        Choices[0].Tokens.AddRange(Request.Prompt.AsSpan(0, reused));
    }

    /// <summary>The prompt is read: the answers can begin.</summary>
    public void EndPrefill()
    {
        _firstToken = _time.GetTimestamp();
        foreach (var choice in Choices.Skip(1))
        {
            choice.Tokens.AddRange(Request.Prompt);
        }
    }

    /// <summary>One of its answers got a token in a step of so many rows.</summary>
    public void NoteStep(int rows)
    {
        _steps++;
        _stepRows += rows;
    }

    public void Tell(GenerationEvent happened)
    {
        HasWords |= happened is GenerationEvent.Text;
        _events.Writer.TryWrite(happened);
    }

    /// <summary>One of its answers ended.</summary>
    public void End(Choice choice, string reason)
    {
        if (--_unfinished > 0)
        {
            Tell(new GenerationEvent.ChoiceFinished(choice.Index, reason));
            return;
        }

        _state = Ended;
        NoteEnding();
        Tell(new GenerationEvent.Finished(reason, Request.Prompt.Length, Choices.Sum(each => each.OutputTokens), Timings(), choice.Index));
        _events.Writer.TryComplete();
    }

    public void Fail(Error error)
    {
        if (Interlocked.Exchange(ref _state, Ended) == Ended)
        {
            return;
        }

        NoteEnding();
        Tell(new GenerationEvent.Failed(error));
        _events.Writer.TryComplete();
    }

    /// <summary>Nobody reads any more.</summary>
    public void Abandon()
    {
        if (Interlocked.Exchange(ref _state, Ended) != Ended)
        {
            Close(new OperationCanceledException(Cancellation));
        }
    }

    private void Close(Exception reason)
    {
        NoteEnding();
        _events.Writer.TryComplete(reason);
    }

    private void NoteEnding()
    {
        var ending = Ending;
        Ending = null;
        ending?.Invoke();
    }

    /// <summary>Tokens and times by now. From the reader's thread, once there were words: a step that ends meanwhile is counted, or is not.</summary>
    public GenerationProgress SoFar() => new(Request.Prompt.Length, Choices.Sum(choice => choice.OutputTokens), Timings());

    private GenerationTimings Timings() => new(
        Milliseconds(_asked, _prefillBegan), Milliseconds(_prefillBegan, _firstToken), Milliseconds(_firstToken, _time.GetTimestamp()), _reused)
    {
        TemplateMs = Request.TemplateMs,
        TokenizeMs = Request.TokenizeMs,
        MeanRows = _steps == 0 ? 1 : (double)_stepRows / _steps,
        MaskMs = Choices.Sum(choice => choice.MaskMs),
    };

    private double Milliseconds(long from, long to) => _time.GetElapsedTime(from, to).TotalMilliseconds;
}
