using System.Buffers.Binary;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// Stored numbers to float32, bit for bit what ggml's own C code gives. Layouts: ggml-common.h and ggml-quants.c of
/// https://github.com/ggml-org/ggml. Sixteen numbers at a time: unpacked to signed bytes, widened, scaled, and moved by the block's minimum.
/// </summary>
internal static class Dequantisation
{
    private const int Block = 32;
    private const int SuperBlock = 256;

    /// <summary>The types that can be read here.</summary>
    public static IReadOnlyList<GgmlType> Types { get; } =
    [
        GgmlType.F32, GgmlType.F16, GgmlType.BF16,
        GgmlType.Q4_0, GgmlType.Q4_1, GgmlType.Q5_0, GgmlType.Q5_1, GgmlType.Q8_0, GgmlType.Q4_K, GgmlType.Q5_K, GgmlType.Q6_K,
    ];

    /// <summary>True for the types that can be read here.</summary>
    public static bool Supports(GgmlType type) => Types.Contains(type);

    /// <summary>A whole tensor.</summary>
    public static float[] Tensor(GgufFile file, GgufTensor tensor)
    {
        var values = new float[tensor.Elements];
        var columns = (int)tensor.Columns;
        for (var row = 0; row < tensor.Rows; row++)
        {
            Row(tensor.Type, file.Rows(tensor, row, 1), values.AsSpan(row * columns, columns));
        }

        return values;
    }

    /// <summary>One row, or any number of whole blocks.</summary>
    /// <exception cref="NotSupportedException">The type is not one of <see cref="Supports"/>.</exception>
    /// <exception cref="ArgumentException">The bytes are not exactly those of the numbers.</exception>
    public static void Row(GgmlType type, ReadOnlySpan<byte> source, Span<float> target)
    {
        if (!Supports(type) || GgmlTypes.Block(type) is not { } block)
        {
            throw new NotSupportedException($"{type} cannot be read.");
        }

        if (target.Length % block.Elements != 0 || source.Length != target.Length / block.Elements * block.Bytes)
        {
            throw new ArgumentException($"{source.Length} bytes are not {target.Length} numbers of {type}.", nameof(source));
        }

        switch (type)
        {
            case GgmlType.F32:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(target);
                return;
            case GgmlType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), target);
                return;
            case GgmlType.BF16:
                Bfloats(MemoryMarshal.Cast<byte, ushort>(source), target);
                return;
        }

        for (; target.Length > 0; source = source[block.Bytes..], target = target[block.Elements..])
        {
            switch (type)
            {
                case GgmlType.Q4_0:
                    Q4_0(source[..block.Bytes], target[..Block]);
                    break;
                case GgmlType.Q4_1:
                    Q4_1(source[..block.Bytes], target[..Block]);
                    break;
                case GgmlType.Q5_0:
                    Q5_0(source[..block.Bytes], target[..Block]);
                    break;
                case GgmlType.Q5_1:
                    Q5_1(source[..block.Bytes], target[..Block]);
                    break;
                case GgmlType.Q8_0:
                    Q8_0(source[..block.Bytes], target[..Block]);
                    break;
                case GgmlType.Q4_K:
                    K4(source[..block.Bytes], [], target[..SuperBlock]);
                    break;
                case GgmlType.Q5_K:
                    K4(source[..block.Bytes], source.Slice(16, 32), target[..SuperBlock]);
                    break;
                default:
                    Q6_K(source[..block.Bytes], target[..SuperBlock]);
                    break;
            }
        }
    }

    private static void Bfloats(ReadOnlySpan<ushort> source, Span<float> target)
    {
        var i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out var low, out var high);
            Vector.AsVectorSingle(low << 16).CopyTo(target[i..]);
            Vector.AsVectorSingle(high << 16).CopyTo(target[(i + Vector<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
        {
            target[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }

    // half d | 16 bytes: w = d * (q - 8). Number j in the low half of byte j, number j + 16 in the high half; so in all types of 32.
    private static void Q4_0(ReadOnlySpan<byte> block, Span<float> target)
    {
        var (low, high) = Nibbles(block[2..]);
        Scale(low - Vector128.Create((sbyte)8), Real(block), target);
        Scale(high - Vector128.Create((sbyte)8), Real(block), target[16..]);
    }

    // half d | half m | 16 bytes: w = d * q + m.
    private static void Q4_1(ReadOnlySpan<byte> block, Span<float> target)
    {
        var (low, high) = Nibbles(block[4..]);
        Scale(low, Real(block), Real(block[2..]), target);
        Scale(high, Real(block), Real(block[2..]), target[16..]);
    }

    // half d | 32 fifth bits | 16 bytes: w = d * (q - 16).
    private static void Q5_0(ReadOnlySpan<byte> block, Span<float> target)
    {
        var (low, high) = Nibbles(block[6..]);
        var fifth = BinaryPrimitives.ReadUInt32LittleEndian(block[2..]);
        Scale((low | FifthBits(fifth)) - Vector128.Create((sbyte)16), Real(block), target);
        Scale((high | FifthBits(fifth >> 16)) - Vector128.Create((sbyte)16), Real(block), target[16..]);
    }

    // half d | half m | 32 fifth bits | 16 bytes: w = d * q + m.
    private static void Q5_1(ReadOnlySpan<byte> block, Span<float> target)
    {
        var (low, high) = Nibbles(block[8..]);
        var fifth = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        Scale(low | FifthBits(fifth), Real(block), Real(block[2..]), target);
        Scale(high | FifthBits(fifth >> 16), Real(block), Real(block[2..]), target[16..]);
    }

    // half d | 32 signed bytes: w = d * q.
    private static void Q8_0(ReadOnlySpan<byte> block, Span<float> target)
    {
        Scale(Vector128.Create(block[2..]).AsSByte(), Real(block), target);
        Scale(Vector128.Create(block[18..]).AsSByte(), Real(block), target[16..]);
    }

    // Q4_K: half d | half dmin | 12 bytes of 6-bit scales and minima | 128 bytes. Q5_K has 32 bytes of fifth bits before the last part: the
    // n-th group of 32 numbers has its bits at position n of each. w = d * scale * q - dmin * minimum; a byte is number j of two groups.
    private static void K4(ReadOnlySpan<byte> block, ReadOnlySpan<byte> fifth, Span<float> target)
    {
        var (d, dmin) = (Real(block), Real(block[2..]));
        var scales = block.Slice(4, 12);
        var numbers = block[(16 + fifth.Length)..];
        for (var group = 0; group < 8; group += 2)
        {
            var (scale, minimum) = ScaleAndMinimum(scales, group);
            var (scaleHigh, minimumHigh) = ScaleAndMinimum(scales, group + 1);
            for (var part = 0; part < Block; part += 16)
            {
                var (low, high) = Nibbles(numbers[(group / 2 * Block + part)..]);
                if (fifth.Length > 0)
                {
                    var bits = Vector128.Create(fifth[part..]) >>> group;
                    low |= ((bits & Vector128.Create((byte)1)) << 4).AsSByte();
                    high |= ((bits & Vector128.Create((byte)2)) << 3).AsSByte();
                }

                Scale(low, d * scale, -(dmin * minimum), target[(group * Block + part)..]);
                Scale(high, d * scaleHigh, -(dmin * minimumHigh), target[((group + 1) * Block + part)..]);
            }
        }
    }

    // 128 bytes of low halves | 64 bytes of fifth and sixth bits | 16 signed scales | half d: w = d * scale * (q - 32).
    private static void Q6_K(ReadOnlySpan<byte> block, Span<float> target)
    {
        var d = Real(block[208..]);
        for (var half = 0; half < 2; half++)
        {
            for (var part = 0; part < 2; part++)
            {
                var scales = block[(192 + (8 * half) + part)..];
                var (first, third) = Nibbles(block[((64 * half) + (16 * part))..]);
                var (second, fourth) = Nibbles(block[((64 * half) + 32 + (16 * part))..]);
                var bits = Vector128.Create(block[(128 + (32 * half) + (16 * part))..]);
                var values = target[((128 * half) + (16 * part))..];
                Scale(SixBits(first, bits), d * (sbyte)scales[0], values);
                Scale(SixBits(second, bits >>> 2), d * (sbyte)scales[2], values[32..]);
                Scale(SixBits(third, bits >>> 4), d * (sbyte)scales[4], values[64..]);
                Scale(SixBits(fourth, bits >>> 6), d * (sbyte)scales[6], values[96..]);
            }
        }
    }

    private static float Real(ReadOnlySpan<byte> half) => (float)BinaryPrimitives.ReadHalfLittleEndian(half);

    /// <summary>The 6-bit scale and minimum of a group of 32 numbers in a block of Q4_K or Q5_K.</summary>
    public static (int Scale, int Minimum) ScaleAndMinimum(ReadOnlySpan<byte> packed, int group) => group < 4
        ? (packed[group] & 63, packed[group + 4] & 63)
        : ((packed[group + 4] & 15) | ((packed[group - 4] >> 6) << 4), (packed[group + 4] >> 4) | ((packed[group] >> 6) << 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<sbyte> Low, Vector128<sbyte> High) Nibbles(ReadOnlySpan<byte> packed)
    {
        var bytes = Vector128.Create(packed);
        return ((bytes & Vector128.Create((byte)15)).AsSByte(), (bytes >>> 4).AsSByte());
    }

    /// <summary>Bit j of a number becomes 16 in byte j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> FifthBits(uint bits)
    {
        var spread = Vector128.Shuffle(Vector128.CreateScalar(bits).AsByte(), Vector128.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
        var chosen = spread & Vector128.Create(1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128);
        return ~Vector128.Equals(chosen, Vector128<byte>.Zero).AsSByte() & Vector128.Create((sbyte)16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> SixBits(Vector128<sbyte> low, Vector128<byte> bits) =>
        (low | ((bits & Vector128.Create((byte)3)) << 4).AsSByte()) - Vector128.Create((sbyte)32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scale(Vector128<sbyte> numbers, float scale, Span<float> target)
    {
        if (Avx512F.IsSupported)
        {
            (Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(numbers)) * scale).CopyTo(target);
            return;
        }

        var (first, second, third, fourth) = Widen(numbers);
        (first * scale).CopyTo(target);
        (second * scale).CopyTo(target[4..]);
        (third * scale).CopyTo(target[8..]);
        (fourth * scale).CopyTo(target[12..]);
    }

    // A scale has at most 17 significant bits and a number 5, so the product is exact and only the sum rounds, fused or not.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scale(Vector128<sbyte> numbers, float scale, float offset, Span<float> target)
    {
        if (Avx512F.IsSupported)
        {
            ((Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(numbers)) * scale) + Vector512.Create(offset)).CopyTo(target);
            return;
        }

        var (first, second, third, fourth) = Widen(numbers);
        var added = Vector128.Create(offset);
        ((first * scale) + added).CopyTo(target);
        ((second * scale) + added).CopyTo(target[4..]);
        ((third * scale) + added).CopyTo(target[8..]);
        ((fourth * scale) + added).CopyTo(target[12..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<float> First, Vector128<float> Second, Vector128<float> Third, Vector128<float> Fourth) Widen(Vector128<sbyte> numbers)
    {
        var (low, high) = Vector128.Widen(numbers);
        var (first, second) = Vector128.Widen(low);
        var (third, fourth) = Vector128.Widen(high);
        return (Vector128.ConvertToSingle(first), Vector128.ConvertToSingle(second), Vector128.ConvertToSingle(third), Vector128.ConvertToSingle(fourth));
    }
}
