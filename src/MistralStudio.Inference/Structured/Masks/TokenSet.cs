using System.Numerics;

namespace MistralStudio.Inference.Structured.Masks;

/// <summary>Some tokens of a vocabulary: as a list where they are few, as bits where they are many.</summary>
internal sealed class TokenSet
{
    private readonly int[]? _list;
    private readonly ulong[]? _bits;

    public TokenSet(List<int> tokens, int vocabulary)
    {
        if (tokens.Count < vocabulary / 32)
        {
            _list = [.. tokens];
            return;
        }

        _bits = new ulong[(vocabulary + 63) / 64];
        foreach (var token in tokens)
        {
            _bits[token >> 6] |= 1UL << token;
        }
    }

    /// <summary>Bytes that it takes.</summary>
    public int Size => ((_list?.Length ?? 0) * 4) + ((_bits?.Length ?? 0) * 8);

    /// <summary>Adds the tokens to a mask of one bit each.</summary>
    public void AddTo(Span<ulong> mask)
    {
        foreach (var token in _list ?? [])
        {
            mask[token >> 6] |= 1UL << token;
        }

        for (var i = 0; i < (_bits?.Length ?? 0); i++)
        {
            mask[i] |= _bits![i];
        }
    }

    /// <summary>Lowers the entries of its tokens to a value.</summary>
    public void Lower(Span<int> entries, int value)
    {
        foreach (var token in _list ?? [])
        {
            entries[token] = Math.Min(entries[token], value);
        }

        for (var i = 0; i < (_bits?.Length ?? 0); i++)
        {
            for (var word = _bits![i]; word != 0; word &= word - 1)
            {
                ref var entry = ref entries[(i * 64) + BitOperations.TrailingZeroCount(word)];
                entry = Math.Min(entry, value);
            }
        }
    }
}
