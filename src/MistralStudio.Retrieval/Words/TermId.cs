using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace MistralStudio.Retrieval.Words;

/// <summary>
/// The number of a term: the absolute value of its MurmurHash3 (x86, 32 bits, seed 0), as Qdrant's own BM25 numbers them. Two of a million
/// terms share one about a hundred times, which moves a score a little and breaks nothing.
/// </summary>
internal static class TermId
{
    /// <summary>The number of a term, not negative.</summary>
    public static int Of(string term)
    {
        Span<byte> bytes = stackalloc byte[256];
        var length = Encoding.UTF8.TryGetBytes(term, bytes, out var written) ? written : -1;
        var hash = (int)Murmur(length < 0 ? Encoding.UTF8.GetBytes(term) : bytes[..length]);
        return hash == int.MinValue ? 0 : Math.Abs(hash);
    }

    private static uint Murmur(ReadOnlySpan<byte> bytes)
    {
        const uint C1 = 0xcc9e2d51, C2 = 0x1b873593;
        uint hash = 0;
        var at = 0;
        for (; at + 4 <= bytes.Length; at += 4)
        {
            hash ^= BitOperations.RotateLeft(BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]) * C1, 15) * C2;
            hash = (BitOperations.RotateLeft(hash, 13) * 5) + 0xe6546b64;
        }

        uint tail = 0;
        for (var i = bytes.Length - 1; i >= at; i--)
        {
            tail = (tail << 8) | bytes[i];
        }

        if (at < bytes.Length)
        {
            hash ^= BitOperations.RotateLeft(tail * C1, 15) * C2;
        }

        hash ^= (uint)bytes.Length;
        hash ^= hash >> 16;
        hash *= 0x85ebca6b;
        hash ^= hash >> 13;
        hash *= 0xc2b2ae35;
        return hash ^ (hash >> 16);
    }
}
