using System.Buffers.Binary;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// One row of a tensor whose type has levels at even steps: <c>w = Steps[b] * Levels[i] + Offsets[b]</c>, <c>b</c> the number's block of 32.
/// Steps and offsets are exact; layouts as in <see cref="Dequantisation"/>.
/// </summary>
internal sealed class AffineRow(int columns)
{
    private const int Block = BlockMatrix.Block;

    /// <summary>The levels, counted from 0.</summary>
    public byte[] Levels { get; } = new byte[columns];

    /// <summary>What one level is worth, one number a block.</summary>
    public float[] Steps { get; } = new float[columns / Block];

    /// <summary>What level 0 is worth, one number a block.</summary>
    public float[] Offsets { get; } = new float[columns / Block];

    /// <summary>How many levels a type has; 0 where they are not even over blocks of 32.</summary>
    public static int LevelsOf(GgmlType type) => type switch
    {
        GgmlType.Q4_0 or GgmlType.Q4_1 or GgmlType.Q4_K => 16,
        GgmlType.Q5_0 or GgmlType.Q5_1 or GgmlType.Q5_K => 32,
        GgmlType.Q8_0 => 256,
        _ => 0,
    };

    /// <summary>Takes a row as it is stored.</summary>
    /// <exception cref="NotSupportedException">The type has no levels.</exception>
    public void Read(GgmlType type, ReadOnlySpan<byte> source)
    {
        if (type is GgmlType.Q4_K or GgmlType.Q5_K)
        {
            for (var b = 0; b < Steps.Length; b += 8)
            {
                var bytes = GgmlTypes.Block(type)!.Value.Bytes;
                ReadSuperBlock(source.Slice(b / 8 * bytes, bytes), b);
            }

            return;
        }

        for (var b = 0; b < Steps.Length; b++)
        {
            switch (type)
            {
                case GgmlType.Q4_0:
                    Place(b, source[(b * 18)..], offset: -8, numbersAt: 2);
                    break;
                case GgmlType.Q4_1:
                    Place(b, source[(b * 20)..], offset: null, numbersAt: 4);
                    break;
                case GgmlType.Q5_0:
                    Place(b, source[(b * 22)..], offset: -16, numbersAt: 6, fifthAt: 2);
                    break;
                case GgmlType.Q5_1:
                    Place(b, source[(b * 24)..], offset: null, numbersAt: 8, fifthAt: 4);
                    break;
                case GgmlType.Q8_0:
                    Steps[b] = Real(source[(b * 34)..]);
                    Offsets[b] = -128 * Steps[b];
                    for (var j = 0; j < Block; j++)
                    {
                        Levels[(b * Block) + j] = (byte)(source[(b * 34) + 2 + j] ^ 0x80);
                    }

                    break;
                default:
                    throw new NotSupportedException($"{type} has no even levels.");
            }
        }
    }

    // A null offset is stored after the step.
    private void Place(int b, ReadOnlySpan<byte> block, int? offset, int numbersAt, int fifthAt = 0)
    {
        Steps[b] = Real(block);
        Offsets[b] = offset is { } levels ? levels * Steps[b] : Real(block[2..]);
        var fifth = fifthAt > 0 ? BinaryPrimitives.ReadUInt32LittleEndian(block[fifthAt..]) : 0;
        for (var j = 0; j < 16; j++)
        {
            var pair = block[numbersAt + j];
            Levels[(b * Block) + j] = (byte)((pair & 15u) | ((fifth >> j & 1) << 4));
            Levels[(b * Block) + j + 16] = (byte)(((uint)pair >> 4) | ((fifth >> (j + 16) & 1) << 4));
        }
    }

    // A scale has at most 17 significant bits (11 of a float16 and 6): the products are exact.
    private void ReadSuperBlock(ReadOnlySpan<byte> block, int first)
    {
        var (d, dmin) = (Real(block), Real(block[2..]));
        var fifth = block.Length == 176 ? block.Slice(16, 32) : [];
        var numbers = block[(16 + fifth.Length)..];
        for (var group = 0; group < 8; group++)
        {
            var (scale, minimum) = Dequantisation.ScaleAndMinimum(block.Slice(4, 12), group);
            Steps[first + group] = d * scale;
            Offsets[first + group] = -(dmin * minimum);
            for (var j = 0; j < Block; j++)
            {
                var low = numbers[(group / 2 * Block) + j] >> (group % 2 * 4) & 15;
                Levels[((first + group) * Block) + j] = (byte)(fifth.IsEmpty ? low : low | ((fifth[j] >> group & 1) << 4));
            }
        }
    }

    private static float Real(ReadOnlySpan<byte> half) => (float)BinaryPrimitives.ReadHalfLittleEndian(half);
}
