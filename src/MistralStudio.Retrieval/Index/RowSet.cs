namespace MistralStudio.Retrieval.Index;

/// <summary>Rows that a filter lets through: one bit each.</summary>
internal sealed class RowSet
{
    private readonly long _first;
    private readonly ulong[] _bits;

    /// <param name="rows">In any order.</param>
    public RowSet(IReadOnlyCollection<long> rows)
    {
        Count = rows.Count;
        _first = Count == 0 ? 0 : rows.Min() & ~63L;
        _bits = Count == 0 ? [] : new ulong[((rows.Max() - _first) >> 6) + 1];
        foreach (var row in rows)
        {
            _bits[(row - _first) >> 6] |= 1UL << (int)(row & 63);
        }
    }

    public int Count { get; }

    public bool Contains(long row)
    {
        var word = (ulong)(row - _first) >> 6;
        return word < (ulong)_bits.Length && (_bits[word] & (1UL << (int)(row & 63))) != 0;
    }

    /// <summary>Whether it holds any row from one to another, both included.</summary>
    public bool Overlaps(long from, long to)
    {
        for (var word = Math.Max(0, (from - _first) >> 6); word < _bits.Length && word <= (to - _first) >> 6; word++)
        {
            if (_bits[word] != 0)
            {
                return true;
            }
        }

        return false;
    }
}
