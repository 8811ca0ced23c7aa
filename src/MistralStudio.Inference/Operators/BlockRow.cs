using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Operators;

/// <summary>One row of a tensor in a <see cref="BlockFormat"/>: scales and offsets are rounded to float16, which those of most types are already.</summary>
internal sealed class BlockRow(BlockFormat format, int columns)
{
    private readonly AffineRow _affine = new(columns);
    private readonly EightBitLevels _eightBits = new(columns, hasHalfScales: true);

    /// <summary>The stored numbers <c>q</c>.</summary>
    public byte[] Levels => format == BlockFormat.EightBits ? _eightBits.Levels : _affine.Levels;

    /// <summary>The scales <c>d</c>, one a block.</summary>
    public float[] Scales => format == BlockFormat.EightBits ? _eightBits.Scales : _affine.Steps;

    /// <summary>The offsets <c>m</c>, one a block, where the format has them.</summary>
    public float[] Offsets => _affine.Offsets;

    /// <summary>Takes a row of a tensor.</summary>
    /// <exception cref="NotSupportedException">The type's numbers do not have the format's levels.</exception>
    public void Read(GgmlType type, ReadOnlySpan<byte> source)
    {
        if (format == BlockFormat.EightBits)
        {
            _eightBits.Read(type, source);
        }
        else if (PackedMatrix.FormatOf(type) == format)
        {
            _affine.Read(type, source);
        }
        else
        {
            throw new NotSupportedException($"{type} cannot be stored as {format}.");
        }
    }
}
