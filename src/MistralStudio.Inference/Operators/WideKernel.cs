using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static MistralStudio.Inference.Operators.WideLanes;

namespace MistralStudio.Inference.Operators;

/// <summary>
/// What <see cref="BlockKernel{TFormat, TDot}"/> computes, bit for bit, for 4-bit weights on processors with AVX-512: a register holds all 16 rows
/// of a group, and the products of a whole block fit into 16 bits (8 slices of 2 products of at most 15 * 127), so that one multiplication
/// advances 64 of them and they are widened once a block.
/// </summary>
internal static unsafe class WideKernel<TFormat>
    where TFormat : struct, IBlockFormat
{
    private const int TileBytes = 256;
    private const int Slices = 8;

    /// <summary>Whether this machine's processor has the instructions, and the weights have 4 bits.</summary>
    public static bool IsSupported => Avx512BW.IsSupported && TFormat.IsFourBits;

    /// <inheritdoc cref="BlockKernel{TFormat, TDot}.Multiply"/>
    public static void Multiply(BlockProduct* product, int firstGroup, int lastGroup) => product->ForEach(firstGroup, lastGroup, &Four, &One);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(BlockProduct* product, int group, int input)
    {
        var blocks = product->Blocks;
        var values = product->Values + ((long)group * blocks * TileBytes);
        var scales = product->Scales + ((long)group * blocks * PackedMatrix.GroupRows);
        var offsets = product->Offsets + ((long)group * blocks * PackedMatrix.GroupRows);
        var levels = (int*)(product->Levels + ((long)input * blocks * PackedMatrix.Block));
        var x = product->Inputs + ((long)input * blocks);
        var sum = Vector512<float>.Zero;
        for (var b = 0; b < blocks; b++, values += TileBytes, levels += Slices, x++, scales += PackedMatrix.GroupRows, offsets += PackedMatrix.GroupRows)
        {
            var (even, odd) = (Vector512<short>.Zero, Vector512<short>.Zero);
            for (var pair = 0; pair < Slices / 2; pair++)
            {
                Unpack(values, pair, out var w0, out var w1);
                even += Avx512BW.MultiplyAddAdjacent(w0, Inputs(levels + (pair * 2)));
                odd += Avx512BW.MultiplyAddAdjacent(w1, Inputs(levels + (pair * 2) + 1));
            }

            sum = MultiplyAdd(Half16(scales), Widen(even + odd, x), sum);
            if (TFormat.HasOffset)
            {
                sum = MultiplyAdd(Half16(offsets), Vector512.Create(x->Sum), sum);
            }
        }

        BlockKernel<TFormat, VnniDot>.Store(product, group, input, sum.GetLower(), sum.GetUpper());
    }

    // Three or four inputs: the weights are unpacked once for all; with three the last one is computed twice and written once.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(BlockProduct* product, int group, int input)
    {
        var blocks = product->Blocks;
        var values = product->Values + ((long)group * blocks * TileBytes);
        var scales = product->Scales + ((long)group * blocks * PackedMatrix.GroupRows);
        var offsets = product->Offsets + ((long)group * blocks * PackedMatrix.GroupRows);
        var last = Math.Min(3, product->InputRows - input - 1);
        var width = (long)blocks * Slices;
        var a = (int*)product->Levels + (input * width);
        var b = a + width;
        var c = b + width;
        var d = a + (last * width);
        var x0 = product->Inputs + ((long)input * blocks);
        var x1 = x0 + blocks;
        var x2 = x1 + blocks;
        var x3 = x0 + ((long)last * blocks);
        var (f0, f1, f2, f3) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        for (var block = 0; block < blocks; block++)
        {
            var (i0, i1, i2, i3) = (Vector512<short>.Zero, Vector512<short>.Zero, Vector512<short>.Zero, Vector512<short>.Zero);
            for (var pair = 0; pair < Slices / 2; pair++)
            {
                Unpack(values, pair, out var w0, out var w1);
                i0 = i0 + Avx512BW.MultiplyAddAdjacent(w0, Inputs(a + (pair * 2))) + Avx512BW.MultiplyAddAdjacent(w1, Inputs(a + (pair * 2) + 1));
                i1 = i1 + Avx512BW.MultiplyAddAdjacent(w0, Inputs(b + (pair * 2))) + Avx512BW.MultiplyAddAdjacent(w1, Inputs(b + (pair * 2) + 1));
                i2 = i2 + Avx512BW.MultiplyAddAdjacent(w0, Inputs(c + (pair * 2))) + Avx512BW.MultiplyAddAdjacent(w1, Inputs(c + (pair * 2) + 1));
                i3 = i3 + Avx512BW.MultiplyAddAdjacent(w0, Inputs(d + (pair * 2))) + Avx512BW.MultiplyAddAdjacent(w1, Inputs(d + (pair * 2) + 1));
            }

            var scale = Half16(scales);
            f0 = MultiplyAdd(scale, Widen(i0, x0), f0);
            f1 = MultiplyAdd(scale, Widen(i1, x1), f1);
            f2 = MultiplyAdd(scale, Widen(i2, x2), f2);
            f3 = MultiplyAdd(scale, Widen(i3, x3), f3);
            if (TFormat.HasOffset)
            {
                var offset = Half16(offsets);
                f0 = MultiplyAdd(offset, Vector512.Create(x0->Sum), f0);
                f1 = MultiplyAdd(offset, Vector512.Create(x1->Sum), f1);
                f2 = MultiplyAdd(offset, Vector512.Create(x2->Sum), f2);
                f3 = MultiplyAdd(offset, Vector512.Create(x3->Sum), f3);
            }

            values += TileBytes;
            scales += PackedMatrix.GroupRows;
            offsets += PackedMatrix.GroupRows;
            a += Slices;
            b += Slices;
            c += Slices;
            d += Slices;
            x0++;
            x1++;
            x2++;
            x3++;
        }

        BlockKernel<TFormat, VnniDot>.Store(product, group, input, f0.GetLower(), f0.GetUpper());
        BlockKernel<TFormat, VnniDot>.Store(product, group, input + 1, f1.GetLower(), f1.GetUpper());
        BlockKernel<TFormat, VnniDot>.Store(product, group, input + 2, f2.GetLower(), f2.GetUpper());
        if (last == 3)
        {
            BlockKernel<TFormat, VnniDot>.Store(product, group, input + 3, f3.GetLower(), f3.GetUpper());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unpack(byte* tile, int pair, out Vector512<byte> first, out Vector512<byte> second)
    {
        var both = Vector512.Load(tile + (pair * 64));
        var low = Vector512.Create((byte)15);
        first = both & low;
        second = (both.AsUInt16() >>> 4).AsByte() & low;
    }

    // The two halves of each row's sum, from the start of the block, in the inputs' scale.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Widen(Vector512<short> sums, ActivationBlock* x) =>
        Vector512.ConvertToSingle(Avx512BW.MultiplyAddAdjacent(sums, Vector512<short>.One) + Vector512.Create(x->Start)) * Vector512.Create(x->Scale);
}
