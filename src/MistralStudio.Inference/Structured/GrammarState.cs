using MistralStudio.Inference.Structured.Masks;

namespace MistralStudio.Inference.Structured;

/// <summary>
/// Holds one answer to a grammar, token by token: <see cref="Mask"/> before a token is drawn, <see cref="Accept"/> after. Owned by one
/// answer; <see cref="Fork"/> for a second one from the same point costs a few words.
/// </summary>
internal sealed class GrammarState
{
    // Beyond this many ways to read one answer the later ones are let go: what is left is still only what the grammar allows.
    private const int MostReadings = 64;

    private readonly BoundGrammar _grammar;
    private readonly Trigger? _trigger;
    private Reading[] _readings;
    private int _triggered;
    private bool _isActive;

    public GrammarState(BoundGrammar grammar, Trigger? trigger)
    {
        _grammar = grammar;
        _trigger = trigger;
        _isActive = trigger is null;
        _readings = [.. trigger is null ? grammar.Machine.StartOfText : grammar.Machine.Start];
    }

    private GrammarState(GrammarState other)
    {
        (_grammar, _trigger, _readings, _triggered, _isActive) = (other._grammar, other._trigger, other._readings, other._triggered, other._isActive);
    }

    /// <summary>False while an answer that need not follow the grammar has not written the text that it begins after.</summary>
    public bool IsActive => _isActive;

    /// <summary>True where the answer may end here: it is whole, or it never began to follow the grammar.</summary>
    public bool IsComplete => !_isActive || Waiting(_readings).Exists(reading => reading.Frame is null);

    /// <summary>True where the answer is whole and nothing can follow: only an end of turn is left.</summary>
    public bool IsFinished => _isActive && Waiting(_readings).TrueForAll(reading => reading.Frame is null);

    /// <summary>Tokens with which the answer can be closed from here; 0 where it is complete.</summary>
    public int TokensToClose => _isActive ? _readings.Select(reading => _grammar.Machine.Cost(reading)).DefaultIfEmpty(0).Min() : 0;

    /// <summary>
    /// Sets the logits of tokens that may not come next to minus infinity. Of those that may, only such are left after which the answer can
    /// still be closed within the budget; where none can (the budget was too small from the start), those that bring the end nearer. An end of
    /// turn is left where the answer is complete.
    /// </summary>
    /// <param name="logits">Of one position, [vocabulary] or longer.</param>
    /// <param name="remainingTokens">Tokens that may still be written, the next one included.</param>
    public void Mask(Span<float> logits, int remainingTokens)
    {
        if (!_isActive)
        {
            MaskTrigger(logits);
            return;
        }

        var vocabulary = _grammar.Machine.Trie.Vocabulary;
        Span<(int Token, float Logit)> ends = stackalloc (int, float)[32];
        var kept = 0;
        if (IsComplete)
        {
            foreach (var end in vocabulary.EndOfTurn)
            {
                if (kept < ends.Length && end < logits.Length)
                {
                    ends[kept++] = (end, logits[end]);
                }
            }
        }

        var words = (vocabulary.Count + 63) / 64;
        Span<ulong> scratch = words <= 4096 ? stackalloc ulong[words] : new ulong[words];
        StateMask.Apply(_grammar.Masks.Of(_readings).Within(Growth(remainingTokens), scratch), logits);
        foreach (var (token, logit) in ends[..kept])
        {
            logits[token] = logit;
        }
    }

    /// <summary>True where a token may come next, whatever the budget.</summary>
    public bool Allows(int token) => Fork().Accept(token);

    /// <summary>
    /// Takes the token that was drawn. False, and nothing changes, where the grammar does not allow it. An end of turn is allowed where the
    /// answer is complete.
    /// </summary>
    public bool Accept(int token)
    {
        var vocabulary = _grammar.Machine.Trie.Vocabulary;
        if (!_isActive)
        {
            var matched = _trigger!.Advance(_triggered, token, out var behind);
            if (behind >= 0)
            {
                if (Advance(_readings, vocabulary.Bytes(token)[behind..]) is not { Length: > 0 } begun)
                {
                    return false;
                }

                _readings = begun;
                _isActive = true;
            }

            _triggered = matched;
            return true;
        }

        if (vocabulary.Bytes(token).IsEmpty || Advance(_readings, _grammar.Machine.Trie.Path(token)) is not { Length: > 0 } next)
        {
            return vocabulary.IsControl(token) && vocabulary.EndOfTurn.Contains(token) && IsComplete;
        }

        _readings = next;
        return true;
    }

    /// <summary>Another answer from the same point.</summary>
    public GrammarState Fork() => new(this);

    private int Growth(int remainingTokens) => (int)Math.Clamp((long)remainingTokens - 1 - TokensToClose, int.MinValue, int.MaxValue);

    // Tokens that complete the trigger are left only where the grammar allows what they go on with.
    private void MaskTrigger(Span<float> logits)
    {
        foreach (var (token, behind) in _trigger!.Completions(_triggered))
        {
            if (token < logits.Length && Advance(_readings, behind).Length == 0)
            {
                logits[token] = float.NegativeInfinity;
            }
        }
    }

    private List<Reading> Waiting(IReadOnlyList<Reading> readings)
    {
        var waiting = new List<Reading>();
        foreach (var reading in readings)
        {
            _grammar.Machine.Expand(reading, waiting);
        }

        return waiting;
    }

    // Each reading by itself, as the masks are made.
    private Reading[] Advance(Reading[] readings, ReadOnlySpan<byte> bytes)
    {
        var (arrived, current, waiting) = (new List<Reading>(), new List<Reading>(), new List<Reading>());
        foreach (var reading in readings)
        {
            current.Clear();
            current.Add(reading);
            foreach (var value in bytes)
            {
                waiting.Clear();
                foreach (var one in current)
                {
                    _grammar.Machine.Expand(one, waiting);
                }

                current.Clear();
                foreach (var one in waiting)
                {
                    if (_grammar.Machine.TryStep(one, value, out var next))
                    {
                        AddNew(current, next);
                    }
                }
            }

            foreach (var next in current)
            {
                if (arrived.Count < MostReadings && _grammar.Machine.Cost(next) < Cost.Never)
                {
                    AddNew(arrived, next);
                }
            }
        }

        return [.. arrived];
    }

    private static void AddNew(List<Reading> readings, in Reading reading)
    {
        foreach (var known in readings)
        {
            if (known.State == reading.State && known.Count == reading.Count && Frame.Same(known.Frame, reading.Frame, exactly: true))
            {
                return;
            }
        }

        readings.Add(reading);
    }
}
