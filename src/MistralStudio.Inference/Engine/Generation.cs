using System.Threading.Channels;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Sampling;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Engine;

/// <summary>One answer in the making; owned by the engine's loop but for its reader and its cancellation.</summary>
internal sealed class Generation
{
    private readonly Channel<GenerationEvent> _events = Channel.CreateUnbounded<GenerationEvent>(new() { SingleReader = true, SingleWriter = true });
    private readonly TokenDecoder _text;
    private readonly StopText _stop;
    private readonly IReadOnlySet<int> _endOfTurn;
    private readonly TimeProvider _time;
    private readonly long _asked;
    private long _prefillBegan;
    private long _firstToken;

    /// <param name="asked">Timestamp of the request: a model's loading counts as its queue.</param>
    public Generation(GenerationRequest request, Vocabulary vocabulary, TimeProvider time, long asked, CancellationToken cancellation)
    {
        Request = request;
        Cancellation = cancellation;
        Sampler = new Sampler(request.Sampling, request.Prompt);
        _text = new TokenDecoder(vocabulary);
        _stop = new StopText(request.Stops);
        _endOfTurn = vocabulary.EndOfTurn;
        _time = time;
        _asked = asked;
    }

    public GenerationRequest Request { get; }

    public CancellationToken Cancellation { get; }

    public Sampler Sampler { get; }

    /// <summary>True where a seed asks for the same text each time: its prompt is then computed the same way each time.</summary>
    public bool IsReproducible => Request.Sampling.Seed is not null;

    public ChannelReader<GenerationEvent> Events => _events.Reader;

    /// <summary>Prompt and answer tokens whose state is, or is about to be, in the slot.</summary>
    public List<int> Tokens { get; } = [];

    /// <summary>Prompt tokens that were not computed again.</summary>
    public int Reused { get; private set; }

    public int OutputTokens { get; private set; }

    public int LastToken => Tokens[^1];

    /// <summary>Called once, before its reader can see that it ended: who reads the end finds it counted as ended.</summary>
    public Action? Ending { get; set; }

    /// <summary>Its slot gets ready; <paramref name="reused"/> tokens of the prompt are there already.</summary>
    public void BeginPrefill(int reused)
    {
        _prefillBegan = _time.GetTimestamp();
        Reused = reused;
        Tokens.AddRange(Request.Prompt.AsSpan(0, reused));
    }

    /// <summary>Takes the next token of the answer; true where it was the last one.</summary>
    /// <param name="capacity">Tokens that the slot holds.</param>
    public bool Take(int token, int capacity)
    {
        if (OutputTokens++ == 0)
        {
            _firstToken = _time.GetTimestamp();
        }

        Tokens.Add(token);
        if (_endOfTurn.Contains(token) && !Request.IgnoreEndOfTurn)
        {
            Finish("stop");
            return true;
        }

        Write(_stop.Push(_text.Push(token)));
        if (_stop.Stopped)
        {
            Finish("stop");
            return true;
        }

        if (OutputTokens >= Request.MaxTokens || Tokens.Count >= capacity)
        {
            Finish("length");
            return true;
        }

        return false;
    }

    public void Fail(Error error)
    {
        NoteEnding();
        _events.Writer.TryWrite(new GenerationEvent.Failed(error));
        _events.Writer.TryComplete();
    }

    /// <summary>Nobody reads any more.</summary>
    public void Abandon()
    {
        NoteEnding();
        _events.Writer.TryComplete(new OperationCanceledException(Cancellation));
    }

    private void Finish(string reason)
    {
        if (!_stop.Stopped)
        {
            Write(_stop.Push(_text.Flush()));
            Write(_stop.Flush());
        }

        NoteEnding();
        var now = _time.GetTimestamp();
        _events.Writer.TryWrite(new GenerationEvent.Finished(reason, Request.Prompt.Length, OutputTokens, new GenerationTimings(
            Milliseconds(_asked, _prefillBegan), Milliseconds(_prefillBegan, _firstToken), Milliseconds(_firstToken, now), Reused)));
        _events.Writer.TryComplete();
    }

    private void NoteEnding()
    {
        var ending = Ending;
        Ending = null;
        ending?.Invoke();
    }

    private void Write(string text)
    {
        if (text.Length > 0)
        {
            _events.Writer.TryWrite(new GenerationEvent.Text(text));
        }
    }

    private double Milliseconds(long from, long to) => _time.GetElapsedTime(from, to).TotalMilliseconds;
}
