using System.Numerics;
using System.Security.Cryptography;

namespace MistralStudio.Inference.Tokenization;

/// <summary>What a pair of tokens becomes, and how early that was learnt.</summary>
internal readonly record struct Merge(int Left, int Right, int Merged, int Rank);

/// <summary>
/// Merges by pair: open addressing over a multiplied key with a factor of this process, so that no model file can choose pairs that collide.
/// </summary>
internal sealed class MergeTable
{
    private static readonly ulong s_factor = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;

    private readonly Entry[] _entries;
    private readonly int _shift;

    private record struct Entry(ulong Key, int Rank, int Merged);

    /// <param name="merges">The merges; of a pair that comes twice the first counts.</param>
    public MergeTable(IReadOnlyCollection<Merge> merges)
    {
        _entries = new Entry[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, merges.Count * 2L))];
        _shift = 64 - BitOperations.Log2((uint)_entries.Length);
        Array.Fill(_entries, new Entry(ulong.MaxValue, int.MaxValue, 0));
        foreach (var merge in merges)
        {
            ref var entry = ref Find(Key(merge.Left, merge.Right));
            if (entry.Key == ulong.MaxValue)
            {
                entry = new Entry(Key(merge.Left, merge.Right), merge.Rank, merge.Merged);
            }
        }
    }

    /// <summary>A pair as one number.</summary>
    public static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    /// <summary>Rank and result of a pair; the rank is <see cref="int.MaxValue"/> where it does not merge.</summary>
    public (int Rank, int Merged) this[ulong key]
    {
        get
        {
            ref var entry = ref Find(key);
            return (entry.Rank, entry.Merged);
        }
    }

    private ref Entry Find(ulong key)
    {
        var place = (int)((key * s_factor) >> _shift);
        while (_entries[place].Key != key && _entries[place].Key != ulong.MaxValue)
        {
            place = (place + 1) & (_entries.Length - 1);
        }

        return ref _entries[place];
    }
}
