using System.Buffers.Binary;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Tests.Gguf;

namespace MistralStudio.Inference.Tests.Decoders;

public sealed class BlockMatrixTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<int, int, int, double> Types => new()
    {
        { (int)GgmlType.Q4_0, 18, 4, 0 },
        { (int)GgmlType.Q8_0, 34, 8, 0 },
        { (int)GgmlType.Q4_1, 20, 8, 0.004 },
        { (int)GgmlType.F32, 128, 8, 0.004 },
        { (int)GgmlType.F16, 64, 8, 0.004 },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void From_KeepsEveryWeight_WithinTheTypesRounding(int type, int blockBytes, int bits, double tolerance)
    {
        using var file = GgufFile.Open(_folder.Write("m.gguf", new GgufBytes().Tensor("w", (GgmlType)type, [64, 3], Random((GgmlType)type, blockBytes)).ToArray())).Value;
        var tensor = file.Tensors["w"];
        var expected = Dequantisation.Tensor(file, tensor);

        var matrix = BlockMatrix.From(file, tensor, bits);

        var largest = expected.Max(MathF.Abs);
        for (var i = 0; i < expected.Length; i++)
        {
            var stored = bits == 8 ? matrix.Values[i] - 128 : ((matrix.Values[i / 2] >> (i % 2 * 4)) & 15) - 8;
            Assert.Equal(expected[i], matrix.Scales[i / 32] * stored, tolerance * largest + 1e-9);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Random(GgmlType type, int blockBytes)
    {
        var random = new Random(3);
        var bytes = new byte[blockBytes * 6];
        random.NextBytes(bytes);
        for (var block = 0; block < 6; block++)
        {
            var start = bytes.AsSpan(block * blockBytes, blockBytes);
            if (type is GgmlType.F32 or GgmlType.F16)
            {
                for (var i = 0; i < 32; i++)
                {
                    var value = random.NextSingle() - 0.5f;
                    if (type == GgmlType.F32)
                    {
                        BinaryPrimitives.WriteSingleLittleEndian(start[(4 * i)..], value);
                    }
                    else
                    {
                        BinaryPrimitives.WriteHalfLittleEndian(start[(2 * i)..], (Half)value);
                    }
                }

                continue;
            }

            BinaryPrimitives.WriteHalfLittleEndian(start, (Half)(0.01f * (block + 1)));
            if (type == GgmlType.Q4_1)
            {
                BinaryPrimitives.WriteHalfLittleEndian(start[2..], (Half)(-0.07f * (block + 1)));
            }
        }

        return bytes;
    }
}
