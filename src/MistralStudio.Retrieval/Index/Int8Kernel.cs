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
}

/// <summary>Vectors as signed bytes with one scale each, and their dot products with a query.</summary>
internal static class Int8Kernel
{
    /// <summary>Rows are padded to a multiple of this many bytes.</summary>
    public const int Alignment = 64;

    /// <summary>The fastest path of this machine.</summary>
    public static KernelPath Best { get; } =
        Avx512BW.IsSupported ? KernelPath.Avx512 : Avx2.IsSupported ? KernelPath.Avx2 : KernelPath.Portable;

    /// <summary>Bytes of a row.</summary>
    public static int Stride(int dimensions) => (dimensions + Alignment - 1) / Alignment * Alignment;

    /// <summary>Writes a vector as bytes; returns the scale by which they are multiplied to get it back.</summary>
    public static float Quantise(ReadOnlySpan<float> vector, Span<sbyte> row)
    {
        var largest = MathF.Abs(TensorPrimitives.MaxMagnitude(vector));
        row.Clear();
        if (largest == 0 || !float.IsFinite(largest))
        {
            return 0;
        }

        for (var i = 0; i < vector.Length; i++)
        {
            row[i] = (sbyte)MathF.Round(vector[i] * (127f / largest));
        }

        return largest / 127f;
    }

    /// <summary>The query as 16-bit numbers, which the kernels multiply without widening it again for each row.</summary>
    public static short[] Widen(ReadOnlySpan<sbyte> query)
    {
        var wide = new short[query.Length];
        for (var i = 0; i < query.Length; i++)
        {
            wide[i] = query[i];
        }

        return wide;
    }

    /// <summary>Writes the dot product of the query with each row.</summary>
    /// <param name="rows">[rows, stride]</param>
    /// <param name="query">[stride]</param>
    public static unsafe void Scan(ReadOnlySpan<sbyte> rows, ReadOnlySpan<short> query, Span<int> sums, KernelPath path)
    {
        fixed (sbyte* row = rows)
        fixed (short* q = query)
        {
            switch (path)
            {
                case KernelPath.Avx512:
                    Scan512(row, q, query.Length, sums);
                    break;
                case KernelPath.Avx2:
                    Scan256(row, q, query.Length, sums);
                    break;
                default:
                    ScanPortable(row, q, query.Length, sums);
                    break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Scan512(sbyte* rows, short* query, int stride, Span<int> sums)
    {
        var i = 0;
        for (; i + 4 <= sums.Length; i += 4)
        {
            var row = rows + ((long)i * stride);
            Vector512<int> a = default, b = default, c = default, d = default;
            for (var at = 0; at < stride; at += 32)
            {
                var q = Vector512.Load(query + at);
                a += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(row + at)), q);
                b += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(row + stride + at)), q);
                c += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(row + (2 * stride) + at)), q);
                d += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(row + (3 * stride) + at)), q);
            }

            sums[i] = Vector512.Sum(a);
            sums[i + 1] = Vector512.Sum(b);
            sums[i + 2] = Vector512.Sum(c);
            sums[i + 3] = Vector512.Sum(d);
        }

        for (; i < sums.Length; i++)
        {
            var row = rows + ((long)i * stride);
            Vector512<int> a = default;
            for (var at = 0; at < stride; at += 32)
            {
                a += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(row + at)), Vector512.Load(query + at));
            }

            sums[i] = Vector512.Sum(a);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Scan256(sbyte* rows, short* query, int stride, Span<int> sums)
    {
        for (var i = 0; i < sums.Length; i++)
        {
            var row = rows + ((long)i * stride);
            Vector256<int> a = default, b = default;
            for (var at = 0; at < stride; at += 32)
            {
                a += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(Vector128.Load(row + at)), Vector256.Load(query + at));
                b += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(Vector128.Load(row + at + 16)), Vector256.Load(query + at + 16));
            }

            sums[i] = Vector256.Sum(a + b);
        }
    }

    private static unsafe void ScanPortable(sbyte* rows, short* query, int stride, Span<int> sums)
    {
        for (var i = 0; i < sums.Length; i++)
        {
            var row = rows + ((long)i * stride);
            Vector128<int> sum = default;
            for (var at = 0; at < stride; at += 16)
            {
                var (low, high) = Vector128.Widen(Vector128.Load(row + at));
                var (lowQuery, highQuery) = (Vector128.Load(query + at), Vector128.Load(query + at + 8));
                var (a, b) = Vector128.Widen(low * lowQuery);
                var (c, d) = Vector128.Widen(high * highQuery);
                sum += a + b + c + d;
            }

            sums[i] = Vector128.Sum(sum);
        }
    }
}
