using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MistralStudio.Inference.Operators;

/// <summary>One multiplication, as the threads that share it see it.</summary>
internal unsafe struct BlockProduct
{
    public byte* Values;
    public short* Scales;
    public short* Offsets;

    /// <summary>Blocks of a row.</summary>
    public int Blocks;

    public int Groups;

    /// <summary>Levels of the inputs, <c>[inputs, columns]</c>.</summary>
    public sbyte* Levels;

    /// <summary>Blocks of the inputs, <c>[inputs, columns / 32]</c>.</summary>
    public ActivationBlock* Inputs;

    public int InputRows;

    /// <summary>Where the products go, <c>[inputs, outputs]</c>.</summary>
    public float* Target;

    /// <summary>Outputs of an input.</summary>
    public int Outputs;

    /// <summary>True where the first 8 rows of a group are gates of the other 8: outputs are <c>silu(gate) * up</c>.</summary>
    public bool Gated;

    /// <summary>True where the products are added to what is at the target.</summary>
    public bool Adds;

    /// <summary>
    /// Walks the inputs of some groups of rows, eight of them at a time where there is a way to, then four (or the last three), and the rest one by
    /// one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ForEach(
        int firstGroup,
        int lastGroup,
        delegate*<BlockProduct*, int, int, void> four,
        delegate*<BlockProduct*, int, int, void> one,
        delegate*<BlockProduct*, int, int, void> eight = null)
    {
        fixed (BlockProduct* product = &this)
        {
            for (var group = firstGroup; group < lastGroup; group++)
            {
                var input = 0;
                for (; eight != null && InputRows - input >= 8; input += 8)
                {
                    eight(product, group, input);
                }

                for (; InputRows - input >= 3; input += 4)
                {
                    four(product, group, input);
                }

                for (; input < InputRows; input++)
                {
                    one(product, group, input);
                }
            }
        }
    }
}

/// <summary>
/// Products of quantised inputs with a <see cref="PackedMatrix"/>. Sums over a block are exact integers; blocks are added in the same order for
/// however many inputs, so that a row's outputs do not depend on what else is in the batch.
/// </summary>
internal static unsafe class BlockKernel<TFormat, TDot>
    where TFormat : struct, IBlockFormat
    where TDot : struct, IDotProduct
{
    /// <summary>The level of a weight that means nothing, as <see cref="Activations.Quantise"/> has to know it.</summary>
    public static int ZeroLevel => TFormat.HasOffset ? 0 : TFormat.IsFourBits ? 8 : TDot.TakesFullBytes ? 128 : 0;

    private static int TileBytes => TFormat.IsFourBits ? 256 : 512;

    /// <summary>Computes the outputs of some groups of rows for all inputs.</summary>
    public static void Multiply(BlockProduct* product, int firstGroup, int lastGroup) => product->ForEach(firstGroup, lastGroup, &Four, &One);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(BlockProduct* product, int group, int input)
    {
        var blocks = product->Blocks;
        var values = product->Values + ((long)group * blocks * TileBytes);
        var place = (long)group * blocks * PackedMatrix.GroupRows;
        var levels = product->Levels + ((long)input * blocks * PackedMatrix.Block);
        var x = product->Inputs + ((long)input * blocks);
        var (first, second) = (Vector256<float>.Zero, Vector256<float>.Zero);
        for (var b = 0; b < blocks; b++, values += TileBytes, levels += PackedMatrix.Block, x++, place += PackedMatrix.GroupRows)
        {
            var start = Vector256.Create(x->Start);
            var (a0, a1, c0, c1) = (start, Vector256<int>.Zero, start, Vector256<int>.Zero);
            for (var pair = 0; pair < 4; pair++)
            {
                Unpack(values, pair, 0, out var w0, out var w1);
                Unpack(values, pair, 1, out var v0, out var v1);
                var (x0, x1) = (Inputs(levels, pair * 2), Inputs(levels, (pair * 2) + 1));
                a0 = Dot(a0, w0, x0);
                a1 = Dot(a1, w1, x1);
                c0 = Dot(c0, v0, x0);
                c1 = Dot(c1, v1, x1);
            }

            var (d0, d1) = (Half8(product->Scales + place), Half8(product->Scales + place + 8));
            var scale = Vector256.Create(x->Scale);
            first = Fma.MultiplyAdd(d0, Avx.ConvertToVector256Single(a0 + a1) * scale, first);
            second = Fma.MultiplyAdd(d1, Avx.ConvertToVector256Single(c0 + c1) * scale, second);
            if (TFormat.HasOffset)
            {
                var sum = Vector256.Create(x->Sum);
                first = Fma.MultiplyAdd(Half8(product->Offsets + place), sum, first);
                second = Fma.MultiplyAdd(Half8(product->Offsets + place + 8), sum, second);
            }
        }

        Store(product, group, input, first, second);
    }

    // Three or four inputs: the weights are unpacked once for all; with three the last one is computed twice and written once.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(BlockProduct* product, int group, int input)
    {
        var blocks = product->Blocks;
        var values = product->Values + ((long)group * blocks * TileBytes);
        var place = (long)group * blocks * PackedMatrix.GroupRows;
        var width = (long)blocks * PackedMatrix.Block;
        var last = Math.Min(3, product->InputRows - input - 1);
        var levels = product->Levels + (input * width);
        var lastLevels = levels + (last * width);
        var x = product->Inputs + ((long)input * blocks);
        var lastX = x + ((long)last * blocks);
        var (f00, f10, f20, f30) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var (f01, f11, f21, f31) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        for (var b = 0; b < blocks; b++, values += TileBytes, levels += PackedMatrix.Block, lastLevels += PackedMatrix.Block, x++, lastX++,
            place += PackedMatrix.GroupRows)
        {
            var (i00, i10, i20, i30) = (Vector256.Create(x->Start), Vector256.Create(x[blocks].Start), Vector256.Create(x[2 * blocks].Start),
                Vector256.Create(lastX->Start));
            var (i01, i11, i21, i31) = (i00, i10, i20, i30);
            for (var pair = 0; pair < 4; pair++)
            {
                Unpack(values, pair, 0, out var w0, out var w1);
                Unpack(values, pair, 1, out var v0, out var v1);
                var (x0, x1) = (Inputs(levels, pair * 2), Inputs(levels, (pair * 2) + 1));
                i00 = Dot(Dot(i00, w0, x0), w1, x1);
                i01 = Dot(Dot(i01, v0, x0), v1, x1);
                (x0, x1) = (Inputs(levels + width, pair * 2), Inputs(levels + width, (pair * 2) + 1));
                i10 = Dot(Dot(i10, w0, x0), w1, x1);
                i11 = Dot(Dot(i11, v0, x0), v1, x1);
                (x0, x1) = (Inputs(levels + (2 * width), pair * 2), Inputs(levels + (2 * width), (pair * 2) + 1));
                i20 = Dot(Dot(i20, w0, x0), w1, x1);
                i21 = Dot(Dot(i21, v0, x0), v1, x1);
                (x0, x1) = (Inputs(lastLevels, pair * 2), Inputs(lastLevels, (pair * 2) + 1));
                i30 = Dot(Dot(i30, w0, x0), w1, x1);
                i31 = Dot(Dot(i31, v0, x0), v1, x1);
            }

            var (d0, d1) = (Half8(product->Scales + place), Half8(product->Scales + place + 8));
            var (s0, s1, s2, s3) = (Vector256.Create(x->Scale), Vector256.Create(x[blocks].Scale), Vector256.Create(x[2 * blocks].Scale),
                Vector256.Create(lastX->Scale));
            f00 = Fma.MultiplyAdd(d0, Avx.ConvertToVector256Single(i00) * s0, f00);
            f01 = Fma.MultiplyAdd(d1, Avx.ConvertToVector256Single(i01) * s0, f01);
            f10 = Fma.MultiplyAdd(d0, Avx.ConvertToVector256Single(i10) * s1, f10);
            f11 = Fma.MultiplyAdd(d1, Avx.ConvertToVector256Single(i11) * s1, f11);
            f20 = Fma.MultiplyAdd(d0, Avx.ConvertToVector256Single(i20) * s2, f20);
            f21 = Fma.MultiplyAdd(d1, Avx.ConvertToVector256Single(i21) * s2, f21);
            f30 = Fma.MultiplyAdd(d0, Avx.ConvertToVector256Single(i30) * s3, f30);
            f31 = Fma.MultiplyAdd(d1, Avx.ConvertToVector256Single(i31) * s3, f31);
            if (TFormat.HasOffset)
            {
                var (m0, m1) = (Half8(product->Offsets + place), Half8(product->Offsets + place + 8));
                (s0, s1, s2, s3) = (Vector256.Create(x->Sum), Vector256.Create(x[blocks].Sum), Vector256.Create(x[2 * blocks].Sum),
                    Vector256.Create(lastX->Sum));
                f00 = Fma.MultiplyAdd(m0, s0, f00);
                f01 = Fma.MultiplyAdd(m1, s0, f01);
                f10 = Fma.MultiplyAdd(m0, s1, f10);
                f11 = Fma.MultiplyAdd(m1, s1, f11);
                f20 = Fma.MultiplyAdd(m0, s2, f20);
                f21 = Fma.MultiplyAdd(m1, s2, f21);
                f30 = Fma.MultiplyAdd(m0, s3, f30);
                f31 = Fma.MultiplyAdd(m1, s3, f31);
            }
        }

        Store(product, group, input, f00, f01);
        Store(product, group, input + 1, f10, f11);
        Store(product, group, input + 2, f20, f21);
        if (last == 3)
        {
            Store(product, group, input + 3, f30, f31);
        }
    }

    // Weights of 8 rows in two neighbouring slices of 4 columns.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unpack(byte* tile, int pair, int half, out Vector256<byte> first, out Vector256<byte> second)
    {
        if (TFormat.IsFourBits)
        {
            var both = Vector256.Load(tile + (((pair * 2) + half) * 32));
            var low = Vector256.Create((byte)15);
            first = both & low;
            second = (both.AsUInt16() >>> 4).AsByte() & low;
        }
        else
        {
            first = Vector256.Load(tile + (((pair * 4) + half) * 32));
            second = Vector256.Load(tile + (((pair * 4) + 2 + half) * 32));
        }
    }

    // Four neighbouring inputs, in every lane.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Inputs(sbyte* levels, int slice) => Vector256.Create(((int*)levels)[slice]).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(Vector256<int> sum, Vector256<byte> weights, Vector256<sbyte> inputs)
    {
        if (!TFormat.IsFourBits && !TFormat.HasOffset && !TDot.TakesFullBytes)
        {
            // The sign goes to the input: 128 * 127 * 2 fits into 16 bits, 255 * 127 * 2 does not.
            var signed = (weights ^ Vector256.Create((byte)0x80)).AsSByte();
            (weights, inputs) = (Avx2.Abs(signed), Avx2.Sign(inputs, signed));
        }

        return TDot.Add(sum, weights, inputs);
    }

    // Eight float16 numbers, none of them infinite, as float32: the bits in their new places are off by the difference of the exponents' biases.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Half8(short* source) =>
        ((Avx2.ConvertToVector256Int32(source) << 13) & Vector256.Create(unchecked((int)0x8FFFE000))).AsSingle() * Vector256.Create(5.192297e33f);

    /// <summary>Writes the outputs of one group for one input.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(BlockProduct* product, int group, int input, Vector256<float> first, Vector256<float> second)
    {
        if (product->Gated)
        {
            var gated = first / (Vector256<float>.One + Vector256.Exp(-first)) * second;
            Store(product, input, group * 8, gated);
        }
        else
        {
            Store(product, input, group * PackedMatrix.GroupRows, first);
            Store(product, input, (group * PackedMatrix.GroupRows) + 8, second);
        }
    }

    // The last group may reach past the matrix.
    private static void Store(BlockProduct* product, int input, int output, Vector256<float> values)
    {
        var target = product->Target + ((long)input * product->Outputs) + output;
        if (output + 8 <= product->Outputs)
        {
            (product->Adds ? Vector256.Load(target) + values : values).Store(target);
            return;
        }

        for (var i = 0; output + i < product->Outputs; i++)
        {
            target[i] = product->Adds ? target[i] + values[i] : values[i];
        }
    }
}
