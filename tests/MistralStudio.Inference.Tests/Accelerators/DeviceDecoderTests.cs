using Microsoft.ML.OnnxRuntime;
using MistralStudio.Inference.Accelerators;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Tests.Decoders;

namespace MistralStudio.Inference.Tests.Accelerators;

/// <summary>Run by <see cref="SoftwareGpuTests"/>; no node may fall back to the processor.</summary>
public sealed class DeviceDecoderTests(ITestOutputHelper output) : IDisposable
{
    private const int Capacity = 64;

    /// <summary>Largest difference of a logit: nothing is rounded to few bits on either side.</summary>
    private const float Tolerance = 1e-4f;

    private readonly TempFolder _folder = new();

    [Fact]
    public void ADeviceThatIsListed_Computes() => Assert.Null(AcceleratorProbe.Run(Device()));

    [Theory]
    [InlineData("llama/llama-q4_0")]
    [InlineData("qwen3/qwen3-q8_0")]
    public void Logits_AreThoseOfTheProcessor_AloneInChunksAndTogether(string name)
    {
        using var file = GgufFile.Open(FamilyModel.Find(name)).Value;
        var shape = DecoderShape.Read(file).Value;
        var graph = DecoderCompiler.Compile(file, shape, name, Capacity, DecoderForm.Device, new GraphCache(_folder.Path)).Value;
        using var processor = new OnnxDecoder(graph, shape, slots: 3, Capacity, threads: 1);
        using var device = new DeviceDecoder(graph, shape, slots: 3, Capacity, threads: 1, Device());
        int[][] prompts = [[5, 6, 7], [.. Enumerable.Range(20, 50).Select(i => i * 5)], [9]];

        var most = 0f;
        for (var slot = 0; slot < prompts.Length; slot++)
        {
            var half = prompts[slot].Length / 4;
            foreach (var decoder in new IDecoder[] { processor, device })
            {
                if (half > 0)
                {
                    decoder.Prefill(slot, prompts[slot].AsSpan(0, half), 0, wantLogits: false);
                }
            }

            Compare(processor.Prefill(slot, prompts[slot].AsSpan(half), half, wantLogits: true), device.Prefill(slot, prompts[slot].AsSpan(half), half, wantLogits: true));
        }

        // One alone, then all of them, then two while the third's prompt is read on, then after two changed places.
        int[] lengths = [.. prompts.Select(prompt => prompt.Length)];
        Step(1);
        Step(3);
        Step(3);
        foreach (var decoder in new IDecoder[] { processor, device })
        {
            decoder.Prefill(2, [1, 2, 3], lengths[2], wantLogits: false);
        }

        lengths[2] += 3;
        Step(2);
        Step(3);
        foreach (var decoder in new IDecoder[] { processor, device })
        {
            decoder.Swap(0, lengths[0], 1, lengths[1]);
            decoder.Copy(1, 2, lengths[0]);
        }

        lengths = [lengths[1], lengths[0], lengths[0]];
        Step(3);
        output.WriteLine($"{name}: logits off by {most:G2}");

        void Step(int rows)
        {
            int[] tokens = [.. Enumerable.Range(50, rows)];
            Compare(processor.Decode(tokens, lengths.AsSpan(0, rows)), device.Decode(tokens, lengths.AsSpan(0, rows)));
            for (var row = 0; row < rows; row++)
            {
                lengths[row]++;
            }
        }

        void Compare(Span<float> expected, Span<float> actual)
        {
            Assert.Equal(expected.Length, actual.Length);
            for (var i = 0; i < expected.Length; i++)
            {
                most = Math.Max(most, Math.Abs(expected[i] - actual[i]));
                Assert.Equal(expected[i], actual[i], Tolerance);
            }
        }
    }

    /// <summary>Either the device has float16 and answers as in float32, or it says that it has none and the model is computed in float32.</summary>
    [Theory]
    [InlineData("llama/llama-q4_0")]
    [InlineData("qwen3/qwen3-q8_0")]
    public void Float16_IsComputed_OrRefusedInTheDevicesOwnWords(string name)
    {
        var options = new InferenceOptions { Accelerator = "webgpu", WebGpuLibrary = SoftwareGpu.RequireOwnProcess(), Threads = 1 };
        var choice = AcceleratorChoice.Make(options);
        Assert.NotNull(choice.Accelerator);
        var compiled = new GraphCache(_folder.Path);
        using var file = GgufFile.Open(FamilyModel.Find(name)).Value;
        var shape = DecoderShape.Read(file).Value;
        var graph = DecoderCompiler.Compile(file, shape, name, Capacity, DecoderForm.DeviceHalf, compiled).Value;

        var loaded = DecoderLoader.Load(file, shape, name, slots: 2, Capacity, options, compiled, choice);

        Assert.True(loaded.IsSuccess, loaded.Error?.Message);
        using var decoder = Assert.IsType<DeviceDecoder>(loaded.Value.Decoder);
        Assert.Equal(choice.Floats, loaded.Value.Floats);
        if (choice.Floats.Type == ElementType.Float16)
        {
            output.WriteLine($"{name}: computed in float16 on {loaded.Value.Device}");
            var expected = FloatsTrial.Expected(file, shape, name, Capacity, threads: 1, compiled).Value;
            Assert.InRange(FloatsTrial.Divergence(expected, FloatsTrial.Run(decoder, shape.Vocabulary), shape.Vocabulary), 1e-12, 1e-2);
        }
        else
        {
            output.WriteLine($"{name}: {choice.Floats.Reason!.Message}");
            Assert.Equal("accelerator.no_float16", choice.Floats.Reason.Code);
            Assert.Contains("f16", choice.Floats.Reason.Message, StringComparison.Ordinal);

            // It does not merely say so.
            Assert.ThrowsAny<OnnxRuntimeException>(() => new DeviceDecoder(graph, shape, slots: 2, Capacity, threads: 1, Device()).Dispose());
        }
    }

    [Fact]
    public async Task TwoModelsAtOnce_TakeTurns()
    {
        using var file = GgufFile.Open(FamilyModel.Find("llama/llama-q4_0")).Value;
        var shape = DecoderShape.Read(file).Value;
        var graph = DecoderCompiler.Compile(file, shape, "llama", Capacity, DecoderForm.Device, new GraphCache(_folder.Path)).Value;
        using var processor = new OnnxDecoder(graph, shape, slots: 1, Capacity, threads: 1);
        var expected = processor.Prefill(0, [5, 6, 7], 0, wantLogits: true).ToArray();

        var answers = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            using var device = new DeviceDecoder(graph, shape, slots: 1, Capacity, threads: 1, Device());
            return Enumerable.Range(0, 5).Select(_ => device.Prefill(0, [5, 6, 7], 0, wantLogits: true).ToArray()).ToList();
        })));

        Assert.All(answers.SelectMany(logits => logits), logits => Assert.InRange(expected.Zip(logits, (a, b) => Math.Abs(a - b)).Max(), 0, Tolerance));
    }

    public void Dispose() => _folder.Dispose();

    private static WebGpuAccelerator Device() => WebGpuAccelerator.Open(SoftwareGpu.RequireOwnProcess(), isStrict: true).Value;
}
