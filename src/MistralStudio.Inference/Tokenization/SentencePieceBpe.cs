using System.Globalization;
using System.Text;

namespace MistralStudio.Inference.Tokenization;

/// <summary>
/// SentencePiece's byte-pair encoding (Llama 2, Mistral before Tekken): a space is <c>▁</c>, one more stands before the text, neighbours join
/// into the token of the highest score, and a character that is no token is written as the tokens of its UTF-8 bytes (<c>&lt;0xE4&gt;</c>),
/// or as the unknown token where the vocabulary has no bytes. https://github.com/google/sentencepiece/blob/master/src/bpe_model.cc
/// </summary>
internal sealed class SentencePieceBpe : PieceEncoder
{
    /// <summary>SentencePiece's sign for a space, U+2581.</summary>
    private const char Space = '\u2581';

    // What a vocabulary needs is far below; the limits keep a hostile one from filling memory with the ways its tokens can be cut.
    private const int LongestMerged = 128;
    private const int MostMerges = 1 << 22;

    private readonly Dictionary<int, int> _characters;
    private readonly int[] _byteTokens;
    private readonly int _unknown;
    private readonly bool _spaceBefore;
    private readonly bool _spaceStartsPiece;

    private SentencePieceBpe(
        Vocabulary vocabulary, BytePairMerges merges, Dictionary<int, int> characters, int[] byteTokens, int unknown, bool spaceBefore, bool spaceStartsPiece)
        : base(vocabulary, merges)
    {
        _characters = characters;
        _byteTokens = byteTokens;
        _unknown = unknown;
        _spaceBefore = spaceBefore;
        _spaceStartsPiece = spaceStartsPiece;
    }

    /// <summary>Builds the encoding from the lists of a model file.</summary>
    /// <param name="tokens">Tokens by id, spaces written as <c>▁</c>.</param>
    /// <param name="scores">Scores by id; the highest joins first.</param>
    /// <param name="kinds">What each token is.</param>
    /// <param name="spaceBefore">True where a space is put before a text (<c>add_dummy_prefix</c>).</param>
    /// <param name="endOfTurn">Tokens after which the model's turn is over.</param>
    /// <param name="sequence">The tokens around a text.</param>
    /// <exception cref="InvalidDataException">The lists contradict each other; the message says how.</exception>
    public static SentencePieceBpe Create(
        IReadOnlyList<string> tokens,
        float[] scores,
        TokenKind[] kinds,
        bool spaceBefore,
        IEnumerable<int> endOfTurn,
        SequenceTokens? sequence = null)
    {
        if (tokens.Count == 0 || kinds.Length != tokens.Count || scores.Length != tokens.Count)
        {
            throw new InvalidDataException($"it has {tokens.Count:N0} tokens, but {kinds.Length:N0} token types and {scores.Length:N0} scores");
        }

        var ids = new Dictionary<string, int>(tokens.Count, StringComparer.Ordinal);
        var characters = new Dictionary<int, int>();
        var bytes = new byte[tokens.Count][];
        var byteTokens = new int[256];
        Array.Fill(byteTokens, -1);
        var spaceStartsPiece = true;
        for (var id = 0; id < tokens.Count; id++)
        {
            var token = tokens[id];
            if (kinds[id] == TokenKind.Byte)
            {
                var value = ByteOf(token);
                bytes[id] = [value];
                byteTokens[value] = id;
                continue;
            }

            var isText = Vocabulary.IsOrdinary(kinds[id]);
            bytes[id] = Encoding.UTF8.GetBytes(isText ? token.Replace(Space, ' ') : token);
            if (isText && ids.TryAdd(token, id))
            {
                spaceStartsPiece &= !token.AsSpan().TrimStart(Space).Contains(Space);
                if (Rune.DecodeFromUtf16(token, out var rune, out var length) == System.Buffers.OperationStatus.Done && length == token.Length)
                {
                    characters.Add(rune.Value, id);
                }
            }
        }

        return new SentencePieceBpe(
            new Vocabulary(bytes, kinds, Vocabulary.SpecialNames(tokens, kinds), endOfTurn) { TextStartsWithSpace = spaceBefore },
            new BytePairMerges(WaysToJoin(ids, scores)),
            characters,
            byteTokens,
            Array.IndexOf(kinds, TokenKind.Unknown),
            spaceBefore,
            spaceStartsPiece) { Sequence = sequence ?? new() };
    }

    /// <inheritdoc/>
    protected override void EncodePieces(ReadOnlySpan<char> text, bool afterSpecial, ref Pieces pieces)
    {
        if (text.Length == 0)
        {
            return;
        }

        var spelt = text.ToString().Replace(' ', Space).AsSpan();
        // A template often writes the space behind its control token itself.
        if (_spaceBefore && !(afterSpecial && spelt[0] == Space))
        {
            spelt = $"{Space}{spelt}";
        }

        // Where no token has a space after another character, nothing joins across the beginning of a word.
        while (_spaceStartsPiece && spelt.Length > 0)
        {
            var word = spelt.IndexOfAnyExcept(Space);
            var next = word < 0 ? -1 : spelt[word..].IndexOf(Space);
            var length = next < 0 ? spelt.Length : word + next;
            pieces.Add(spelt[..length]);
            spelt = spelt[length..];
        }

        if (spelt.Length > 0)
        {
            pieces.Add(spelt);
        }
    }

    /// <inheritdoc/>
    protected override int MostSymbols(int pieceLength) => pieceLength;

    /// <inheritdoc/>
    protected override int Begin(ReadOnlySpan<char> piece, Span<int> symbols)
    {
        var count = 0;
        foreach (var rune in piece.EnumerateRunes())
        {
            // A character that is no token joins nothing; its symbol is its code point, behind all tokens.
            symbols[count++] = _characters.TryGetValue(rune.Value, out var id) ? id : Vocabulary.Count + rune.Value;
        }

        return count;
    }

    /// <inheritdoc/>
    protected override void Finish(ReadOnlySpan<int> symbols, List<int> tokens)
    {
        Span<byte> utf8 = stackalloc byte[4];
        var afterUnknown = false;
        foreach (var symbol in symbols)
        {
            if (symbol < Vocabulary.Count)
            {
                tokens.Add(symbol);
                afterUnknown = false;
                continue;
            }

            var bytes = utf8[..new Rune(symbol - Vocabulary.Count).EncodeToUtf8(utf8)];
            var spelt = true;
            foreach (var value in bytes)
            {
                spelt &= _byteTokens[value] >= 0;
            }

            if (spelt)
            {
                foreach (var value in bytes)
                {
                    tokens.Add(_byteTokens[value]);
                }
            }
            else if (_unknown >= 0 && !afterUnknown)
            {
                tokens.Add(_unknown);
            }

            afterUnknown = !spelt;
        }
    }

    private static byte ByteOf(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new InvalidDataException($"its byte token \"{token}\" is not of the form <0xFF>");

    /// <summary>Every way to cut a token into two: the pair joins into it, by its score.</summary>
    private static List<Merge> WaysToJoin(Dictionary<string, int> ids, float[] scores)
    {
        var ranks = scores.Distinct().OrderDescending().Select((score, rank) => (score, rank)).ToDictionary(item => item.score, item => item.rank);
        var lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        var merges = new List<Merge>(ids.Count);
        foreach (var (token, id) in ids)
        {
            for (var cut = 1; cut < token.Length && token.Length <= LongestMerged; cut++)
            {
                if (lookup.TryGetValue(token.AsSpan(0, cut), out var left) && lookup.TryGetValue(token.AsSpan(cut), out var right))
                {
                    merges.Add(new Merge(left, right, id, ranks[scores[id]]));
                }
            }

            if (merges.Count > MostMerges)
            {
                throw new InvalidDataException($"its tokens join in more than {MostMerges:N0} ways");
            }
        }

        return merges;
    }
}
