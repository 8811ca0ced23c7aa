using System.Buffers.Binary;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// A weight matrix in the layout of <c>MatMulNBits</c>: <c>w = scale * (q - 2^(bits-1))</c> by blocks of 32 along a row, 4-bit values in pairs
/// with the even one in the low nibble.
/// </summary>
/// <param name="Bits">4 or 8.</param>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs, a multiple of 32.</param>
/// <param name="Values"><c>[rows, columns / 32, 32 * bits / 8]</c>.</param>
/// <param name="Scales"><c>[rows, columns / 32]</c>.</param>
internal sealed record BlockMatrix(int Bits, int Rows, int Columns, byte[] Values, float[] Scales)
{
    /// <summary>Elements of a block.</summary>
    public const int Block = 32;

    /// <summary>Blocks of a row.</summary>
    public int Blocks => Columns / Block;

    /// <summary>True where a tensor's values need no rounding to become 4-bit values here.</summary>
    public static bool FitsFourBits(GgmlType type) => type == GgmlType.Q4_0;

    /// <summary>
    /// Takes the rows of a tensor in the given order. Q4_0 and Q8_0 keep every weight as it is, Q4_1 nearly so; the other types are rounded to
    /// 8-bit values.
    /// </summary>
    /// <param name="row">Which row of the tensor a row of the matrix is; null keeps the order.</param>
    public static BlockMatrix From(GgufFile file, GgufTensor tensor, int bits, Func<int, int>? row = null)
    {
        var (rows, columns) = (checked((int)tensor.Rows), checked((int)tensor.Columns));
        var blocks = columns / Block;
        var matrix = new BlockMatrix(bits, rows, columns, new byte[(long)rows * columns * bits / 8], new float[(long)rows * blocks]);
        var floats = new float[columns];
        for (var i = 0; i < rows; i++)
        {
            var source = file.Rows(tensor, row?.Invoke(i) ?? i, 1);
            var values = matrix.Values.AsSpan(i * (columns * bits / 8), columns * bits / 8);
            var scales = matrix.Scales.AsSpan(i * blocks, blocks);
            switch (tensor.Type, bits)
            {
                case (GgmlType.Q4_0, 4):
                    CopyFourBits(source, values, scales);
                    break;
                case (GgmlType.Q8_0, 8):
                    CopyEightBits(source, values, scales);
                    break;
                case (GgmlType.Q4_1, 8):
                    SpreadFourBits(source, values, scales);
                    break;
                default:
                    Dequantisation.Row(tensor.Type, source, floats);
                    RoundToEightBits(floats, values, scales);
                    break;
            }
        }

        return matrix;
    }

    /// <summary>Puts matrices of one width under each other: one multiplication instead of several.</summary>
    public static BlockMatrix Stack(params ReadOnlySpan<BlockMatrix> parts)
    {
        var (rows, values, scales) = (0, new List<byte[]>(), new List<float[]>());
        foreach (var part in parts)
        {
            rows += part.Rows;
            values.Add(part.Values);
            scales.Add(part.Scales);
        }

        return parts[0] with { Rows = rows, Values = [.. values.SelectMany(bytes => bytes)], Scales = [.. scales.SelectMany(floats => floats)] };
    }

    // Q4_0: half d, 16 bytes; byte j holds element j (low) and element j + 16 (high); w = d * (q - 8).
    private static void CopyFourBits(ReadOnlySpan<byte> source, Span<byte> values, Span<float> scales)
    {
        for (var b = 0; b < scales.Length; b++)
        {
            var block = source.Slice(b * 18, 18);
            scales[b] = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
            var packed = block[2..];
            var target = values.Slice(b * 16, 16);
            for (var j = 0; j < 8; j++)
            {
                target[j] = (byte)((packed[2 * j] & 15) | (packed[(2 * j) + 1] << 4));
                target[j + 8] = (byte)((packed[2 * j] >> 4) | (packed[(2 * j) + 1] & 0xF0));
            }
        }
    }

    // Q8_0: half d, 32 signed bytes; w = d * q.
    private static void CopyEightBits(ReadOnlySpan<byte> source, Span<byte> values, Span<float> scales)
    {
        for (var b = 0; b < scales.Length; b++)
        {
            var block = source.Slice(b * 34, 34);
            scales[b] = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
            for (var j = 0; j < Block; j++)
            {
                values[(b * Block) + j] = (byte)((sbyte)block[2 + j] + 128);
            }
        }
    }

    // Q4_1: half d, half m, 16 bytes; byte j holds element j (low) and element j + 16 (high); w = d * q + m.
    // With scale d / k a step of q is k steps of ours, exactly; of the k that fit into 8 bits the one is taken that puts m nearest to a whole
    // step. Rounding to the block's largest weight would lose as much as the 8-bit activations do; this loses next to nothing.
    private static void SpreadFourBits(ReadOnlySpan<byte> source, Span<byte> values, Span<float> scales)
    {
        Span<int> levels = stackalloc int[16];
        for (var b = 0; b < scales.Length; b++)
        {
            var block = source.Slice(b * 20, 20);
            var step = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
            var offset = (float)BinaryPrimitives.ReadHalfLittleEndian(block[2..]);
            scales[b] = Spread(step, offset, levels);
            var target = values.Slice(b * Block, Block);
            for (var j = 0; j < 16; j++)
            {
                target[j] = (byte)(levels[block[4 + j] & 15] + 128);
                target[j + 16] = (byte)(levels[block[4 + j] >> 4] + 128);
            }
        }
    }

    /// <summary>Eight-bit places of the 16 weights <c>step * q + offset</c>, and their scale.</summary>
    private static float Spread(float step, float offset, Span<int> levels)
    {
        var (best, error) = (0, float.MaxValue);
        for (var k = 1; k <= 17 && step != 0; k++)
        {
            var place = offset * k / step;
            var (first, last) = (MathF.Round(place), MathF.Round(place) + (15 * k));
            var miss = MathF.Abs(place - first) / k;
            if (first >= -128 && last <= 127 && miss < error)
            {
                (best, error) = (k, miss);
            }
        }

        // A block of one value, or one whose values all lie far on one side of zero: rounded like any other.
        var largest = MathF.Max(MathF.Abs(offset), MathF.Abs(offset + (15 * step)));
        var scale = best > 0 ? step / best : largest / 127;
        var origin = best > 0 ? MathF.Round(offset * best / step) : 0;
        for (var q = 0; q < 16; q++)
        {
            levels[q] = best > 0 ? (int)origin + (best * q) : scale == 0 ? 0 : (int)MathF.Round((offset + (step * q)) / scale);
        }

        return scale;
    }

    private static void RoundToEightBits(ReadOnlySpan<float> row, Span<byte> values, Span<float> scales)
    {
        for (var b = 0; b < scales.Length; b++)
        {
            var block = row.Slice(b * Block, Block);
            var largest = System.Numerics.Tensors.TensorPrimitives.MaxMagnitude(block);
            scales[b] = MathF.Abs(largest) / 127;
            var inverse = largest == 0 ? 0 : 127 / MathF.Abs(largest);
            for (var j = 0; j < Block; j++)
            {
                values[(b * Block) + j] = (byte)((int)MathF.Round(block[j] * inverse) + 128);
            }
        }
    }
}
