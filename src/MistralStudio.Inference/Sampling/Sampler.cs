using System.Numerics.Tensors;

namespace MistralStudio.Inference.Sampling;

/// <summary>
/// Draws the tokens of one answer. It has its own random numbers, one for each token, so that the same request and seed give the same
/// text alone or beside others.
/// </summary>
internal sealed class Sampler
{
    private readonly SamplingOptions _options;
    private readonly Dictionary<int, int> _written = [];
    private readonly HashSet<int> _seen = [];
    private (float Logit, int Token)[] _candidates = [];
    private ulong _random;

    /// <param name="prompt">Tokens that the repetition penalty counts as seen.</param>
    public Sampler(SamplingOptions options, ReadOnlySpan<int> prompt)
    {
        _options = options;
        _random = unchecked((ulong)(options.Seed ?? Random.Shared.NextInt64()));
        if (options.RepetitionPenalty != 1)
        {
            foreach (var token in prompt)
            {
                _seen.Add(token);
            }
        }
    }

    /// <summary>Draws the next token. Changes the logits.</summary>
    /// <param name="logits">[vocabulary]</param>
    public int Sample(Span<float> logits)
    {
        Penalise(logits);
        var token = _options.Temperature <= 0 ? TensorPrimitives.IndexOfMax<float>(logits) : Draw(logits);
        _seen.Add(token);
        _written[token] = _written.GetValueOrDefault(token) + 1;
        return token;
    }

    private void Penalise(Span<float> logits)
    {
        if (_options.RepetitionPenalty != 1)
        {
            foreach (var token in _seen)
            {
                logits[token] = logits[token] > 0 ? logits[token] / _options.RepetitionPenalty : logits[token] * _options.RepetitionPenalty;
            }
        }

        if (_options.FrequencyPenalty != 0 || _options.PresencePenalty != 0)
        {
            foreach (var (token, times) in _written)
            {
                logits[token] -= (_options.FrequencyPenalty * times) + _options.PresencePenalty;
            }
        }
    }

    private int Draw(Span<float> logits)
    {
        var count = Candidates(logits);
        var candidates = _candidates.AsSpan(0, count);

        // Softmax over what is left; candidates are sorted, the likeliest first.
        var highest = candidates[0].Logit;
        var sum = 0f;
        for (var i = 0; i < count; i++)
        {
            candidates[i].Logit = MathF.Exp((candidates[i].Logit - highest) / _options.Temperature);
            sum += candidates[i].Logit;
        }

        var kept = 0;
        var mass = 0f;
        while (kept < count && (kept == 0 || (mass < _options.TopP * sum && candidates[kept].Logit >= _options.MinP * candidates[0].Logit)))
        {
            mass += candidates[kept].Logit;
            kept++;
        }

        var point = NextUnit() * mass;
        for (var i = 0; i < kept - 1; i++)
        {
            point -= candidates[i].Logit;
            if (point < 0)
            {
                return candidates[i].Token;
            }
        }

        return candidates[kept - 1].Token;
    }

    // The top-k of the vocabulary, sorted. Without a k, what is less likely than e^-16 of the first is left out: it would not be drawn.
    private int Candidates(ReadOnlySpan<float> logits)
    {
        var floor = TensorPrimitives.Max(logits) - (16 * Math.Max(_options.Temperature, 0.1f));
        var count = 0;
        if (_candidates.Length < logits.Length)
        {
            _candidates = new (float, int)[logits.Length];
        }

        for (var token = 0; token < logits.Length; token++)
        {
            if (logits[token] >= floor)
            {
                _candidates[count++] = (logits[token], token);
            }
        }

        _candidates.AsSpan(0, count).Sort(static (a, b) => a.Logit != b.Logit ? b.Logit.CompareTo(a.Logit) : a.Token.CompareTo(b.Token));
        return _options.TopK > 0 ? Math.Min(count, _options.TopK) : count;
    }

    // SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine and version.
    private float NextUnit()
    {
        var z = _random += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 40) * (1f / (1 << 24));
    }
}
