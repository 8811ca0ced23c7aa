using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Operators;

/// <summary>
/// Rows of a <see cref="PackedMatrix"/> as numbers: the embeddings of tokens from the matrix that is also the head. Inputs: <c>ids [...]</c>
/// int64, the matrix's bytes. Output <c>[..., columns]</c>. Attributes: <c>columns</c>, <c>rows</c>, <c>format</c>.
/// </summary>
internal sealed unsafe class BlockGather(NodeAttributes attributes) : IOperatorKernel
{
    /// <summary>How the graph names it.</summary>
    public const string Name = "BlockGather";

    private readonly int _columns = attributes["columns\0"u8];
    private readonly int _rows = attributes["rows\0"u8];
    private readonly BlockFormat _format = (BlockFormat)attributes["format\0"u8];

    public static OperatorDefinition Definition { get; } = new(Name, [ElementType.Int64, ElementType.UInt8], attributes => new BlockGather(attributes));

    public void Compute(in OperatorContext context)
    {
        Span<long> shape = stackalloc long[8];
        var ids = context.Input<long>(0, shape, out var rank);
        var matrix = context.Input<byte>(1);
        shape[rank] = _columns;
        var output = context.Output(shape[..(rank + 1)]);
        var count = 1L;
        for (var i = 0; i < rank; i++)
        {
            count *= shape[i];
        }

        for (var i = 0; i < count; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)ids[i], (ulong)_rows);
            Row(matrix, ids[i], output + (i * _columns));
        }
    }

    private void Row(byte* matrix, long row, float* target)
    {
        var (group, i) = Math.DivRem(row, PackedMatrix.GroupRows);
        var (half, lane) = Math.DivRem(i, 8);
        var blocks = _columns / PackedMatrix.Block;
        var groups = (_rows + PackedMatrix.GroupRows - 1L) / PackedMatrix.GroupRows;
        var tileBytes = PackedMatrix.TileBytes(_format);
        var scales = (Half*)(matrix + (groups * blocks * tileBytes));
        var offsets = scales + (groups * blocks * PackedMatrix.GroupRows);
        for (var block = 0; block < blocks; block++)
        {
            var tile = (group * blocks) + block;
            var values = matrix + (tile * tileBytes);
            var scale = (float)scales[(tile * PackedMatrix.GroupRows) + i];
            var offset = _format.HasOffset() ? (float)offsets[(tile * PackedMatrix.GroupRows) + i] : (_format.IsFourBits() ? -8 : -128) * scale;
            for (var column = 0; column < PackedMatrix.Block; column++)
            {
                var (slice, within) = Math.DivRem(column, 4);
                var level = !_format.IsFourBits()
                    ? values[(((slice * 2) + half) * 32) + (lane * 4) + within]
                    : (values[((((slice / 2) * 2) + half) * 32) + (lane * 4) + within] >> (slice % 2 * 4)) & 15;
                target[(block * PackedMatrix.Block) + column] = (scale * level) + offset;
            }
        }
    }
}
