using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Decoders;

/// <summary>Stored numbers to float32. Layouts: ggml-common.h of https://github.com/ggml-org/ggml.</summary>
internal static class Dequantisation
{
    private const int Block = 32;

    /// <summary>True for the types that can be read here.</summary>
    public static bool Supports(GgmlType type) =>
        type is GgmlType.F32 or GgmlType.F16 or GgmlType.BF16 or GgmlType.Q4_0 or GgmlType.Q4_1 or GgmlType.Q8_0;

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

    /// <summary>One row.</summary>
    /// <exception cref="NotSupportedException">The type is not one of <see cref="Supports"/>.</exception>
    public static void Row(GgmlType type, ReadOnlySpan<byte> source, Span<float> target)
    {
        switch (type)
        {
            case GgmlType.F32:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(target);
                break;
            case GgmlType.F16:
                System.Numerics.Tensors.TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), target);
                break;
            case GgmlType.BF16:
                for (var i = 0; i < target.Length; i++)
                {
                    target[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * i)..]) << 16);
                }

                break;
            case GgmlType.Q4_0:
                FourBits(source, target, head: 2, minimum: false);
                break;
            case GgmlType.Q4_1:
                FourBits(source, target, head: 4, minimum: true);
                break;
            case GgmlType.Q8_0:
                for (var i = 0; i < target.Length; i++)
                {
                    var block = source.Slice(i / Block * 34, 34);
                    target[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(block) * (sbyte)block[2 + (i % Block)];
                }

                break;
            default:
                throw new NotSupportedException($"{type} cannot be read.");
        }
    }

    // Q4_0: half d | 16 bytes, w = d * (q - 8). Q4_1: half d, half m | 16 bytes, w = d * q + m. Element j low, element j + 16 high.
    private static void FourBits(ReadOnlySpan<byte> source, Span<float> target, int head, bool minimum)
    {
        for (var b = 0; b < target.Length / Block; b++)
        {
            var block = source.Slice(b * (head + 16), head + 16);
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(block);
            var offset = minimum ? (float)BinaryPrimitives.ReadHalfLittleEndian(block[2..]) : -8 * scale;
            var values = target.Slice(b * Block, Block);
            for (var j = 0; j < 16; j++)
            {
                values[j] = (scale * (block[head + j] & 15)) + offset;
                values[j + 16] = (scale * (block[head + j] >> 4)) + offset;
            }
        }
    }
}
