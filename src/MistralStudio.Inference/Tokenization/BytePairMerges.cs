using System.Buffers;

namespace MistralStudio.Inference.Tokenization;

/// <summary>
/// The learnt merges of a byte-pair encoding and their application: always the pair that was learnt first, the leftmost of equals. A short
/// piece is searched again after each merge; a long one keeps its pairs in a heap, so that a word of 100,000 letters takes n log n.
/// </summary>
internal sealed class BytePairMerges
{
    private const int ScanLimit = 24;

    private readonly MergeTable _merges;

    /// <param name="merges">Pairs of token ids, what they become, and in which order; of a pair that comes twice the first counts.</param>
    public BytePairMerges(IReadOnlyCollection<Merge> merges) => _merges = new MergeTable(merges);

    /// <summary>Merges the symbols of one piece in place and returns how many are left, at the front.</summary>
    public int Apply(Span<int> symbols) => symbols.Length <= 1 ? symbols.Length : symbols.Length <= ScanLimit ? Scan(symbols) : ApplyHeap(symbols);

    private int Scan(Span<int> symbols)
    {
        Span<int> ranks = stackalloc int[ScanLimit];
        Span<int> merged = stackalloc int[ScanLimit];
        var count = symbols.Length;
        for (var i = 0; i + 1 < count; i++)
        {
            Rate(symbols, i, ranks, merged);
        }

        while (count > 1)
        {
            var best = 0;
            for (var i = 1; i + 1 < count; i++)
            {
                best = ranks[i] < ranks[best] ? i : best;
            }

            if (ranks[best] == int.MaxValue)
            {
                break;
            }

            symbols[best] = merged[best];
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            ranks[(best + 1)..count].CopyTo(ranks[best..]);
            merged[(best + 1)..count].CopyTo(merged[best..]);
            count--;
            if (best > 0)
            {
                Rate(symbols, best - 1, ranks, merged);
            }

            if (best + 1 < count)
            {
                Rate(symbols, best, ranks, merged);
            }
        }

        return count;
    }

    private void Rate(ReadOnlySpan<int> symbols, int index, Span<int> ranks, Span<int> merged) =>
        (ranks[index], merged[index]) = _merges[MergeTable.Key(symbols[index], symbols[index + 1])];

    private int ApplyHeap(Span<int> symbols)
    {
        var links = ArrayPool<int>.Shared.Rent(symbols.Length * 2);
        try
        {
            var next = links.AsSpan(0, symbols.Length);
            var previous = links.AsSpan(symbols.Length, symbols.Length);
            var pairs = new PriorityQueue<(int Left, ulong Pair), ulong>(symbols.Length);
            for (var i = 0; i < symbols.Length; i++)
            {
                next[i] = i + 1;
                previous[i] = i - 1;
            }

            for (var i = 0; i + 1 < symbols.Length; i++)
            {
                Offer(symbols, i, i + 1, pairs);
            }

            while (pairs.TryDequeue(out var pair, out _))
            {
                var left = pair.Left;
                var right = symbols[left] < 0 ? symbols.Length : next[left];
                if (right >= symbols.Length || MergeTable.Key(symbols[left], symbols[right]) != pair.Pair)
                {
                    continue;
                }

                symbols[left] = _merges[pair.Pair].Merged;
                symbols[right] = -1;
                next[left] = next[right];
                if (next[left] < symbols.Length)
                {
                    previous[next[left]] = left;
                    Offer(symbols, left, next[left], pairs);
                }

                if (previous[left] >= 0)
                {
                    Offer(symbols, previous[left], left, pairs);
                }
            }

            return Compact(symbols);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(links);
        }
    }

    private void Offer(ReadOnlySpan<int> symbols, int left, int right, PriorityQueue<(int Left, ulong Pair), ulong> pairs)
    {
        var key = MergeTable.Key(symbols[left], symbols[right]);
        if (_merges[key].Rank is var rank and < int.MaxValue)
        {
            pairs.Enqueue((left, key), ((ulong)(uint)rank << 32) | (uint)left);
        }
    }

    private static int Compact(Span<int> symbols)
    {
        var count = 0;
        foreach (var symbol in symbols)
        {
            if (symbol >= 0)
            {
                symbols[count++] = symbol;
            }
        }

        return count;
    }
}
