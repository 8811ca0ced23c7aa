using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Operators;
using MistralStudio.Inference.Tests.Gguf;

namespace MistralStudio.Inference.Tests.Operators;

public sealed unsafe class BlockKernelTests : IDisposable
{
    private const int Columns = 96;

    private readonly TempFolder _folder = new();

    public static TheoryData<int, int, int> Cases
    {
        get
        {
            var cases = new TheoryData<int, int, int>();
            foreach (var type in new[] { GgmlType.Q4_0, GgmlType.Q4_1, GgmlType.Q5_0, GgmlType.Q5_1, GgmlType.Q8_0, GgmlType.F32 })
            {
                foreach (var rows in new[] { 16, 48, 41, 3 })
                {
                    foreach (var inputs in new[] { 1, 2, 3, 4, 5, 7, 8, 11, 13 })
                    {
                        cases.Add((int)type, rows, inputs);
                    }
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_IsTheProductOfTheStoredWeights_WithTheRoundedInputs(int type, int rows, int inputs)
    {
        Assert.SkipUnless(OperatorLibrary.IsSupported, "This processor has no AVX2.");
        using var file = Matrix((GgmlType)type, rows);
        var tensor = file.Tensors["w"];
        var weights = Dequantisation.Tensor(file, tensor);
        var x = Inputs(inputs);

        var products = Multiply(file, tensor, x, inputs, useVnni: AvxVnni.IsSupported);

        var rounded = Rounded(x);
        // A float tensor is rounded to 8 bits of its block's largest weight; the others are exact.
        var tolerance = (GgmlType)type == GgmlType.F32 ? 0.05 : 1e-4;
        for (var i = 0; i < inputs; i++)
        {
            for (var row = 0; row < rows; row++)
            {
                var expected = 0.0;
                for (var column = 0; column < Columns; column++)
                {
                    expected += (double)weights[(row * Columns) + column] * rounded[(i * Columns) + column];
                }

                Assert.Equal(expected, products[(i * rows) + row], tolerance);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_GivesTheSameBits_WithoutVnni_AndForEachInputAlone(int type, int rows, int inputs)
    {
        Assert.SkipUnless(OperatorLibrary.IsSupported, "This processor has no AVX2.");
        using var file = Matrix((GgmlType)type, rows);
        var tensor = file.Tensors["w"];
        var x = Inputs(inputs);

        var together = Multiply(file, tensor, x, inputs, AvxVnni.IsSupported);

        Assert.Equal(together, Multiply(file, tensor, x, inputs, useVnni: false));
        if (Avx512BW.IsSupported)
        {
            Assert.Equal(together, Multiply(file, tensor, x, inputs, useVnni: false, isWide: true));
        }

        for (var i = 0; i < inputs; i++)
        {
            var alone = Multiply(file, tensor, x[(i * Columns)..((i + 1) * Columns)], 1, AvxVnni.IsSupported);
            Assert.Equal(alone, together[(i * rows)..((i + 1) * rows)]);
        }
    }

    [Theory]
    [InlineData((int)GgmlType.Q4_0)]
    [InlineData((int)GgmlType.Q4_1)]
    [InlineData((int)GgmlType.Q5_1)]
    [InlineData((int)GgmlType.Q8_0)]
    public void Multiply_GivesTheSameBits_WhenEverySumIsAsLargeAsItCanBe(int type)
    {
        Assert.SkipUnless(OperatorLibrary.IsSupported, "This processor has no AVX2.");
        const int Rows = 16;
        const int Count = 13;
        byte[] extremes = type == (int)GgmlType.Q8_0 ? [0x7F, 0x80] : [0xFF, 0x00];
        using var file = Matrix((GgmlType)type, Rows, (row, random) => extremes[row < 2 ? row : random.Next(2)]);
        var tensor = file.Tensors["w"];
        var random = new Random(3);
        float[] x = [.. Enumerable.Range(0, Count * Columns).Select(i => (i / Columns) switch { 0 or 9 => 2f, 1 or 10 => -2f, _ => (random.Next(2) * 4f) - 2 })];

        var products = Multiply(file, tensor, x, Count, useVnni: false);

        // Weights of the first row and their inputs are all alike.
        var first = Dequantisation.Tensor(file, tensor).Take(Columns).Sum(weight => weight * 2.0);
        Assert.Equal(first, products[0], 1e-3);
        if (AvxVnni.IsSupported)
        {
            Assert.Equal(products, Multiply(file, tensor, x, Count, useVnni: true));
        }

        if (Avx512BW.IsSupported)
        {
            Assert.Equal(products, Multiply(file, tensor, x, Count, useVnni: false, isWide: true));
        }
    }

    public void Dispose() => _folder.Dispose();

    // Every bit of the values, also those that no quantiser writes (-128), unless somebody chooses them.
    private GgufFile Matrix(GgmlType type, int rows, Func<int, Random, byte>? choose = null)
    {
        var random = new Random(5);
        var (blockBytes, headHalves) = type switch { GgmlType.Q4_0 => (18, 1), GgmlType.Q4_1 => (20, 2), GgmlType.Q5_0 => (22, 1), GgmlType.Q5_1 => (24, 2), GgmlType.Q8_0 => (34, 1), _ => (128, 0) };
        var bytes = new byte[rows * Columns / 32 * blockBytes];
        random.NextBytes(bytes);
        for (var i = 0; choose is not null && i < bytes.Length; i++)
        {
            bytes[i] = choose(i / (Columns / 32 * blockBytes), random);
        }

        for (var block = 0; block < bytes.Length; block += blockBytes)
        {
            for (var half = 0; half < headHalves; half++)
            {
                MemoryMarshal.Write(bytes.AsSpan(block + (half * 2)), (Half)((random.NextSingle() - 0.5f) / 10));
            }

            for (var i = 0; headHalves == 0 && i < 32; i++)
            {
                MemoryMarshal.Write(bytes.AsSpan(block + (i * 4)), random.NextSingle() - 0.5f);
            }
        }

        return GgufFile.Open(_folder.Write("m.gguf", new GgufBytes().Tensor("w", type, [Columns, rows], bytes).ToArray())).Value;
    }

    private static float[] Inputs(int count)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count * Columns).Select(i => i / 32 % 5 == 4 ? 0 : (random.NextSingle() - 0.5f) * 4)];
    }

    // As the kernel sees the inputs: 127 levels of each block's largest.
    private static float[] Rounded(float[] x)
    {
        var rounded = new float[x.Length];
        for (var block = 0; block < x.Length; block += 32)
        {
            var largest = x.AsSpan(block, 32).ToArray().Max(MathF.Abs);
            for (var i = block; i < block + 32; i++)
            {
                rounded[i] = largest == 0 ? 0 : MathF.Round(x[i] * (127 / largest)) * (largest / 127);
            }
        }

        return rounded;
    }

    private static float[] Multiply(GgufFile file, GgufTensor tensor, float[] x, int inputs, bool useVnni, bool isWide = false)
    {
        var rows = (int)tensor.Rows;
        var matrix = PackedMatrix.Pack(file, PackedMatrix.FormatOf(tensor.Type), Columns, [.. Enumerable.Range(0, rows).Select(row => (tensor, row))]);
        return matrix.Format switch
        {
            BlockFormat.FourBits => Run<FourBits>(matrix, x, inputs, rows, useVnni, isWide),
            BlockFormat.FourBitsOffset => Run<FourBitsOffset>(matrix, x, inputs, rows, useVnni, isWide),
            BlockFormat.SevenBitsOffset => Run<SevenBitsOffset>(matrix, x, inputs, rows, useVnni, isWide),
            _ => Run<EightBits>(matrix, x, inputs, rows, useVnni, isWide),
        };
    }

    private static float[] Run<TFormat>(PackedMatrix matrix, float[] x, int inputs, int rows, bool useVnni, bool isWide)
        where TFormat : struct, IBlockFormat => (isWide, useVnni, TFormat.IsFourBits) switch
        {
            (true, _, true) => Run(matrix, x, inputs, rows, BlockKernel<TFormat, Avx2Dot>.ZeroLevel, &WideKernel<TFormat>.Multiply),
            (true, _, false) => Run(matrix, x, inputs, rows, WideByteKernel<TFormat>.ZeroLevel, &WideByteKernel<TFormat>.Multiply),
            (_, true, _) => Run(matrix, x, inputs, rows, BlockKernel<TFormat, VnniDot>.ZeroLevel, &BlockKernel<TFormat, VnniDot>.Multiply),
            _ => Run(matrix, x, inputs, rows, BlockKernel<TFormat, Avx2Dot>.ZeroLevel, &BlockKernel<TFormat, Avx2Dot>.Multiply),
        };

    private static float[] Run(
        PackedMatrix matrix, float[] x, int inputs, int rows, int zeroLevel, delegate*<BlockProduct*, int, int, void> multiply)
    {
        var blocks = Columns / PackedMatrix.Block;
        var groups = matrix.Rows / PackedMatrix.GroupRows;
        var (levels, states, target) = (new sbyte[inputs * Columns], new ActivationBlock[inputs * blocks], new float[inputs * rows]);
        fixed (byte* values = matrix.Bytes)
        fixed (float* source = x, products = target)
        fixed (sbyte* level = levels)
        fixed (ActivationBlock* state = states)
        {
            for (var i = 0; i < inputs; i++)
            {
                Activations.Quantise(source + (i * Columns), Columns, zeroLevel, level + (i * Columns), state + (i * blocks));
            }

            var scales = values + (groups * blocks * PackedMatrix.TileBytes(matrix.Format));
            var product = new BlockProduct
            {
                Values = values,
                Scales = (short*)scales,
                Offsets = (short*)scales + (groups * blocks * PackedMatrix.GroupRows),
                Blocks = blocks,
                Groups = groups,
                Levels = level,
                Inputs = state,
                InputRows = inputs,
                Target = products,
                Outputs = rows,
            };
            multiply(&product, 0, groups);
        }

        return target;
    }
}
