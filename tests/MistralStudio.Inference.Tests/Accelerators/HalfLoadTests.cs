using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Accelerators;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Hosting;
using MistralStudio.Inference.Onnx;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Accelerators;

/// <summary>Loads of a chat model on a device that has float16, with room for eight conversations of 1,024 tokens in float16, of 512 in float32.</summary>
public sealed class HalfLoadTests : IDisposable
{
    private const int Budget = 600 << 10;

    private readonly TempFolder _folder = new();
    private readonly Lines _log = new();

    [Fact]
    public async Task AModel_IsLoadedInFloat16_WithLongerConversations()
    {
        using var entry = await LoadAsync(TinyModel.ToArray(), "auto");

        Assert.Equal(("a device", "float16", null), (entry.Info.Device, entry.Info.Precision, entry.Info.PrecisionReason));
        Assert.Equal(1024, entry.Info.ContextLength);
        Assert.DoesNotContain(_log.Written, line => line.Contains("float32", StringComparison.Ordinal));
        await entry.UnloadAsync();
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("float16")]
    public async Task AModelWhoseNumbersAreTooLargeForFloat16_IsLoadedInFloat32_AndSaysWhy(string floats)
    {
        using var entry = await LoadAsync(Loud(), floats);

        Assert.Equal(("a device", "float32", AcceleratorErrors.HalfRefusedCode), (entry.Info.Device, entry.Info.Precision, entry.Info.PrecisionReason?.Code));
        Assert.Contains("its answers are no numbers in float16", entry.Info.PrecisionReason!.Message, StringComparison.Ordinal);
        Assert.Equal(512, entry.Info.ContextLength);
        Assert.Single(_log.Written, line => line.Contains("is computed in float32: The model does not run in float16 on a device", StringComparison.Ordinal));
        await entry.UnloadAsync();
    }

    [Fact]
    public async Task Float32_IsTaken_WhereItIsSet()
    {
        using var entry = await LoadAsync(TinyModel.ToArray(), "float32");

        Assert.Equal(("float32", "accelerator.float32_is_set", 512), (entry.Info.Precision, entry.Info.PrecisionReason?.Code, entry.Info.ContextLength));
        await entry.UnloadAsync();
    }

    [Fact]
    public void MemoryOfADevice_IsCountedByWhatItsFloatsTake()
    {
        var path = _folder.Write("tiny.gguf", TinyModel.ToArray());
        using var file = GgufFile.Open(path).Value;
        var shape = DecoderShape.Read(file).Value;
        var compiled = new GraphCache(_folder.File("compiled"));
        using var half = Load("float16").Decoder;
        using var single = Load("float32").Decoder;

        // Keys and values of a layer, five slots each with the staged one, and four to arrange them in.
        var numbers = ((2L * 5) + 4) * shape.KeyValueHeads * shape.HeadSize * 256;
        Assert.InRange(single.MemoryBytes - half.MemoryBytes, numbers * 2, (numbers * 2) + (64 << 10));
        Assert.Equal(2 * ModelFootprint.Of(shape, 0, ElementType.Float16).TokenBytes, ModelFootprint.Of(shape, 0).TokenBytes);

        LoadedDecoder Load(string floats) => DecoderLoader.Load(
            file, shape, "tiny", slots: 4, 256, new InferenceOptions { Threads = 1 }, compiled, ProcessorAsDevice.Choose(floats)).Value;
    }

    [Fact]
    public void AnswersInFloat32_AreComputedOnce_AndTheirGraphIsNotKept()
    {
        using var file = GgufFile.Open(_folder.Write("tiny.gguf", TinyModel.ToArray())).Value;
        var shape = DecoderShape.Read(file).Value;
        var compiled = new GraphCache(_folder.File("compiled"));
        var first = FloatsTrial.Expected(file, shape, "tiny", 256, threads: 1, compiled).Value;
        var kept = Directory.EnumerateFiles(_folder.File("compiled"), "*", SearchOption.AllDirectories).ToList();

        Assert.Equal(5 * shape.Vocabulary * sizeof(float), new FileInfo(Assert.Single(kept)).Length);
        File.SetLastWriteTimeUtc(kept[0], DateTime.UnixEpoch);
        Assert.Equal(first, FloatsTrial.Expected(file, shape, "tiny", 256, threads: 1, compiled).Value);
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(kept[0]));
    }

    public void Dispose() => _folder.Dispose();

    private async Task<InstalledModelEntry> LoadAsync(byte[] model, string floats)
    {
        Directory.CreateDirectory(_folder.File("tiny"));
        var path = _folder.Write("tiny/tiny.gguf", model);
        var options = new InferenceOptions { MemoryBytes = Budget, Slots = 8, Threads = 1, AcceleratorFloats = floats };
        var folder = new ModelFolder(_folder.File("tiny"), path, ModelTask.Chat, IsStarter: false);
        var entry = new InstalledModelEntry(folder, folder.Describe(options));
        var memory = new ModelMemory(options.Budget, [], () => [entry], TimeProvider.System);
        var loader = new ModelLoader(
            options, new GraphCache(_folder.File("compiled")), memory, new(() => ProcessorAsDevice.Choose(floats)), TimeProvider.System, _log);

        Assert.Null(await loader.LoadAsync(entry, TestContext.Current.CancellationToken));
        Assert.Equal(ModelState.Ready, entry.Info.State);
        Assert.Equal(entry.Chat!.MemoryBytes, entry.ReservedBytes);
        return entry;
    }

    // Its queries, keys and values are in the millions. Float32 does not mind.
    private byte[] Loud()
    {
        var bytes = TinyModel.ToArray();
        using var file = GgufFile.Open(_folder.Write("plain.gguf", bytes)).Value;
        var norm = MemoryMarshal.Cast<byte, float>(file.Rows(file.Tensors["blk.0.attn_norm.weight"], 0, 1));
        var at = bytes.AsSpan().IndexOf(MemoryMarshal.AsBytes(norm));
        foreach (ref var weight in MemoryMarshal.Cast<byte, float>(bytes.AsSpan(at, norm.Length * sizeof(float))))
        {
            weight *= 1e6f;
        }

        return bytes;
    }

    private sealed class Lines : ILogger
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Written)
            {
                Written.Add(formatter(state, exception));
            }
        }
    }
}
