using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace MistralStudio.Inference.Tokenization;

/// <summary>
/// Byte-level byte-pair encoding (GPT-2 and its kin): pieces of the pre-tokenizer, as UTF-8, merged inside each piece. No normalisation, and
/// no unknown token: a byte that the vocabulary lacks is dropped.
/// </summary>
internal sealed class ByteLevelBpe : Tokenizer
{
    private readonly PreTokenizer _pieces;
    private readonly BytePairMerges _merges;
    private readonly int[] _byteTokens;

    private ByteLevelBpe(Vocabulary vocabulary, PreTokenizer pieces, BytePairMerges merges, int[] byteTokens)
        : base(vocabulary)
    {
        _pieces = pieces;
        _merges = merges;
        _byteTokens = byteTokens;
    }

    /// <summary>Builds the encoding from the lists of a model file.</summary>
    /// <param name="tokens">Tokens by id, ordinary ones in the alphabet of <see cref="ByteSymbols"/>.</param>
    /// <param name="kinds">What each token is.</param>
    /// <param name="merges">Pairs of tokens, a space between them, in the order they were learnt.</param>
    /// <param name="pieces">The pre-tokenizer.</param>
    /// <param name="endOfTurn">Tokens after which the model's turn is over.</param>
    /// <exception cref="InvalidDataException">The lists contradict each other; the message says how.</exception>
    public static ByteLevelBpe Create(
        IReadOnlyList<string> tokens, TokenKind[] kinds, IReadOnlyList<string> merges, PreTokenizer pieces, IEnumerable<int> endOfTurn)
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
            byteTokens[value] = ids.GetValueOrDefault(ByteSymbols.Of((byte)value).ToString(), -1);
        }

        var special = Enumerable.Range(0, tokens.Count)
            .Where(id => kinds[id] is TokenKind.Control or TokenKind.UserDefined)
            .Select(id => KeyValuePair.Create(tokens[id], id));
        return new ByteLevelBpe(
            new Vocabulary(bytes, kinds, special, endOfTurn), pieces, new BytePairMerges(Resolve(merges, ids)), byteTokens);
    }

    /// <inheritdoc/>
    protected override void EncodeOrdinary(ReadOnlySpan<char> text, List<int> tokens)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(256);
        var symbols = ArrayPool<int>.Shared.Rent(256);
        try
        {
            while (text.Length > 0)
            {
                var length = _pieces.NextPiece(text);
                EncodePiece(text[..length], tokens, ref buffer, ref symbols);
                text = text[length..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            ArrayPool<int>.Shared.Return(symbols);
        }
    }

    private void EncodePiece(ReadOnlySpan<char> piece, List<int> tokens, ref byte[] buffer, ref int[] symbols)
    {
        var most = Encoding.UTF8.GetMaxByteCount(piece.Length);
        if (most > buffer.Length)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = ArrayPool<byte>.Shared.Rent(most);
        }

        if (most > symbols.Length)
        {
            ArrayPool<int>.Shared.Return(symbols);
            symbols = ArrayPool<int>.Shared.Rent(most);
        }

        var count = 0;
        foreach (var value in buffer.AsSpan(0, Encoding.UTF8.GetBytes(piece, buffer)))
        {
            if (_byteTokens[value] >= 0)
            {
                symbols[count++] = _byteTokens[value];
            }
        }

        var merged = _merges.Apply(symbols.AsSpan(0, count));
        var end = tokens.Count;
        CollectionsMarshal.SetCount(tokens, end + merged);
        symbols.AsSpan(0, merged).CopyTo(CollectionsMarshal.AsSpan(tokens)[end..]);
    }

    private static bool IsOrdinary(TokenKind kind) => kind is not (TokenKind.Control or TokenKind.UserDefined or TokenKind.Unknown);

    private static List<(int Left, int Right, int Merged)> Resolve(IReadOnlyList<string> merges, Dictionary<string, int> ids)
    {
        var resolved = new List<(int, int, int)>(merges.Count);
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

            resolved.Add((left, right, merged));
        }

        return resolved;
    }
}
