namespace MistralStudio.Inference.Tokenization;

/// <summary>
/// Tokens of the pieces seen last. One place per hash: a newcomer replaces what is there, so the cache cannot grow, and readers need no lock.
/// </summary>
internal sealed class PieceCache
{
    /// <summary>Longer pieces are rare and would fill memory.</summary>
    public const int LongestPiece = 32;

    private const int Places = 1 << 14;

    private readonly Entry?[] _places = new Entry?[Places];

    private sealed record Entry(string Piece, int[] Tokens);

    /// <summary>The tokens of a piece; false where it was not seen lately.</summary>
    public bool TryGet(ReadOnlySpan<char> piece, out ReadOnlySpan<int> tokens)
    {
        if (piece.Length <= LongestPiece
            && Volatile.Read(ref Place(piece)) is { } entry
            && piece.SequenceEqual(entry.Piece))
        {
            tokens = entry.Tokens;
            return true;
        }

        tokens = [];
        return false;
    }

    /// <summary>Keeps the tokens of a piece.</summary>
    public void Keep(ReadOnlySpan<char> piece, ReadOnlySpan<int> tokens)
    {
        if (piece.Length <= LongestPiece)
        {
            Volatile.Write(ref Place(piece), new Entry(piece.ToString(), tokens.ToArray()));
        }
    }

    private ref Entry? Place(ReadOnlySpan<char> piece) => ref _places[string.GetHashCode(piece) & (Places - 1)];
}
