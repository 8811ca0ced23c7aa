using System.Text;

namespace MistralStudio.Inference.Tokenization;

/// <summary>
/// BERT's WordPiece, uncased: every word of <see cref="BertText"/> is the longest known beginnings one after the other; a word that cannot be
/// spelt so, or has more than 100 characters, is one [UNK].
/// </summary>
internal sealed class WordPiece : Tokenizer
{
    private const string Continuation = "##";
    private const int LongestWord = 100;

    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _starts;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _continuations;
    private readonly int _longestToken;
    private readonly int _unknown;
    private readonly int _classify;
    private readonly int _separate;

    /// <param name="tokens">Tokens by id; those that continue a word start with <c>##</c>.</param>
    /// <exception cref="InvalidDataException">The vocabulary lacks one of [UNK], [CLS], [SEP].</exception>
    public WordPiece(IReadOnlyList<string> tokens)
        : base(ToVocabulary(tokens))
    {
        var starts = new Dictionary<string, int>(tokens.Count, StringComparer.Ordinal);
        var continuations = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < tokens.Count; id++)
        {
            var token = tokens[id];
            _longestToken = Math.Max(_longestToken, token.Length);
            if (token.StartsWith(Continuation, StringComparison.Ordinal) && token.Length > Continuation.Length)
            {
                continuations.TryAdd(token[Continuation.Length..], id);
            }

            starts.TryAdd(token, id);
        }

        _starts = starts.GetAlternateLookup<ReadOnlySpan<char>>();
        _continuations = continuations.GetAlternateLookup<ReadOnlySpan<char>>();
        _unknown = Required(starts, "[UNK]");
        _classify = Required(starts, "[CLS]");
        _separate = Required(starts, "[SEP]");
    }

    /// <summary>
    /// [CLS] text [SEP], as the model reads it; what goes beyond the limit is cut off the text's end. Control tokens written in the text are
    /// recognised, as in the reference: an encoder has no turn that they could open, and its vectors should be everybody's vectors.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="limit">Most tokens, [CLS] and [SEP] included.</param>
    public int[] EncodeSequence(ReadOnlySpan<char> text, int limit)
    {
        var tokens = new List<int>(Math.Min(limit, text.Length / 3 + 4)) { _classify };
        while (tokens.Count < limit - 1 && Vocabulary.Special.Find(text) is { } special)
        {
            EncodeWords(text[..special.Start], tokens, limit - 1);
            if (tokens.Count < limit - 1)
            {
                tokens.Add(special.Token);
            }

            text = text[(special.Start + special.Length)..];
        }

        EncodeWords(text, tokens, limit - 1);
        tokens.Add(_separate);
        return [.. tokens];
    }

    /// <inheritdoc/>
    public override void EncodeOrdinary(ReadOnlySpan<char> text, bool afterSpecial, List<int> tokens) => EncodeWords(text, tokens, int.MaxValue);

    private void EncodeWords(ReadOnlySpan<char> text, List<int> tokens, int limit)
    {
        var words = new BertText(text);
        while (tokens.Count < limit && words.MoveNext())
        {
            EncodeWord(words.Current, tokens);
        }

        if (tokens.Count > limit)
        {
            tokens.RemoveRange(limit, tokens.Count - limit);
        }
    }

    private void EncodeWord(ReadOnlySpan<char> word, List<int> tokens)
    {
        var first = tokens.Count;
        if (word.Length > LongestWord && CountRunes(word) > LongestWord)
        {
            tokens.Add(_unknown);
            return;
        }

        var lookup = _starts;
        for (var start = 0; start < word.Length;)
        {
            var length = Math.Min(word.Length - start, _longestToken);
            int token;
            while (!lookup.TryGetValue(word.Slice(start, length), out token))
            {
                if (--length == 0)
                {
                    tokens.RemoveRange(first, tokens.Count - first);
                    tokens.Add(_unknown);
                    return;
                }
            }

            tokens.Add(token);
            start += length;
            lookup = _continuations;
        }
    }

    private static int CountRunes(ReadOnlySpan<char> word)
    {
        var count = 0;
        foreach (var _ in word.EnumerateRunes())
        {
            count++;
        }

        return count;
    }

    private static int Required(Dictionary<string, int> ids, string token) =>
        ids.TryGetValue(token, out var id) ? id : throw new InvalidDataException($"its vocabulary lacks {token}");

    private static Vocabulary ToVocabulary(IReadOnlyList<string> tokens)
    {
        var special = new List<KeyValuePair<string, int>>();
        var kinds = new TokenKind[tokens.Count];
        var bytes = new byte[tokens.Count][];
        for (var id = 0; id < tokens.Count; id++)
        {
            var token = tokens[id];
            var control = token is "[PAD]" or "[UNK]" or "[CLS]" or "[SEP]" or "[MASK]";
            kinds[id] = control ? TokenKind.Control : TokenKind.Normal;
            bytes[id] = Encoding.UTF8.GetBytes(
                token.StartsWith(Continuation, StringComparison.Ordinal) && token.Length > Continuation.Length ? token[Continuation.Length..] : token);
            if (control)
            {
                special.Add(KeyValuePair.Create(token, id));
            }
        }

        return new Vocabulary(bytes, kinds, special, []);
    }
}
