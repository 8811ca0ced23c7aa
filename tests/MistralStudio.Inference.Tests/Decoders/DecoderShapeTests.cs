using FsCheck;
using FsCheck.Xunit;
using MistralStudio.Core;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Operators;
using MistralStudio.Inference.Tests.Gguf;

namespace MistralStudio.Inference.Tests.Decoders;

/// <summary>What a file's head states is read or refused with the reason; it is never believed.</summary>
public sealed class DecoderShapeTests : IDisposable
{
    private const int Capacity = 64;

    private readonly TempFolder _folder = new();

    public static TheoryData<string, string> Lies => new()
    {
        { "no architecture", "it does not state its architecture" },
        { "architecture", "its architecture \"gemma2\" is not supported; llama, mistral3, qwen2, qwen3 are" },
        { "control characters", "its architecture \"a?b\" is not supported" },
        { "experts", "it uses llama.expert_count, which is not supported" },
        { "cap", "it uses llama.attn_logit_softcapping" },
        { "no layers", "its llama.block_count is missing or impossible" },
        { "many layers", "its llama.block_count is missing or impossible" },
        { "zero heads", "its llama.attention.head_count is missing or impossible" },
        { "heads by layer", "its llama.attention.head_count_kv is missing or impossible" },
        { "heads that do not divide", "its 3 query heads cannot share 2 key heads evenly" },
        { "odd heads", "its heads have 10 numbers, which is no multiple of 16" },
        { "values", "its values have another width than its keys" },
        { "embeddings", "its embeddings do not have the width that it states" },
        { "tokens", "it has more tokens than embeddings" },
        { "epsilon", "layer_norm_rms_epsilon is impossible" },
        { "theta", "its llama.rope.freq_base is impossible" },
        { "part of a head", "it rotates a part of each head only" },
        { "rope kind", "its rope scaling \"longrope\" is not supported; none, linear and yarn are" },
        { "rope factor", "its llama.rope.scaling.factor is impossible" },
        { "yarn", "its llama.rope.scaling has numbers that YaRN cannot have" },
        { "rope factors", "its tensor rope_freqs.weight is not one factor above 0 for each rotated pair" },
        { "window", "its llama.attention.sliding_window is impossible" },
        { "window pattern", "its llama.attention.sliding_window_pattern does not have a value for each layer" },
        { "temperature", "its llama.attention.temperature_scale is impossible" },
        { "missing tensor", "it has no tensor blk.0.ffn_up.weight" },
        { "missing layer", "it has no tensor blk.1.attn_norm.weight" },
        { "tensor shape", "the tensor blk.0.attn_k.weight has 16 x 32 elements instead of 32 x 16" },
        { "tensor type", "the tensor blk.0.attn_norm.weight is stored as I32; supported are F32, F16, BF16, Q4_0" },
        { "foreign tensor", "it has a tensor blk.0.ffn_gate_inp.weight, which no llama model that is supported has" },
        { "norm of heads", "it has no tensor blk.0.attn_q_norm.weight" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public void AFileThatLies_IsRefused_WithTheReason(string lie, string reason)
    {
        var head = TinyDecoder.Head();
        var shapes = new Dictionary<string, long[]>(TinyDecoder.Shapes);
        switch (lie)
        {
            case "no architecture": head = head.Without("general.architecture"); break;
            case "architecture": head = TinyDecoder.Head("gemma2"); break;
            case "control characters": head = TinyDecoder.Head("a\nb"); break;
            case "experts": head.UInt32("llama.expert_count", 8); break;
            case "cap": head.Float("llama.attn_logit_softcapping", 50); break;
            case "no layers": head.Without("llama.block_count"); break;
            case "many layers": Change("llama.block_count", uint.MaxValue); break;
            case "zero heads": Change("llama.attention.head_count", 0); break;
            case "heads by layer": head.Without("llama.attention.head_count_kv").Int32s("llama.attention.head_count_kv", 1, 2); break;
            case "heads that do not divide": Change("llama.attention.head_count", 3); Change("llama.attention.head_count_kv", 2); break;
            case "odd heads": Change("llama.attention.head_count", 3); break;
            case "values": head.UInt32("llama.attention.value_length", 32); break;
            case "embeddings": Change("llama.embedding_length", 64); break;
            case "tokens": head.Texts("tokenizer.ggml.tokens", null, [.. Enumerable.Repeat("x", 65)]); break;
            case "epsilon": head.Without("llama.attention.layer_norm_rms_epsilon").Float("llama.attention.layer_norm_rms_epsilon", float.NaN); break;
            case "theta": head.Float("llama.rope.freq_base", float.NegativeInfinity); break;
            case "part of a head": head.UInt32("llama.rope.dimension_count", 8); break;
            case "rope kind": head.Text("llama.rope.scaling.type", "longrope"); break;
            case "rope factor": head.Float("llama.rope.scaling.factor", -4); break;
            case "yarn": head.Text("llama.rope.scaling.type", "yarn").Float("llama.rope.scaling.yarn_beta_fast", 0); break;
            case "rope factors": shapes["rope_freqs.weight"] = [4]; break;
            case "window": head.Text("llama.attention.sliding_window", "wide"); break;
            case "window pattern": head.UInt32("llama.attention.sliding_window", 8).Flags("llama.attention.sliding_window_pattern", true, false); break;
            case "temperature": head.Float("llama.attention.temperature_scale", float.NaN); break;
            case "missing tensor": shapes.Remove("blk.0.ffn_up.weight"); break;
            case "missing layer": Change("llama.block_count", 2); break;
            case "tensor shape": shapes["blk.0.attn_k.weight"] = [16, 32]; break;
            case "tensor type": shapes.Remove("blk.0.attn_norm.weight"); head.Tensor("blk.0.attn_norm.weight", GgmlType.I32, [32], new byte[128]); break;
            case "foreign tensor": shapes["blk.0.ffn_gate_inp.weight"] = [32, 4]; break;
            default: head = TinyDecoder.Head("qwen3"); break;
        }

        using var file = GgufFile.Open(_folder.Write("tiny.gguf", TinyDecoder.ToArray(head, shapes))).Value;
        var error = Compile(file);

        Assert.NotNull(error);
        Assert.Equal("model.unreadable", error.Code);
        Assert.Contains("tiny.gguf", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);

        void Change(string key, uint value) => head.Without(key).UInt32(key, value);
    }

    [Fact]
    public void LinearScaling_DividesEveryFrequency_AndOldFilesMayStateItWithoutAKind()
    {
        var plain = Read(TinyDecoder.Head());
        foreach (var head in new[]
        {
            TinyDecoder.Head().Text("llama.rope.scaling.type", "linear").Float("llama.rope.scaling.factor", 4),
            TinyDecoder.Head().Float("llama.rope.scale_linear", 4),
        })
        {
            var scaled = Read(head);
            Assert.Equal(plain.Rotary.Frequencies(16).Select(frequency => frequency / 4), scaled.Rotary.Frequencies(16));
        }

        var none = Read(TinyDecoder.Head().Text("llama.rope.scaling.type", "none").Float("llama.rope.scaling.factor", 4));
        Assert.Equal(plain.Rotary.Frequencies(16), none.Rotary.Frequencies(16));
    }

    [Fact]
    public void APatternOfANumber_LetsEveryNthLayerSeeEverything()
    {
        using var file = GgufFile.Open(_folder.Write("tiny.gguf", new GgufBytes()
            .UInt32("x.attention.sliding_window", 512).UInt32("x.attention.sliding_window_pattern", 3).ToArray())).Value;

        Assert.Equal([512, 512, 0, 512, 512, 0, 512], SlidingWindows.Read(file, "x", 7, _ => new Error("", "", "")).Value);
    }

    // Rows of queries and keys are taken apart for this architecture, and their biases with them: the reference does not.
    [Fact]
    public void Biases_AreAddedToTheRowsTheyBelongTo()
    {
        var shapes = new Dictionary<string, long[]>(TinyDecoder.Shapes)
        {
            ["blk.0.attn_q.bias"] = [32],
            ["blk.0.attn_k.bias"] = [16],
            ["blk.0.attn_output.bias"] = [32],
        };
        using var file = GgufFile.Open(_folder.Write("tiny.gguf", TinyDecoder.ToArray(shapes: shapes))).Value;
        var shape = DecoderShape.Read(file).Value;
        int[] tokens = [3, 60, 11, 11, 42, 7, 0, 1];

        var expected = new ReferenceDecoder(file).Logits(tokens)[^1];

        foreach (var form in Enum.GetValues<DecoderForm>().Where(form => form != DecoderForm.Packed || OperatorLibrary.IsSupported))
        {
            var graph = DecoderCompiler.Compile(file, shape, "biased", Capacity, form, new GraphCache(_folder.Path), allFloat: true).Value;
            using var decoder = new OnnxDecoder(graph, shape, slots: 1, Capacity, threads: 1);
            var logits = decoder.Prefill(0, tokens, 0, wantLogits: true);
            for (var i = 0; i < logits.Length; i++)
            {
                Assert.Equal(expected[i], logits[i], form == DecoderForm.DeviceHalf ? 1e-2f : 1e-4f);
            }
        }
    }

    // Bytes of the head alone: changed weights are other weights.
    [Property(MaxTest = 300)]
    public bool NoBytesOfAHead_CrashTheProcess_OrAllocateWithoutMeasure(NonNegativeInt at, byte[] replacement, bool compiles)
    {
        var bytes = TinyDecoder.ToArray();
        var headLength = bytes.Length - TinyDecoder.Shapes.Values.Sum(shape => (int)shape.Aggregate(4L, (product, size) => product * size));
        for (var i = 0; i < Math.Min(replacement.Length, 6); i++)
        {
            bytes[4 + ((at.Get + i) % (headLength - 4))] = replacement[i];
        }

        var path = _folder.Write($"{Guid.NewGuid():N}.gguf", bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var opened = GgufFile.Open(path);
        if (opened.IsSuccess)
        {
            using var file = opened.Value;
            var error = compiles ? Compile(file) : DecoderShape.Read(file) is { IsSuccess: true } shape ? DecoderTensors.Check(file, shape.Value) : null;
            _ = WeightPlan.Notes(file, DecoderForm.Packed);
            Assert.True(error is null || error.Message.Length > 20);
        }

        File.Delete(path);
        return GC.GetAllocatedBytesForCurrentThread() - before < 4 << 20;
    }

    public void Dispose() => _folder.Dispose();

    private DecoderShape Read(GgufBytes head)
    {
        using var file = GgufFile.Open(_folder.Write("tiny.gguf", TinyDecoder.ToArray(head))).Value;
        return DecoderShape.Read(file).Value;
    }

    private Error? Compile(GgufFile file)
    {
        var shape = DecoderShape.Read(file);
        return shape.IsSuccess
            ? DecoderCompiler.Compile(file, shape.Value, Guid.NewGuid().ToString("N"), Capacity, DecoderForms.OfThisMachine, new GraphCache(_folder.Path)).Error
            : shape.Error;
    }
}
