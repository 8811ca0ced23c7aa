using System.Buffers;
using System.Runtime.InteropServices;

namespace MistralStudio.Inference.Tokenization;

/// <summary>A tokenizer that encodes a text piece by piece, every piece without regard to the others.</summary>
internal abstract class PieceEncoder(Vocabulary vocabulary, BytePairMerges merges) : Tokenizer(vocabulary)
{
    private readonly PieceCache _cache = new();

    /// <summary>Appends the tokens of a text in one or more pieces.</summary>
    protected abstract void EncodePieces(ReadOnlySpan<char> text, bool afterSpecial, ref Pieces pieces);

    /// <summary>Writes the first symbols of a piece, at most <see cref="MostSymbols"/>, and returns their number.</summary>
    protected abstract int Begin(ReadOnlySpan<char> piece, Span<int> symbols);

    /// <summary>Most symbols that a piece begins with.</summary>
    protected abstract int MostSymbols(int pieceLength);

    /// <summary>Appends what merging left of a piece; symbols of the vocabulary are its tokens.</summary>
    protected virtual void Finish(ReadOnlySpan<int> symbols, List<int> tokens)
    {
        var end = tokens.Count;
        CollectionsMarshal.SetCount(tokens, end + symbols.Length);
        symbols.CopyTo(CollectionsMarshal.AsSpan(tokens)[end..]);
    }

    /// <inheritdoc/>
    public sealed override void EncodeOrdinary(ReadOnlySpan<char> text, bool afterSpecial, List<int> tokens)
    {
        var pieces = new Pieces(this, tokens);
        try
        {
            EncodePieces(text, afterSpecial, ref pieces);
        }
        finally
        {
            pieces.Dispose();
        }
    }

    /// <summary>The pieces of one text on their way to tokens.</summary>
    protected ref struct Pieces(PieceEncoder encoder, List<int> tokens)
    {
        private int[] _symbols = ArrayPool<int>.Shared.Rent(256);

        /// <summary>Appends the tokens of the next piece.</summary>
        public void Add(ReadOnlySpan<char> piece)
        {
            var start = tokens.Count;
            if (encoder._cache.TryGet(piece, out var known))
            {
                CollectionsMarshal.SetCount(tokens, start + known.Length);
                known.CopyTo(CollectionsMarshal.AsSpan(tokens)[start..]);
                return;
            }

            var most = encoder.MostSymbols(piece.Length);
            if (most > _symbols.Length)
            {
                ArrayPool<int>.Shared.Return(_symbols);
                _symbols = ArrayPool<int>.Shared.Rent(most);
            }

            var symbols = _symbols.AsSpan(0, encoder.Begin(piece, _symbols));
            encoder.Finish(symbols[..encoder.Merge(symbols)], tokens);
            encoder._cache.Keep(piece, CollectionsMarshal.AsSpan(tokens)[start..]);
        }

        public readonly void Dispose() => ArrayPool<int>.Shared.Return(_symbols);
    }

    private int Merge(Span<int> symbols) => merges.Apply(symbols);
}
