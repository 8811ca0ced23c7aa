using System.Text;

namespace MistralStudio.Inference.Tokenization;

/// <summary>
/// Byte-level byte-pair encoding (GPT-2 and its kin): pieces of the pre-tokenizer, as UTF-8, merged inside each piece. No normalisation, and
/// no unknown token: a byte that the vocabulary lacks is dropped. Half a surrogate pair is U+FFFD.
/// </summary>
internal sealed class ByteLevelBpe : PieceEncoder
{
    private const int LongestWhole = 256;

    private readonly PreTokenizer _pieces;
    private readonly int[] _byteTokens;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>>? _wholeTokens;

    private ByteLevelBpe(Vocabulary vocabulary, PreTokenizer pieces, BytePairMerges merges, int[] byteTokens, Dictionary<string, int>? wholeTokens)
        : base(vocabulary, merges)
    {
        _pieces = pieces;
        _byteTokens = byteTokens;
        _wholeTokens = wholeTokens?.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Builds the encoding from the lists of a model file.</summary>
    /// <param name="tokens">Tokens by id, ordinary ones in the alphabet of <see cref="ByteSymbols"/>.</param>
    /// <param name="kinds">What each token is.</param>
    /// <param name="merges">Pairs of tokens, a space between them, in the order they were learnt.</param>
    /// <param name="pieces">The pre-tokenizer.</param>
    /// <param name="endOfTurn">Tokens after which the model's turn is over.</param>
    /// <param name="sequence">The tokens around a text.</param>
    /// <exception cref="InvalidDataException">The lists contradict each other; the message says how.</exception>
    public static ByteLevelBpe Create(
        IReadOnlyList<string> tokens,
        TokenKind[] kinds,
        IReadOnlyList<string> merges,
        PreTokenizer pieces,
        IEnumerable<int> endOfTurn,
        SequenceTokens? sequence = null)
    {
        if (tokens.Count == 0 || kinds.Length != tokens.Count)
        {
            throw new InvalidDataException($"it has {tokens.Count:N0} tokens, but {kinds.Length:N0} token types");
        }

        var ids = new Dictionary<string, int>(tokens.Count, StringComparer.Ordinal);
        var bytes = new byte[tokens.Count][];
        for (var id = 0; id < tokens.Count; id++)
        {
            ids.TryAdd(tokens[id], id);
            bytes[id] = (IsOrdinary(kinds[id]) ? ByteSymbols.Decode(tokens[id]) : null) ?? Encoding.UTF8.GetBytes(tokens[id]);
        }

        var byteTokens = new int[256];
        for (var value = 0; value < 256; value++)
        {
            var token = ids.GetValueOrDefault(ByteSymbols.Of((byte)value).ToString(), -1);
            byteTokens[value] = token >= 0 && IsOrdinary(kinds[token]) ? token : -1;
        }

        return new ByteLevelBpe(
            new Vocabulary(bytes, kinds, Vocabulary.SpecialNames(tokens, kinds), endOfTurn),
            pieces,
            new BytePairMerges(Resolve(merges, ids, kinds)),
            byteTokens,
            pieces.TakesWholeTokens ? ids : null) { Sequence = sequence ?? new() };
    }

    /// <inheritdoc/>
    protected override void EncodePieces(ReadOnlySpan<char> text, bool afterSpecial, ref Pieces pieces)
    {
        while (text.Length > 0)
        {
            var length = _pieces.NextPiece(text);
            pieces.Add(text[..length]);
            text = text[length..];
        }
    }

    /// <inheritdoc/>
    protected override int MostSymbols(int pieceLength) => pieceLength * 3;

    /// <inheritdoc/>
    protected override int Begin(ReadOnlySpan<char> piece, Span<int> symbols)
    {
        // The bytes stand at the end of the same memory, where the symbols that are written from its start cannot catch up with them.
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(symbols)[^(piece.Length * 3)..];
        bytes = bytes[..Encoding.UTF8.GetBytes(piece, bytes)];
        if (_wholeTokens is { } whole && bytes.Length <= LongestWhole)
        {
            Span<char> spelt = stackalloc char[bytes.Length];
            for (var i = 0; i < bytes.Length; i++)
            {
                spelt[i] = ByteSymbols.Of(bytes[i]);
            }

            if (whole.TryGetValue(spelt, out var token) && Vocabulary.IsOrdinary(token))
            {
                symbols[0] = token;
                return 1;
            }
        }

        var count = 0;
        foreach (var value in bytes)
        {
            if (_byteTokens[value] >= 0)
            {
                symbols[count++] = _byteTokens[value];
            }
        }

        return count;
    }

    private static bool IsOrdinary(TokenKind kind) => Vocabulary.IsOrdinary(kind);

    private static List<Merge> Resolve(IReadOnlyList<string> merges, Dictionary<string, int> ids, TokenKind[] kinds)
    {
        var resolved = new List<Merge>(merges.Count);
        var lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var merge in merges)
        {
            var space = merge.IndexOf(' ');
            if (space <= 0
                || !lookup.TryGetValue(merge.AsSpan(0, space), out var left)
                || !lookup.TryGetValue(merge.AsSpan(space + 1), out var right)
                || !ids.TryGetValue(merge.Remove(space, 1), out var merged))
            {
                throw new InvalidDataException($"its merge \"{merge}\" names a token that its vocabulary lacks");
            }

            // A control token is no part of any text, so nothing merges into one.
            if (IsOrdinary(kinds[merged]))
            {
                resolved.Add(new Merge(left, right, merged, resolved.Count));
            }
        }

        return resolved;
    }
}
