using MistralStudio.Retrieval.Words;

namespace MistralStudio.Retrieval.Index;

/// <summary>A passage that has a term, and the term's weight in it.</summary>
internal readonly record struct Posting(long Row, ushort Weight);

/// <summary>
/// Up to <see cref="Capacity"/> postings of a term in a row of the file. Each is its distance to the one before as a varint (7 bits a byte, the
/// lowest first, the highest bit says that more follow) and its weight in two bytes, the lower first: about three bytes.
/// </summary>
internal static class PostingBlock
{
    /// <summary>Postings of a block at most: about a kilobyte, which is read and written at once.</summary>
    public const int Capacity = 384;

    private const int MostBytes = 12;

    /// <param name="first">The row that the block is filed under: the first of its postings.</param>
    /// <param name="postings">By growing row.</param>
    public static byte[] Write(long first, ReadOnlySpan<Posting> postings)
    {
        Span<byte> bytes = new byte[postings.Length * MostBytes];
        var (at, before) = (0, first);
        foreach (var posting in postings)
        {
            var distance = (ulong)(posting.Row - before);
            while (distance > 127)
            {
                bytes[at++] = (byte)(distance | 128);
                distance >>= 7;
            }

            bytes[at++] = (byte)distance;
            bytes[at++] = (byte)posting.Weight;
            bytes[at++] = (byte)(posting.Weight >> 8);
            before = posting.Row;
        }

        return bytes[..at].ToArray();
    }

    /// <summary>The postings of a block.</summary>
    public static List<Posting> Read(long first, ReadOnlySpan<byte> bytes)
    {
        var postings = new List<Posting>(Capacity);
        var row = first;
        for (var at = 0; at < bytes.Length; at += 2)
        {
            row += (long)Distance(bytes, ref at);
            postings.Add(new(row, (ushort)(bytes[at] | (bytes[at + 1] << 8))));
        }

        return postings;
    }

    /// <summary>Adds what the term is worth to the score of each row.</summary>
    /// <param name="scores">[last row - origin + 1]</param>
    /// <param name="value">Rarity of the term, times how often it is asked for.</param>
    public static void Add(long first, ReadOnlySpan<byte> bytes, float value, long origin, Span<float> scores)
    {
        value *= TermWeights.Step;
        var row = first - origin;
        for (var at = 0; at < bytes.Length; at += 2)
        {
            row += (long)Distance(bytes, ref at);
            scores[(int)row] += value * (bytes[at] | (bytes[at + 1] << 8));
        }
    }

    private static ulong Distance(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong distance = bytes[at++];
        if (distance < 128)
        {
            return distance;
        }

        distance &= 127;
        for (var shift = 7; ; shift += 7)
        {
            var next = bytes[at++];
            distance |= (ulong)(next & 127) << shift;
            if (next < 128)
            {
                return distance;
            }
        }
    }
}
