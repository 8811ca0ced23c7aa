using System.Diagnostics;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Sampling;
using MistralStudio.Inference.Structured;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Engine;

/// <summary>One answer in the making: what its slot holds, how its next token is drawn, and its text. The engine's loop alone touches it.</summary>
internal sealed class Choice
{
    private readonly Vocabulary _vocabulary;
    private readonly Sampler _sampler;
    private readonly GrammarState? _grammar;
    private readonly TokenLogprobs? _logprobs;
    private readonly TokenDecoder _text;
    private readonly StopText _stop;
    private readonly Queue<(int Start, TokenLogprob Logprob)> _untold = [];
    private int _decoded;
    private int _told;
    private bool _isWhole;

    public Choice(Generation generation, int index, Vocabulary vocabulary, GrammarState? grammar)
    {
        Generation = generation;
        Index = index;
        _vocabulary = vocabulary;
        _grammar = grammar;
        _sampler = new Sampler(generation.Request.Sampling, generation.Request.Prompt, index);
        _logprobs = generation.Request.TopLogprobs is { } top ? new TokenLogprobs(vocabulary, top) : null;
        _text = generation.Request.NewDecoder(vocabulary);
        _stop = new StopText(generation.Request.Stops);
    }

    public Generation Generation { get; }

    /// <summary>Its place among the answers of its generation.</summary>
    public int Index { get; }

    /// <summary>Prompt and answer tokens whose state is, or is about to be, in the slot.</summary>
    public List<int> Tokens { get; } = [];

    /// <summary>How many of <see cref="Tokens"/> the slot holds: the one that was drawn last was not computed yet.</summary>
    public int Computed => OutputTokens > 0 ? Tokens.Count - 1 : Tokens.Count;

    public int OutputTokens { get; private set; }

    public int LastToken => Tokens[^1];

    /// <summary>True where nothing comes any more, because it is whole or nobody waits for it.</summary>
    public bool HasEnded => _isWhole || Generation.HasEnded;

    /// <summary>Time that the grammar took, ms.</summary>
    public double MaskMs { get; private set; }

    /// <summary>Draws the next token. Changes the logits.</summary>
    /// <param name="logits">[vocabulary]</param>
    /// <param name="capacity">Tokens that the slot holds.</param>
    public int Draw(Span<float> logits, int capacity)
    {
        _logprobs?.Read(logits);
        if (_grammar is not null)
        {
            var begin = Stopwatch.GetTimestamp();
            _grammar.Mask(logits, Math.Min(Generation.Request.MaxTokens - OutputTokens, capacity - Tokens.Count));
            MaskMs += Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        }

        return _sampler.Sample(logits);
    }

    /// <summary>Takes the token that was drawn; the reason where it ends the answer: <c>stop</c> or <c>length</c>.</summary>
    /// <param name="capacity">Tokens that the slot holds.</param>
    public string? Take(int token, int capacity)
    {
        OutputTokens++;
        Tokens.Add(token);
        if (!FollowsGrammar(token))
        {
            // The mask left nothing: what is written so far cannot be gone on with.
            return End("length");
        }

        if (_vocabulary.EndOfTurn.Contains(token) && (!Generation.Request.IgnoreEndOfTurn || _grammar is { IsActive: true }))
        {
            return End("stop");
        }

        Write(token);
        if (_stop.Stopped || _grammar is { IsFinished: true })
        {
            return End("stop");
        }

        return OutputTokens < Generation.Request.MaxTokens && Tokens.Count < capacity ? null
            : End(_grammar is { IsActive: true, IsComplete: true } ? "stop" : "length");
    }

    private bool FollowsGrammar(int token)
    {
        if (_grammar is null)
        {
            return true;
        }

        var begin = Stopwatch.GetTimestamp();
        var follows = _grammar.Accept(token);
        MaskMs += Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        return follows;
    }

    private void Write(int token)
    {
        if (_logprobs is not null)
        {
            _untold.Enqueue((_decoded, _logprobs.Of(token)));
        }

        var text = _text.Push(token);
        _decoded += text.Length;
        Tell(_stop.Push(text), all: false);
    }

    private string End(string reason)
    {
        _isWhole = true;
        if (!_stop.Stopped)
        {
            var rest = _stop.Push(_text.Flush());
            Tell(rest + _stop.Flush(), all: true);
        }

        return reason;
    }

    // The log-probability of a token goes with the text that it begins in; tokens that a stop string took away have none.
    private void Tell(string text, bool all)
    {
        _told += text.Length;
        List<TokenLogprob>? logprobs = null;
        while (_untold.TryPeek(out var next) && (all || next.Start < _told))
        {
            (logprobs ??= []).Add(_untold.Dequeue().Logprob);
        }

        if (text.Length > 0 || logprobs is not null)
        {
            Generation.Tell(new GenerationEvent.Text(text, Index, logprobs));
        }
    }
}
