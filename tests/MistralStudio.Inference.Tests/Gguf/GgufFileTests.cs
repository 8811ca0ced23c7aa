using FsCheck;
using FsCheck.Xunit;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Gguf;

public sealed class GgufFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void Open_ReadsMetadataAndTensors_OfTheStarterModel()
    {
        var path = Path.Combine(SharedData.StarterModels, "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");

        using var file = GgufFile.Open(path).Value;

        Assert.Equal("llama", file.Text("general.architecture"));
        Assert.Equal(30, file.Integer("llama.block_count"));
        Assert.Equal(100_000, file.Real("llama.rope.freq_base"));
        Assert.False(file.Flag("tokenizer.ggml.add_bos_token"));
        Assert.Equal(49_152, file.Texts("tokenizer.ggml.tokens")!.Length);
        Assert.Equal(3, file.Int32s("tokenizer.ggml.token_type")![2]);
        Assert.Equal(272, file.Tensors.Count);
        var embeddings = file.Tensors["token_embd.weight"];
        Assert.Equal((GgmlType.Q8_0, 576L, 49_152L), (embeddings.Type, embeddings.Columns, embeddings.Rows));
        Assert.Equal(576 / 32 * 34 * 2, file.Rows(embeddings, 49_150, 2).Length);
    }

    [Fact]
    public void Open_ReturnsValuesByType_AndNullForOtherTypes()
    {
        using var file = Open(Small()).Value;

        Assert.Equal("llama", file.Text("general.architecture"));
        Assert.Null(file.Integer("general.architecture"));
        Assert.Equal(["a", "", "ü"], file.Texts("tokens")!);
        Assert.Null(file.Text("absent"));
        Assert.True(file.Flag("on"));
        Assert.Equal(0.5, file.Real("half"));
        Assert.Equal(7, file.Real("seven"));
        Assert.Equal([1, 2, 3, 4], file.Bytes(file.Tensors["t"])[..4].ToArray());
    }

    public static TheoryData<string, string> Lies => new()
    {
        { "empty", "it is empty" },
        { "text", "it is not a GGUF file" },
        { "version", "GGUF version 9" },
        { "tensors", "more than it can hold" },
        { "pairs", "more than it can hold" },
        { "array", "more than it can hold" },
        { "twice", "appears twice" },
        { "offset", "cut short" },
        { "unaligned", "impossible place" },
        { "shape", "impossible size" },
        { "zero", "impossible size" },
        { "type", "unknown type" },
        { "block", "whole Q4_0 blocks" },
        { "cut", "cut short" },
        { "overlap", "overlaps" },
        { "alignment", "general.alignment" },
        { "text length", "is longer than the file" },
        { "long text", "at most 16,777,216 are read" },
        { "many elements", "more than the 16,777,216 that are read" },
        { "nested", "unknown type (9)" },
        { "value type", "unknown type (77)" },
        { "name", "has 0 bytes" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public void Open_SaysWhatIsWrong_WhenTheFileLies(string lie, string reason)
    {
        byte[] bytes = lie switch
        {
            "empty" => [],
            "text" => "This is a renamed text file, not a model."u8.ToArray(),
            "version" => Changed(file => file.Version = 9),
            "tensors" => Changed(file => file.ClaimedTensors = 60_000),
            "pairs" => Changed(file => file.ClaimedPairs = ulong.MaxValue),
            "array" => Small().Texts("more", ulong.MaxValue / 2, "x").ToArray(),
            "twice" => Small().UInt32("seven", 8).ToArray(),
            "offset" => Changed(file => file.ClaimedOffset = 256),
            "unaligned" => Changed(file => file.ClaimedOffset = 3),
            "shape" => Small().Tensor("huge", GgmlType.F32, [long.MaxValue / 2, 4], []).ToArray(),
            "zero" => Small().Tensor("none", GgmlType.F32, [0], []).ToArray(),
            "type" => Small().Tensor("odd", (GgmlType)99, [32], new byte[32]).ToArray(),
            "block" => Small().Tensor("odd", GgmlType.Q4_0, [33], new byte[32]).ToArray(),
            "cut" => Small().ToArray()[..^1],
            "overlap" => new GgufBytes { ClaimedOffset = 0 }.Tensor("a", GgmlType.F32, [8], new byte[32])
                .Tensor("b", GgmlType.F32, [8], new byte[32]).ToArray(),
            "text length" => Small().Texts("more", 3, "x").ToArray()[..^1],
            "long text" => Small().Text("more", new string('x', (1 << 24) + 1)).ToArray(),
            "many elements" => Small().Bytes("more", (1 << 24) + 1).ToArray(),
            "nested" => Small().Pair("more", GgufValueType.Array, writer => writer.Write([9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0])).ToArray(),
            "value type" => Small().Pair("more", (GgufValueType)77, writer => writer.Write(1)).ToArray(),
            "name" => Small().UInt32("", 1).ToArray(),
            _ => Small().UInt32("general.alignment", 33).ToArray(),
        };

        var result = GgufFile.Open(_folder.Write("model.gguf", bytes));

        Assert.False(result.IsSuccess);
        Assert.Equal("model.unreadable", result.Error.Code);
        Assert.Contains("model.gguf", result.Error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, result.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SaysThatTheFileIsAbsent() =>
        Assert.Contains("it does not exist", GgufFile.Open(_folder.File("absent.gguf")).Error!.Message, StringComparison.Ordinal);

    [Property(MaxTest = 400)]
    public bool Open_NeverThrowsOrAllocatesWildly_WhateverBytesAreChanged(NonNegativeInt at, byte[] replacement, NonNegativeInt cut)
    {
        var bytes = Small().ToArray();
        for (var i = 0; i < replacement.Length; i++)
        {
            bytes[(at.Get + i) % bytes.Length] = replacement[i];
        }

        var path = _folder.Write($"{Guid.NewGuid():N}.gguf", bytes.AsSpan(0, bytes.Length - cut.Get % 3 * cut.Get % bytes.Length));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var result = GgufFile.Open(path);
        if (result.IsSuccess)
        {
            using var file = result.Value;
            foreach (var key in file.Metadata.Keys)
            {
                _ = (file.Text(key), file.Integer(key), file.Real(key), file.Flag(key), file.Texts(key), file.Int32s(key), file.Floats(key));
            }

            foreach (var tensor in file.Tensors.Values)
            {
                _ = file.Bytes(tensor)[^1];
                if (Dequantisation.Supports(tensor.Type))
                {
                    _ = Dequantisation.Tensor(file, tensor);
                }
            }
        }

        File.Delete(path);
        return GC.GetAllocatedBytesForCurrentThread() - before < 256 * 1024;
    }

    public void Dispose() => _folder.Dispose();

    private static GgufBytes Small() => new GgufBytes()
        .Text("general.architecture", "llama")
        .UInt32("seven", 7)
        .Float("half", 0.5f)
        .Flag("on", true)
        .Texts("tokens", null, "a", "", "ü")
        .Tensor("t", GgmlType.F32, [4, 2], [1, 2, 3, 4, .. new byte[28]])
        .Tensor("u", GgmlType.Q4_0, [32], new byte[18]);

    private static byte[] Changed(Action<GgufBytes> change)
    {
        var file = Small();
        change(file);
        return file.ToArray();
    }

    private MistralStudio.Core.Result<GgufFile> Open(GgufBytes bytes) => GgufFile.Open(_folder.Write("model.gguf", bytes.ToArray()));
}
