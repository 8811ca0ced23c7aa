using System.Buffers.Binary;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Operators;

/// <summary>
/// A weight matrix as the kernels of this room read it, front to back: groups of 16 rows, and in a group block after block of 32 columns. A
/// vector register holds 4 neighbouring columns of 8 rows, so that one instruction advances 8 outputs and no sum is ever taken across lanes.
/// </summary>
/// <param name="Format">How a weight is stored.</param>
/// <param name="Rows">Outputs, a multiple of <see cref="GroupRows"/>; rows past the matrix are zero.</param>
/// <param name="Columns">Inputs, a multiple of <see cref="Block"/>.</param>
/// <param name="Bytes">
/// Three planes: values <c>[group][block][half of the group][...]</c>, scales <c>[group][block][16]</c> and, where the format has them, offsets
/// <c>[group][block][16]</c>, both float16.
/// </param>
internal sealed record PackedMatrix(BlockFormat Format, int Rows, int Columns, byte[] Bytes)
{
    /// <summary>Columns that share a scale.</summary>
    public const int Block = 32;

    /// <summary>Rows that are stored together.</summary>
    public const int GroupRows = 16;

    /// <summary>Bytes of all weights of a group in one block.</summary>
    public static int TileBytes(BlockFormat format) => GroupRows * Block / (format.IsFourBits() ? 2 : 1);

    /// <summary>The format that loses least of what a tensor holds.</summary>
    public static BlockFormat FormatOf(GgmlType type) => type switch
    {
        GgmlType.Q4_0 => BlockFormat.FourBits,
        GgmlType.Q4_1 or GgmlType.Q4_K => BlockFormat.FourBitsOffset,
        GgmlType.Q5_1 or GgmlType.Q5_K => BlockFormat.SevenBitsOffset,
        _ => BlockFormat.EightBits,
    };

    /// <summary>Packs rows of tensors.</summary>
    /// <param name="columns">Width of every row.</param>
    /// <param name="sources">Where each row of the matrix comes from.</param>
    public static PackedMatrix Pack(GgufFile file, BlockFormat format, int columns, IReadOnlyList<(GgufTensor Tensor, int Row)> sources)
    {
        var groups = (sources.Count + GroupRows - 1) / GroupRows;
        var blocks = columns / Block;
        var tileBytes = TileBytes(format);
        var scalesAt = (long)groups * blocks * tileBytes;
        var planeBytes = (long)groups * blocks * GroupRows * sizeof(ushort);
        var bytes = new byte[checked(scalesAt + (planeBytes * (format.HasOffset() ? 2 : 1)))];
        Parallel.For(0, groups, group =>
        {
            var row = new BlockRow(format, columns);
            for (var i = 0; i < GroupRows && (group * GroupRows) + i < sources.Count; i++)
            {
                var (tensor, source) = sources[(group * GroupRows) + i];
                row.Read(tensor.Type, file.Rows(tensor, source, 1));
                for (var block = 0; block < blocks; block++)
                {
                    var tile = ((long)group * blocks) + block;
                    Place(row.Levels.AsSpan(block * Block, Block), format, i, bytes.AsSpan(checked((int)(tile * tileBytes)), tileBytes));
                    var place = (tile * GroupRows) + i;
                    BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(checked((int)(scalesAt + (place * 2)))), (Half)row.Scales[block]);
                    if (format.HasOffset())
                    {
                        BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(checked((int)(scalesAt + planeBytes + (place * 2)))), (Half)row.Offsets[block]);
                    }
                }
            }
        });
        return new PackedMatrix(format, groups * GroupRows, columns, bytes);
    }

    // Eight bits: [slice of 4 columns][half][row of 8][column of 4]. Four bits: [pair of slices][half][row of 8][column of 4], the first slice of
    // the pair in the low nibble.
    private static void Place(ReadOnlySpan<byte> levels, BlockFormat format, int row, Span<byte> tile)
    {
        var (half, lane) = Math.DivRem(row, 8);
        for (var column = 0; column < Block; column++)
        {
            var (slice, within) = Math.DivRem(column, 4);
            if (!format.IsFourBits())
            {
                tile[(((slice * 2) + half) * 32) + (lane * 4) + within] = levels[column];
            }
            else
            {
                ref var target = ref tile[((((slice / 2) * 2) + half) * 32) + (lane * 4) + within];
                target |= (byte)(levels[column] << (slice % 2 * 4));
            }
        }
    }
}
