using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static MistralStudio.Inference.Operators.WideLanes;

namespace MistralStudio.Inference.Operators;

/// <summary>
/// What <see cref="BlockKernel{TFormat, TDot}"/> computes, bit for bit, for weights in bytes on processors with AVX-512 but without AVX-VNNI (of
/// AVX-512's own VNNI .NET knows nothing). Full bytes are multiplied as two halves of 4 bits, whose products of a whole block fit into 16 bits each
/// as in <see cref="WideKernel{TFormat}"/>; of 7 bits a pair of products fits, and is widened at once.
/// </summary>
internal static unsafe class WideByteKernel<TFormat>
    where TFormat : struct, IBlockFormat
{
    private const int SliceBytes = 64;
    private const int Slices = 8;

    /// <summary>Whether this is the fastest kernel of this machine's processor, and the weights are bytes.</summary>
    public static bool IsSupported => Avx512BW.IsSupported && !AvxVnni.IsSupported && !TFormat.IsFourBits;

    /// <inheritdoc cref="BlockKernel{TFormat, TDot}.ZeroLevel"/>
    public static int ZeroLevel => TFormat.HasOffset ? 0 : 128;

    /// <inheritdoc cref="BlockKernel{TFormat, TDot}.Multiply"/>
    public static void Multiply(BlockProduct* product, int firstGroup, int lastGroup) =>
        product->ForEach(firstGroup, lastGroup, &Four, &One, &Eight);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(BlockProduct* product, int group, int input)
    {
        var blocks = product->Blocks;
        var values = product->Values + ((long)group * blocks * Slices * SliceBytes);
        var scales = product->Scales + ((long)group * blocks * PackedMatrix.GroupRows);
        var offsets = product->Offsets + ((long)group * blocks * PackedMatrix.GroupRows);
        var levels = (int*)(product->Levels + ((long)input * blocks * PackedMatrix.Block));
        var x = product->Inputs + ((long)input * blocks);
        var sum = Vector512<float>.Zero;
        for (var block = 0; block < blocks; block++, x++, scales += PackedMatrix.GroupRows, offsets += PackedMatrix.GroupRows)
        {
            var none = Vector512<short>.Zero;
            var (l0, h0, l1, h1) = (none, none, none, none);
            for (var slice = 0; slice < Slices; slice += 2, values += 2 * SliceBytes, levels += 2)
            {
                Unpack(values, out var low, out var high);
                Add(ref l0, ref h0, low, high, Inputs(levels));
                Unpack(values + SliceBytes, out low, out high);
                Add(ref l1, ref h1, low, high, Inputs(levels + 1));
            }

            h0 = TFormat.HasOffset ? (h0.AsInt32() + h1.AsInt32()).AsInt16() : h0 + h1;
            sum = MultiplyAdd(Half16(scales), Widen(l0 + l1, h0, x), sum);
            if (TFormat.HasOffset)
            {
                sum = MultiplyAdd(Half16(offsets), Vector512.Create(x->Sum), sum);
            }
        }

        Store(product, group, input, sum);
    }

    // Three or four inputs; with three the last one is computed twice and written once.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(BlockProduct* product, int group, int input)
    {
        var blocks = product->Blocks;
        var values = product->Values + ((long)group * blocks * Slices * SliceBytes);
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
        var zero = Vector512<float>.Zero;
        var (f0, f1, f2, f3) = (zero, zero, zero, zero);
        for (var block = 0; block < blocks; block++)
        {
            var none = Vector512<short>.Zero;
            var (l0, l1, l2, l3) = (none, none, none, none);
            var (h0, h1, h2, h3) = (none, none, none, none);
            for (var slice = 0; slice < Slices; slice++)
            {
                Unpack(values, out var low, out var high);
                Add(ref l0, ref h0, low, high, Inputs(a));
                Add(ref l1, ref h1, low, high, Inputs(b));
                Add(ref l2, ref h2, low, high, Inputs(c));
                Add(ref l3, ref h3, low, high, Inputs(d));
                values += SliceBytes;
                a++;
                b++;
                c++;
                d++;
            }

            var scale = Half16(scales);
            f0 = MultiplyAdd(scale, Widen(l0, h0, x0), f0);
            f1 = MultiplyAdd(scale, Widen(l1, h1, x1), f1);
            f2 = MultiplyAdd(scale, Widen(l2, h2, x2), f2);
            f3 = MultiplyAdd(scale, Widen(l3, h3, x3), f3);
            if (TFormat.HasOffset)
            {
                var offset = Half16(offsets);
                f0 = MultiplyAdd(offset, Vector512.Create(x0->Sum), f0);
                f1 = MultiplyAdd(offset, Vector512.Create(x1->Sum), f1);
                f2 = MultiplyAdd(offset, Vector512.Create(x2->Sum), f2);
                f3 = MultiplyAdd(offset, Vector512.Create(x3->Sum), f3);
            }

            scales += PackedMatrix.GroupRows;
            offsets += PackedMatrix.GroupRows;
            x0++;
            x1++;
            x2++;
            x3++;
        }

        Store(product, group, input, f0);
        Store(product, group, input + 1, f1);
        Store(product, group, input + 2, f2);
        if (last == 3)
        {
            Store(product, group, input + 3, f3);
        }
    }

    // As many inputs as the registers hold sums of: the weights are unpacked once for all.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight(BlockProduct* product, int group, int input)
    {
        var blocks = product->Blocks;
        var values = product->Values + ((long)group * blocks * Slices * SliceBytes);
        var scales = product->Scales + ((long)group * blocks * PackedMatrix.GroupRows);
        var offsets = product->Offsets + ((long)group * blocks * PackedMatrix.GroupRows);
        var width = (long)blocks * Slices;
        var a = (int*)product->Levels + (input * width);
        var e = a + (4 * width);
        var x0 = product->Inputs + ((long)input * blocks);
        var x4 = x0 + (4L * blocks);
        var zero = Vector512<float>.Zero;
        var (f0, f1, f2, f3, f4, f5, f6, f7) = (zero, zero, zero, zero, zero, zero, zero, zero);
        for (var block = 0; block < blocks; block++)
        {
            var none = Vector512<short>.Zero;
            var (l0, l1, l2, l3, l4, l5, l6, l7) = (none, none, none, none, none, none, none, none);
            var (h0, h1, h2, h3, h4, h5, h6, h7) = (none, none, none, none, none, none, none, none);
            for (var slice = 0; slice < Slices; slice++)
            {
                Unpack(values, out var low, out var high);
                Add(ref l0, ref h0, low, high, Inputs(a));
                Add(ref l1, ref h1, low, high, Inputs(a + width));
                Add(ref l2, ref h2, low, high, Inputs(a + (2 * width)));
                Add(ref l3, ref h3, low, high, Inputs(a + (3 * width)));
                Add(ref l4, ref h4, low, high, Inputs(e));
                Add(ref l5, ref h5, low, high, Inputs(e + width));
                Add(ref l6, ref h6, low, high, Inputs(e + (2 * width)));
                Add(ref l7, ref h7, low, high, Inputs(e + (3 * width)));
                values += SliceBytes;
                a++;
                e++;
            }

            var scale = Half16(scales);
            f0 = MultiplyAdd(scale, Widen(l0, h0, x0), f0);
            f1 = MultiplyAdd(scale, Widen(l1, h1, x0 + blocks), f1);
            f2 = MultiplyAdd(scale, Widen(l2, h2, x0 + (2L * blocks)), f2);
            f3 = MultiplyAdd(scale, Widen(l3, h3, x0 + (3L * blocks)), f3);
            f4 = MultiplyAdd(scale, Widen(l4, h4, x4), f4);
            f5 = MultiplyAdd(scale, Widen(l5, h5, x4 + blocks), f5);
            f6 = MultiplyAdd(scale, Widen(l6, h6, x4 + (2L * blocks)), f6);
            f7 = MultiplyAdd(scale, Widen(l7, h7, x4 + (3L * blocks)), f7);
            if (TFormat.HasOffset)
            {
                var offset = Half16(offsets);
                f0 = MultiplyAdd(offset, Vector512.Create(x0->Sum), f0);
                f1 = MultiplyAdd(offset, Vector512.Create((x0 + blocks)->Sum), f1);
                f2 = MultiplyAdd(offset, Vector512.Create((x0 + (2L * blocks))->Sum), f2);
                f3 = MultiplyAdd(offset, Vector512.Create((x0 + (3L * blocks))->Sum), f3);
                f4 = MultiplyAdd(offset, Vector512.Create(x4->Sum), f4);
                f5 = MultiplyAdd(offset, Vector512.Create((x4 + blocks)->Sum), f5);
                f6 = MultiplyAdd(offset, Vector512.Create((x4 + (2L * blocks))->Sum), f6);
                f7 = MultiplyAdd(offset, Vector512.Create((x4 + (3L * blocks))->Sum), f7);
            }

            scales += PackedMatrix.GroupRows;
            offsets += PackedMatrix.GroupRows;
            x0++;
            x4++;
        }

        Store(product, group, input, f0);
        Store(product, group, input + 1, f1);
        Store(product, group, input + 2, f2);
        Store(product, group, input + 3, f3);
        Store(product, group, input + 4, f4);
        Store(product, group, input + 5, f5);
        Store(product, group, input + 6, f6);
        Store(product, group, input + 7, f7);
    }

    // Four columns of 16 rows: their lower and upper halves, or whole where they have 7 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unpack(byte* slice, out Vector512<byte> low, out Vector512<byte> high)
    {
        var weights = Vector512.Load(slice);
        var mask = Vector512.Create((byte)15);
        (low, high) = TFormat.HasOffset ? (default, weights) : (weights & mask, (weights.AsUInt16() >>> 4).AsByte() & mask);
    }

    // Sums of halves are 16 bits a lane, those of whole weights 32 bits, in place of the upper halves'.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        ref Vector512<short> lowSum, ref Vector512<short> highSum, Vector512<byte> low, Vector512<byte> high, Vector512<sbyte> inputs)
    {
        var products = Avx512BW.MultiplyAddAdjacent(high, inputs);
        if (TFormat.HasOffset)
        {
            highSum = (highSum.AsInt32() + Avx512BW.MultiplyAddAdjacent(products, Vector512<short>.One)).AsInt16();
        }
        else
        {
            lowSum += Avx512BW.MultiplyAddAdjacent(low, inputs);
            highSum += products;
        }
    }

    // Each row's sum, from the start of the block, in the inputs' scale.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Widen(Vector512<short> low, Vector512<short> high, ActivationBlock* x)
    {
        var sum = TFormat.HasOffset
            ? high.AsInt32()
            : Avx512BW.MultiplyAddAdjacent(low, Vector512<short>.One) + Avx512BW.MultiplyAddAdjacent(high, Vector512.Create((short)16)) +
                Vector512.Create(x->Start);
        return Vector512.ConvertToSingle(sum) * Vector512.Create(x->Scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(BlockProduct* product, int group, int input, Vector512<float> sums) =>
        BlockKernel<TFormat, Avx2Dot>.Store(product, group, input, sums.GetLower(), sums.GetUpper());
}
