namespace MistralStudio.Inference.Gguf;

/// <summary>One tensor of a file.</summary>
/// <param name="Name">Its name: <c>blk.0.attn_q.weight</c>.</param>
/// <param name="Type">How its numbers are stored.</param>
/// <param name="Shape">Dimensions as the file writes them, the fastest first: <c>[in, out]</c>.</param>
/// <param name="Offset">Bytes from the start of the file.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record GgufTensor(string Name, GgmlType Type, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    /// <summary>Length of a row: the fastest dimension.</summary>
    public long Columns => Shape[0];

    /// <summary>Number of rows: the product of the other dimensions.</summary>
    public long Rows => Elements / Columns;

    /// <summary>Number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (product, dimension) => product * dimension);
}
