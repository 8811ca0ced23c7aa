using System.Buffers;
using System.Collections.Frozen;

namespace MistralStudio.Inference.Tokenization;

/// <summary>Where a special token stands in a text, UTF-16 units.</summary>
internal readonly record struct SpecialTokenMatch(int Start, int Length, int Token);

/// <summary>Finds names of special tokens in a text: the leftmost, and of those the longest.</summary>
internal sealed class SpecialTokens
{
    private readonly FrozenDictionary<string, int> _byName;
    private readonly FrozenDictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly int[] _lengths;
    private readonly SearchValues<string> _names;

    /// <param name="names">Names and ids; a name of one character is text like any other and left out.</param>
    public SpecialTokens(IEnumerable<KeyValuePair<string, int>> names)
    {
        _byName = names.Where(name => name.Key.Length > 1).DistinctBy(name => name.Key).ToFrozenDictionary(StringComparer.Ordinal);
        _bySpan = _byName.GetAlternateLookup<ReadOnlySpan<char>>();
        _lengths = [.. _byName.Keys.Select(name => name.Length).Distinct().OrderDescending()];
        _names = SearchValues.Create([.. _byName.Keys], StringComparison.Ordinal);
    }

    /// <summary>The id of a name, or null where there is no such special token.</summary>
    public int? this[string name] => _byName.TryGetValue(name, out var token) ? token : null;

    /// <summary>The first special token of a text, or null where it holds none.</summary>
    public SpecialTokenMatch? Find(ReadOnlySpan<char> text)
    {
        var start = text.IndexOfAny(_names);
        if (start < 0)
        {
            return null;
        }

        foreach (var length in _lengths)
        {
            if (length <= text.Length - start && _bySpan.TryGetValue(text.Slice(start, length), out var token))
            {
                return new SpecialTokenMatch(start, length, token);
            }
        }

        return null;
    }
}
