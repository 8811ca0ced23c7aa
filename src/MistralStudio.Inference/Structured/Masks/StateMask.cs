using System.Numerics;

namespace MistralStudio.Inference.Structured.Masks;

/// <summary>
/// The tokens that may come next in a state, grouped by how many more (or fewer) tokens the answer needs after each than before it.
/// Immutable.
/// </summary>
internal sealed class StateMask
{
    private readonly ulong[] _all;
    private readonly (int Growth, TokenSet Tokens)[] _groups;

    /// <param name="costs">Of every token what the answer needs after it; <see cref="Cost.Never"/> where it is not allowed.</param>
    /// <param name="before">What the answer needs now.</param>
    public StateMask(ReadOnlySpan<int> costs, int before)
    {
        _all = new ulong[(costs.Length + 63) / 64];
        var groups = new SortedDictionary<int, List<int>>();
        List<int>? last = null;
        var lastCost = -1;
        for (var token = 0; token < costs.Length; token++)
        {
            if (costs[token] >= Cost.Never)
            {
                continue;
            }

            if (costs[token] != lastCost)
            {
                lastCost = costs[token];
                if (!groups.TryGetValue(lastCost - before, out last))
                {
                    last = groups[lastCost - before] = [];
                }
            }

            last!.Add(token);
            _all[token >> 6] |= 1UL << token;
        }

        var vocabulary = costs.Length;
        _groups = [.. groups.Select(group => (group.Key, new TokenSet(group.Value, vocabulary)))];
    }

    /// <summary>Bytes that it takes.</summary>
    public int Size => (_all.Length * 8) + _groups.Sum(group => group.Tokens.Size + 32) + 100;

    /// <summary>True where no token can come.</summary>
    public bool IsEmpty => _groups.Length == 0;

    /// <summary>
    /// The tokens that leave the answer closable, one bit each: those after which it needs at most <paramref name="growth"/> tokens more than
    /// now. Where there are none, those that bring its end nearer.
    /// </summary>
    /// <param name="scratch">Where bits are put together if they must be.</param>
    public ReadOnlySpan<ulong> Within(int growth, Span<ulong> scratch)
    {
        if (_groups.Length == 0 || _groups[^1].Growth <= growth)
        {
            return _all;
        }

        var limit = _groups[0].Growth <= growth ? growth : Math.Max(_groups[0].Growth, -1);
        scratch = scratch[.._all.Length];
        scratch.Clear();
        foreach (var (needed, tokens) in _groups)
        {
            if (needed <= limit)
            {
                tokens.AddTo(scratch);
            }
        }

        return scratch;
    }

    /// <summary>Sets the logits of tokens without a bit to minus infinity; so are those beyond the vocabulary.</summary>
    public static void Apply(ReadOnlySpan<ulong> bits, Span<float> logits)
    {
        for (var i = 0; i < bits.Length; i++)
        {
            var part = logits.Slice(i * 64, Math.Min(64, logits.Length - (i * 64)));
            if (bits[i] == 0)
            {
                part.Fill(float.NegativeInfinity);
                continue;
            }

            for (var zeros = ~bits[i] & (part.Length == 64 ? ulong.MaxValue : (1UL << part.Length) - 1); zeros != 0; zeros &= zeros - 1)
            {
                part[BitOperations.TrailingZeroCount(zeros)] = float.NegativeInfinity;
            }
        }

        if (bits.Length * 64 < logits.Length)
        {
            logits[(bits.Length * 64)..].Fill(float.NegativeInfinity);
        }
    }
}
