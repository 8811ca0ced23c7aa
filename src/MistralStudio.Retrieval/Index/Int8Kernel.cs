using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MistralStudio.Retrieval.Index;

/// <summary>Which instructions the scan uses; all give the same sums.</summary>
internal enum KernelPath
{
    Portable,
    Avx2,
    Avx512,
    AvxVnni,
}

/// <summary>A query as <see cref="Int8Kernel"/> compares it.</summary>
/// <param name="Bytes">[stride]</param>
/// <param name="Offset">What the offset of a row's bytes adds to its sum.</param>
/// <param name="Scale">By which the bytes are multiplied to get the vector back.</param>
internal sealed record Int8Query(sbyte[] Bytes, int Offset, float Scale);

/// <summary>
/// Vectors as bytes with one scale each, and their dot products with a query. A row's bytes are offset by <see cref="Zero"/> because the
/// instruction that multiplies four pairs at once (<c>vpdpbusd</c>) takes unsigned with signed.
/// </summary>
internal static class Int8Kernel
{
    /// <summary>Rows are padded to a multiple of this many bytes.</summary>
    public const int Alignment = 128;

    /// <summary>The byte that stands for 0 in a row.</summary>
    public const byte Zero = 128;

    private const float Levels = 127f;

    /// <summary>The fastest path of this machine.</summary>
    public static KernelPath Best { get; } = Supported().Max();

    /// <summary>The paths that this machine can run.</summary>
    public static IEnumerable<KernelPath> Supported()
    {
        yield return KernelPath.Portable;
        if (Avx2.IsSupported)
        {
            yield return KernelPath.Avx2;
        }

        if (Avx512BW.IsSupported)
        {
            yield return KernelPath.Avx512;
        }

        if (AvxVnni.IsSupported)
        {
            yield return KernelPath.AvxVnni;
        }
    }

    /// <summary>Bytes of a row.</summary>
    public static int Stride(int dimensions) => (dimensions + Alignment - 1) / Alignment * Alignment;

    /// <summary>Writes a vector as the bytes of a row; returns the scale by which they are multiplied to get it back.</summary>
    public static float QuantiseRow(ReadOnlySpan<float> vector, Span<byte> row)
    {
        row.Fill(Zero);
        var scale = ScaleOf(vector);
        for (var i = 0; scale > 0 && i < vector.Length; i++)
        {
            row[i] = (byte)(Zero + (int)MathF.Round(vector[i] / scale));
        }

        return scale;
    }

    /// <summary>A vector as the bytes of a query.</summary>
    public static Int8Query QuantiseQuery(ReadOnlySpan<float> vector)
    {
        var bytes = new sbyte[Stride(vector.Length)];
        var scale = ScaleOf(vector);
        var offset = 0;
        for (var i = 0; scale > 0 && i < vector.Length; i++)
        {
            bytes[i] = (sbyte)MathF.Round(vector[i] / scale);
            offset += Zero * bytes[i];
        }

        return new(bytes, offset, scale);
    }

    /// <summary>Writes the dot product of the query with each row, the rows' offset taken off.</summary>
    /// <param name="rows">[rows, stride]</param>
    public static unsafe void Scan(ReadOnlySpan<byte> rows, Int8Query query, Span<int> sums, KernelPath path)
    {
        var stride = query.Bytes.Length;
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Length, stride * sums.Length);
        fixed (byte* row = rows)
        fixed (sbyte* q = query.Bytes)
        {
            switch (path)
            {
                case KernelPath.AvxVnni:
                    ScanVnni(row, q, stride, query.Offset, sums);
                    break;
                case KernelPath.Avx512:
                    Scan512(row, q, stride, query.Offset, sums);
                    break;
                case KernelPath.Avx2:
                    Scan256(row, q, stride, query.Offset, sums);
                    break;
                default:
                    ScanPortable(row, q, stride, query.Offset, sums);
                    break;
            }
        }
    }

    private static float ScaleOf(ReadOnlySpan<float> vector)
    {
        var largest = vector.IsEmpty ? 0 : MathF.Abs(TensorPrimitives.MaxMagnitude(vector));
        return float.IsFinite(largest) ? largest / Levels : 0;
    }

    // One row after the other: memory is then read in one stream, which its prefetcher follows at nearly the speed of a plain read; four rows
    // side by side take 1.6 times as long.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void ScanVnni(byte* rows, sbyte* query, int stride, int offset, Span<int> sums)
    {
        for (var i = 0; i < sums.Length; i++)
        {
            var row = rows + ((long)i * stride);
            Vector256<int> a = default, b = default, c = default, d = default;
            for (var at = 0; at < stride; at += 128)
            {
                a = AvxVnni.MultiplyWideningAndAdd(a, Vector256.Load(row + at), Vector256.Load(query + at));
                b = AvxVnni.MultiplyWideningAndAdd(b, Vector256.Load(row + at + 32), Vector256.Load(query + at + 32));
                c = AvxVnni.MultiplyWideningAndAdd(c, Vector256.Load(row + at + 64), Vector256.Load(query + at + 64));
                d = AvxVnni.MultiplyWideningAndAdd(d, Vector256.Load(row + at + 96), Vector256.Load(query + at + 96));
            }

            sums[i] = Vector256.Sum((a + b) + (c + d)) - offset;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Scan512(byte* rows, sbyte* query, int stride, int offset, Span<int> sums)
    {
        for (var i = 0; i < sums.Length; i++)
        {
            var row = rows + ((long)i * stride);
            Vector512<int> a = default, b = default;
            for (var at = 0; at < stride; at += 64)
            {
                a += Avx512BW.MultiplyAddAdjacent(
                    Avx512BW.ConvertToVector512Int16(Vector256.Load(row + at)), Avx512BW.ConvertToVector512Int16(Vector256.Load(query + at)));
                b += Avx512BW.MultiplyAddAdjacent(
                    Avx512BW.ConvertToVector512Int16(Vector256.Load(row + at + 32)), Avx512BW.ConvertToVector512Int16(Vector256.Load(query + at + 32)));
            }

            sums[i] = Vector512.Sum(a + b) - offset;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Scan256(byte* rows, sbyte* query, int stride, int offset, Span<int> sums)
    {
        for (var i = 0; i < sums.Length; i++)
        {
            var row = rows + ((long)i * stride);
            Vector256<int> a = default, b = default;
            for (var at = 0; at < stride; at += 32)
            {
                a += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(row + at), Avx2.ConvertToVector256Int16(query + at));
                b += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(row + at + 16), Avx2.ConvertToVector256Int16(query + at + 16));
            }

            sums[i] = Vector256.Sum(a + b) - offset;
        }
    }

    private static unsafe void ScanPortable(byte* rows, sbyte* query, int stride, int offset, Span<int> sums)
    {
        for (var i = 0; i < sums.Length; i++)
        {
            var row = rows + ((long)i * stride);
            Vector128<int> sum = default;
            for (var at = 0; at < stride; at += 16)
            {
                // 255 times 127 fits in 16 bits, two of them do not.
                var (low, high) = Vector128.Widen(Vector128.Load(row + at));
                var (lowQuery, highQuery) = Vector128.Widen(Vector128.Load(query + at));
                var (a, b) = Vector128.Widen(low.AsInt16() * lowQuery);
                var (c, d) = Vector128.Widen(high.AsInt16() * highQuery);
                sum += a + b + c + d;
            }

            sums[i] = Vector128.Sum(sum) - offset;
        }
    }
}
