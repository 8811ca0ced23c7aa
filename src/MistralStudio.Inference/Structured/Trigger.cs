using System.Collections.Concurrent;
using System.Text;
using MistralStudio.Inference.Structured.Masks;

namespace MistralStudio.Inference.Structured;

/// <summary>
/// Waits for a text in tokens (Knuth, Morris, Pratt 1977), also across their borders. Immutable: how much of the text was just written is
/// the caller's.
/// </summary>
internal sealed class Trigger
{
    private const int Missed = -1;

    private readonly bool _onlyAtStart;
    private readonly byte[] _text;
    private readonly int[] _fallback;
    private readonly int? _token;
    private readonly VocabularyTrie _vocabulary;
    private readonly ConcurrentDictionary<int, (int Token, byte[] Behind)[]> _completions = new();

    /// <param name="onlyAtStart">True where the text counts at the beginning of an answer alone.</param>
    public Trigger(string text, VocabularyTrie vocabulary, bool onlyAtStart = false)
    {
        _onlyAtStart = onlyAtStart;
        _text = Encoding.UTF8.GetBytes(text);
        _vocabulary = vocabulary;
        _token = vocabulary.Vocabulary.Special[text];
        _fallback = new int[_text.Length + 1];
        for (int i = 1, matched = 0; i < _text.Length; i++)
        {
            while (matched > 0 && _text[i] != _text[matched])
            {
                matched = _fallback[matched];
            }

            matched += _text[i] == _text[matched] ? 1 : 0;
            _fallback[i + 1] = matched;
        }
    }

    /// <summary>
    /// What is matched after a token; where the text is complete, <paramref name="behind"/> is the place in the token's bytes behind it,
    /// otherwise -1.
    /// </summary>
    public int Advance(int matched, int token, out int behind)
    {
        if (token == _token && matched != Missed && !(_onlyAtStart && matched > 0))
        {
            behind = _vocabulary.Vocabulary.Bytes(token).Length;
            return _text.Length;
        }

        behind = -1;
        if (_vocabulary.Vocabulary.IsControl(token))
        {
            return _onlyAtStart ? Missed : 0;
        }

        var bytes = _vocabulary.Vocabulary.Bytes(token);
        for (var i = 0; i < bytes.Length; i++)
        {
            matched = Advance(matched, bytes[i]);
            if (matched == _text.Length)
            {
                behind = i + 1;
                return matched;
            }
        }

        return matched;
    }

    /// <summary>The tokens that complete the text and go on behind it, with what they go on with.</summary>
    public (int Token, byte[] Behind)[] Completions(int matched) => _completions.GetOrAdd(matched, from =>
    {
        var found = new List<(int, byte[])>();
        for (var token = 0; token < _vocabulary.Vocabulary.Count; token++)
        {
            Advance(from, token, out var behind);
            if (behind >= 0 && token != _token && _vocabulary.Vocabulary.Bytes(token)[behind..] is { Length: > 0 } rest)
            {
                found.Add((token, rest.ToArray()));
            }
        }

        return [.. found];
    });

    private int Advance(int matched, byte value)
    {
        if (matched == Missed || (_onlyAtStart && _text[matched] != value))
        {
            return Missed;
        }

        while (matched > 0 && _text[matched] != value)
        {
            matched = _fallback[matched];
        }

        return matched + (_text[matched] == value ? 1 : 0);
    }
}
