using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

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
    private ulong _random;

    /// <param name="prompt">Tokens that the repetition penalty counts as seen.</param>
    /// <param name="choice">Which of several answers it draws: each has a seed of its own.</param>
    public Sampler(SamplingOptions options, ReadOnlySpan<int> prompt, int choice = 0)
    {
        _options = options;
        _random = unchecked((ulong)((options.Seed + choice) ?? Random.Shared.NextInt64()));
        if (options.RepetitionPenalty != 1)
        {
            foreach (var token in prompt)
            {
                _seen.Add(token);
            }
        }
    }

    /// <summary>Draws the next token. Changes the logits; those of minus infinity are never drawn while another is left.</summary>
    /// <param name="logits">[vocabulary]</param>
    public int Sample(Span<float> logits)
    {
        Adjust(logits);
        var token = _options.Temperature <= 0 ? TensorPrimitives.IndexOfMax<float>(logits) : Draw(logits);
        _seen.Add(token);
        _written[token] = _written.GetValueOrDefault(token) + 1;
        return token;
    }

    private void Adjust(Span<float> logits)
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

        foreach (var (token, bias) in _options.LogitBias)
        {
            if ((uint)token < (uint)logits.Length)
            {
                logits[token] += bias;
            }
        }
    }

    private int Draw(ReadOnlySpan<float> logits)
    {
        // Twice the k that are kept, so that they are sorted seldom and never all.
        var rented = ArrayPool<Candidate>.Shared.Rent(_options.TopK > 0 ? (int)Math.Min(2L * _options.TopK, logits.Length) : logits.Length);
        try
        {
            return Draw(Likeliest(logits, rented));
        }
        finally
        {
            ArrayPool<Candidate>.Shared.Return(rented);
        }
    }

    private int Draw(Span<Candidate> candidates)
    {
        // Softmax over what is left; candidates are sorted, the likeliest first.
        var highest = candidates[0].Weight;
        var sum = 0f;
        foreach (ref var candidate in candidates)
        {
            candidate.Weight = MathF.Exp((candidate.Weight - highest) / _options.Temperature);
            sum += candidate.Weight;
        }

        if (_options.TypicalP < 1)
        {
            candidates = TypicalSampling.Keep(candidates, _options.TypicalP, ref sum);
        }

        var kept = 0;
        var mass = 0f;
        while (kept < candidates.Length
            && (kept == 0 || (mass < _options.TopP * sum && candidates[kept].Weight >= _options.MinP * candidates[0].Weight)))
        {
            mass += candidates[kept].Weight;
            kept++;
        }

        var point = NextUnit() * mass;
        for (var i = 0; i < kept - 1; i++)
        {
            point -= candidates[i].Weight;
            if (point < 0)
            {
                return candidates[i].Token;
            }
        }

        return candidates[kept - 1].Token;
    }

    // The top-k of the vocabulary, sorted. Without a k, what is less likely than e^-16 of the first is left out: it would not be drawn.
    private Span<Candidate> Likeliest(ReadOnlySpan<float> logits, Candidate[] candidates)
    {
        var most = _options.TopK > 0 ? _options.TopK : int.MaxValue;
        var floor = TensorPrimitives.Max(logits) - (16 * Math.Max(_options.Temperature, 0.1f));
        var count = 0;
        var whole = MemoryMarshal.Cast<float, Vector<float>>(logits);
        for (var block = 0; block < whole.Length; block++)
        {
            // Hardly any block holds one.
            if (Vector.GreaterThanOrEqualAny(whole[block], new Vector<float>(floor)))
            {
                Collect(logits, block * Vector<float>.Count, Vector<float>.Count);
            }
        }

        var rest = whole.Length * Vector<float>.Count;
        Collect(logits, rest, logits.Length - rest);
        Keep();
        return candidates.AsSpan(0, count);

        void Collect(ReadOnlySpan<float> logits, int start, int length)
        {
            for (var token = start; token < start + length; token++)
            {
                if (logits[token] < floor)
                {
                    continue;
                }

                if (count == candidates.Length)
                {
                    Keep();
                    floor = candidates[count - 1].Weight;
                }

                candidates[count++] = new(logits[token], token);
            }
        }

        void Keep()
        {
            candidates.AsSpan(0, count).Sort(static (a, b) => a.Weight != b.Weight ? b.Weight.CompareTo(a.Weight) : a.Token.CompareTo(b.Token));
            count = Math.Min(count, most);
        }
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

/// <summary>A token that may be drawn.</summary>
/// <param name="Weight">Its logit, then its share of the softmax before division by the sum.</param>
internal record struct Candidate(float Weight, int Token);
