using System.Buffers.Binary;
using System.Numerics.Tensors;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Operators;

/// <summary>
/// One row of a tensor in a <see cref="BlockFormat"/>. Types that have the format's own form are taken over as they are, the others are rounded
/// to 8 bits.
/// </summary>
internal sealed class BlockRow(BlockFormat format, int columns)
{
    private readonly float[] _floats = new float[columns];

    /// <summary>The stored numbers <c>q</c>.</summary>
    public byte[] Levels { get; } = new byte[columns];

    /// <summary>The scales <c>d</c>, one a block.</summary>
    public Half[] Scales { get; } = new Half[columns / PackedMatrix.Block];

    /// <summary>The offsets <c>m</c>, one a block, where the format has them.</summary>
    public Half[] Offsets { get; } = new Half[columns / PackedMatrix.Block];

    /// <summary>Takes a row of a tensor.</summary>
    public void Read(GgmlType type, ReadOnlySpan<byte> source)
    {
        switch (type, format)
        {
            // half d, 16 bytes; byte j holds element j (low) and element j + 16 (high).
            case (GgmlType.Q4_0, BlockFormat.FourBits):
                for (var b = 0; b < Scales.Length; b++)
                {
                    Scales[b] = BinaryPrimitives.ReadHalfLittleEndian(source[(b * 18)..]);
                    Unpack(source.Slice((b * 18) + 2, 16), b);
                }

                break;

            // half d, half m, 16 bytes as above.
            case (GgmlType.Q4_1, BlockFormat.FourBitsOffset):
                for (var b = 0; b < Scales.Length; b++)
                {
                    Scales[b] = BinaryPrimitives.ReadHalfLittleEndian(source[(b * 20)..]);
                    Offsets[b] = BinaryPrimitives.ReadHalfLittleEndian(source[((b * 20) + 2)..]);
                    Unpack(source.Slice((b * 20) + 4, 16), b);
                }

                break;

            // half d, 32 signed bytes.
            case (GgmlType.Q8_0, BlockFormat.EightBits):
                for (var b = 0; b < Scales.Length; b++)
                {
                    Scales[b] = BinaryPrimitives.ReadHalfLittleEndian(source[(b * 34)..]);
                    for (var j = 0; j < PackedMatrix.Block; j++)
                    {
                        Levels[(b * PackedMatrix.Block) + j] = (byte)(source[(b * 34) + 2 + j] ^ 0x80);
                    }
                }

                break;

            case (_, BlockFormat.EightBits):
                Dequantisation.Row(type, source, _floats);
                Round();
                break;

            default:
                throw new NotSupportedException($"{type} cannot be stored as {format}.");
        }
    }

    private void Unpack(ReadOnlySpan<byte> packed, int block)
    {
        var levels = Levels.AsSpan(block * PackedMatrix.Block, PackedMatrix.Block);
        for (var j = 0; j < 16; j++)
        {
            levels[j] = (byte)(packed[j] & 15);
            levels[j + 16] = (byte)(packed[j] >> 4);
        }
    }

    private void Round()
    {
        for (var b = 0; b < Scales.Length; b++)
        {
            var block = _floats.AsSpan(b * PackedMatrix.Block, PackedMatrix.Block);
            Scales[b] = (Half)(MathF.Abs(TensorPrimitives.MaxMagnitude<float>(block)) / 127);
            var inverse = Scales[b] == Half.Zero ? 0 : 1 / (float)Scales[b];
            for (var j = 0; j < block.Length; j++)
            {
                Levels[(b * PackedMatrix.Block) + j] = (byte)(Math.Clamp((int)MathF.Round(block[j] * inverse), -128, 127) + 128);
            }
        }
    }
}
