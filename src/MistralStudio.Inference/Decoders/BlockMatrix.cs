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
    /// Takes the rows of a tensor in the given order. Q4_0, Q5_0 and Q8_0 keep every weight as it is, types with an offset nearly so; the others
    /// are rounded to 8-bit values.
    /// </summary>
    /// <param name="hasHalfScales">True where scales are stored as float16: levels are then of what is stored.</param>
    /// <param name="row">Which row of the tensor a row of the matrix is; null keeps the order.</param>
    public static BlockMatrix From(GgufFile file, GgufTensor tensor, int bits, bool hasHalfScales = false, Func<int, int>? row = null)
    {
        var (rows, columns) = (checked((int)tensor.Rows), checked((int)tensor.Columns));
        var blocks = columns / Block;
        var matrix = new BlockMatrix(bits, rows, columns, new byte[(long)rows * columns * bits / 8], new float[(long)rows * blocks]);
        if (bits == 4)
        {
            var levels = new AffineRow(columns);
            for (var i = 0; i < rows; i++)
            {
                levels.Read(tensor.Type, file.Rows(tensor, row?.Invoke(i) ?? i, 1));
                levels.Steps.CopyTo(matrix.Scales, (long)i * blocks);
                var values = matrix.Values.AsSpan(checked(i * (columns / 2)), columns / 2);
                for (var j = 0; j < values.Length; j++)
                {
                    values[j] = (byte)(levels.Levels[2 * j] | (levels.Levels[(2 * j) + 1] << 4));
                }
            }
        }
        else
        {
            var levels = new EightBitLevels(columns, hasHalfScales);
            for (var i = 0; i < rows; i++)
            {
                levels.Read(tensor.Type, file.Rows(tensor, row?.Invoke(i) ?? i, 1));
                levels.Scales.CopyTo(matrix.Scales, (long)i * blocks);
                levels.Levels.CopyTo(matrix.Values, (long)i * columns);
            }
        }

        return matrix;
    }

    /// <summary>Puts matrices of one width under each other: one multiplication instead of several.</summary>
    public static BlockMatrix Stack(params ReadOnlySpan<BlockMatrix> parts)
    {
        var (values, scales, rows) = (0, 0, 0);
        foreach (var part in parts)
        {
            (values, scales, rows) = (checked(values + part.Values.Length), scales + part.Scales.Length, rows + part.Rows);
        }

        var stack = parts[0] with { Rows = rows, Values = new byte[values], Scales = new float[scales] };
        (values, scales) = (0, 0);
        foreach (var part in parts)
        {
            part.Values.CopyTo(stack.Values, values);
            part.Scales.CopyTo(stack.Scales, scales);
            (values, scales) = (values + part.Values.Length, scales + part.Scales.Length);
        }

        return stack;
    }
}
