using Microsoft.ML.OnnxRuntime;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Operators;
using MistralStudio.Inference.Tests.Gguf;
using static MistralStudio.Inference.Onnx.Attributes;

namespace MistralStudio.Inference.Tests.Operators;

/// <summary>The operators inside sessions of ONNX Runtime.</summary>
public sealed class OperatorLibraryTests : IDisposable
{
    private const int Rows = 24;
    private const int Columns = 64;

    private readonly TempFolder _folder = new();

    [Fact]
    public void Gather_And_MatMul_ReadTheSameMatrix()
    {
        Assert.SkipUnless(OperatorLibrary.IsSupported, "This processor has no AVX2.");
        using var file = Matrix();
        var weights = Dequantisation.Tensor(file, file.Tensors["w"]);
        using var session = Open(file, gated: false);

        using var results = session.Run(new RunOptions(), ["ids"], [Ids(3, 0, 23, 7)], ["embedded", "products"]);

        var embedded = results[0].GetTensorDataAsSpan<float>();
        Assert.Equal(weights.AsSpan(0, Columns), embedded.Slice(Columns, Columns));
        Assert.Equal(weights.AsSpan(23 * Columns, Columns), embedded.Slice(2 * Columns, Columns));
        Assert.Equal([1, 4, Rows], results[1].GetTensorTypeAndShape().Shape);
        var expected = Dot(weights.AsSpan(3 * Columns, Columns), weights.AsSpan(7 * Columns, Columns));
        Assert.Equal(expected, results[1].GetTensorDataAsSpan<float>()[7], 0.05);
    }

    [Fact]
    public void AGatedMatMul_MultipliesByTheGatesSilu()
    {
        Assert.SkipUnless(OperatorLibrary.IsSupported, "This processor has no AVX2.");
        using var file = Matrix();
        using var plain = Open(file, gated: false);
        using var gated = Open(file, gated: true);

        using var products = plain.Run(new RunOptions(), ["ids"], [Ids(5)], ["products"]);
        using var outputs = gated.Run(new RunOptions(), ["ids"], [Ids(5)], ["products"]);

        // Rows 0-7 are gates of rows 8-15.
        var values = products[0].GetTensorDataAsSpan<float>();
        var results = outputs[0].GetTensorDataAsSpan<float>();
        Assert.Equal([1, 1, 8], outputs[0].GetTensorTypeAndShape().Shape);
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(values[i] / (1 + MathF.Exp(-values[i])) * values[8 + i], results[i], 1e-4f);
        }
    }

    [Fact]
    public void TwoPlanes_AreAsGoodAsFloats()
    {
        Assert.SkipUnless(OperatorLibrary.IsSupported, "This processor has no AVX2.");
        using var file = Matrix();
        var weights = Dequantisation.Tensor(file, file.Tensors["w"]);
        using var coarse = Open(file, gated: false);
        using var fine = Open(file, gated: false, planes: 2);

        double Error(InferenceSession session)
        {
            using var results = session.Run(new RunOptions(), ["ids"], [Ids(3, 9, 1)], ["products"]);
            var products = results[0].GetTensorDataAsSpan<float>();
            var worst = 0.0;
            for (var row = 0; row < Rows; row++)
            {
                worst = Math.Max(worst, Math.Abs(products[Rows + row] - Dot(weights.AsSpan(9 * Columns, Columns), weights.AsSpan(row * Columns, Columns))));
            }

            return worst;
        }

        Assert.InRange(Error(fine), 0, 1e-4);
        Assert.True(Error(coarse) > 10 * Error(fine));
    }

    [Fact]
    public void AnIdOutsideTheMatrix_IsAnError_NotAReadOfForeignMemory()
    {
        Assert.SkipUnless(OperatorLibrary.IsSupported, "This processor has no AVX2.");
        using var file = Matrix();
        using var session = Open(file, gated: false);

        Assert.Throws<OnnxRuntimeException>(() => session.Run(new RunOptions(), ["ids"], [Ids(Rows)], ["products"]));
        Assert.Throws<OnnxRuntimeException>(() => session.Run(new RunOptions(), ["ids"], [Ids(-1)], ["products"]));
    }

    public void Dispose() => _folder.Dispose();

    private static OrtValue Ids(params long[] ids) => OrtValue.CreateTensorValueFromMemory(ids, [1, ids.Length]);

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return sum;
    }

    private GgufFile Matrix()
    {
        var random = new Random(1);
        var bytes = new byte[Rows * Columns / 32 * 20];
        random.NextBytes(bytes);
        for (var block = 0; block < bytes.Length; block += 20)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(block), (Half)0.05f);
            System.Buffers.Binary.BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(block + 2), (Half)(-0.4f));
        }

        return GgufFile.Open(_folder.Write($"{Guid.NewGuid():N}.gguf", new GgufBytes().Tensor("w", GgmlType.Q4_1, [Columns, Rows], bytes).ToArray())).Value;
    }

    private InferenceSession Open(GgufFile file, bool gated, int planes = 1)
    {
        var tensor = file.Tensors["w"];
        var matrix = PackedMatrix.Pack(file, BlockFormat.FourBitsOffset, Columns, [.. Enumerable.Range(0, gated ? 16 : Rows).Select(row => (tensor, row))]);
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, Guid.NewGuid().ToString("N"))).FullName;
        using (var weights = new WeightFile(Path.Combine(folder, "w.weights")))
        {
            var graph = new GraphBuilder("test", weights);
            graph.Input("ids", ElementType.Int64, 1, "S");
            graph.Weight<byte>("w", ElementType.UInt8, [matrix.Bytes.Length], matrix.Bytes);
            graph.Node(OperatorLibrary.Domain, BlockGather.Name, ["embedded"], ["ids", "w"],
                Int("columns", Columns), Int("rows", gated ? 16 : Rows), Int("format", (int)matrix.Format));
            graph.Node(OperatorLibrary.Domain, BlockMatMul.Name, ["products"], ["embedded", "w"],
                Int("columns", Columns), Int("outputs", gated ? 8 : Rows), Int("format", (int)matrix.Format), Int("gated", gated ? 1 : 0), Int("planes", planes));
            graph.Output("embedded", ElementType.Float, 1, "S", Columns);
            graph.Output("products", ElementType.Float, 1, "S", gated ? 8 : Rows);
            graph.Save(Path.Combine(folder, "m.onnx"));
        }

        using var options = SessionSettings.Create(threads: 2);
        OperatorLibrary.AddTo(options);
        return new InferenceSession(Path.Combine(folder, "m.onnx"), options);
    }
}
