using System.Runtime.InteropServices;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Tests.Gguf;

namespace MistralStudio.Inference.Tests.Decoders;

/// <summary>The smallest decoder there can be, as a file: one layer, two heads, random float32 weights. For a test to change one thing in.</summary>
internal static class TinyDecoder
{
    public const int Hidden = 32;
    public const int Heads = 2;
    public const int HeadSize = 16;
    public const int Vocabulary = 64;

    /// <summary>The names of its tensors and their shapes.</summary>
    public static Dictionary<string, long[]> Shapes { get; } = new()
    {
        ["token_embd.weight"] = [Hidden, Vocabulary],
        ["output_norm.weight"] = [Hidden],
        ["blk.0.attn_norm.weight"] = [Hidden],
        ["blk.0.attn_q.weight"] = [Hidden, Heads * HeadSize],
        ["blk.0.attn_k.weight"] = [Hidden, HeadSize],
        ["blk.0.attn_v.weight"] = [Hidden, HeadSize],
        ["blk.0.attn_output.weight"] = [Heads * HeadSize, Hidden],
        ["blk.0.ffn_norm.weight"] = [Hidden],
        ["blk.0.ffn_gate.weight"] = [Hidden, 32],
        ["blk.0.ffn_up.weight"] = [Hidden, 32],
        ["blk.0.ffn_down.weight"] = [32, Hidden],
    };

    /// <summary>Its head without tensors.</summary>
    public static GgufBytes Head(string architecture = "llama") => new GgufBytes()
        .Text("general.architecture", architecture)
        .UInt32($"{architecture}.block_count", 1)
        .UInt32($"{architecture}.context_length", 64)
        .UInt32($"{architecture}.embedding_length", Hidden)
        .UInt32($"{architecture}.feed_forward_length", 32)
        .UInt32($"{architecture}.attention.head_count", Heads)
        .UInt32($"{architecture}.attention.head_count_kv", 1)
        .Float($"{architecture}.attention.layer_norm_rms_epsilon", 1e-5f);

    /// <summary>The whole file.</summary>
    /// <param name="shapes">Tensors, <see cref="Shapes"/> where null.</param>
    public static byte[] ToArray(GgufBytes? head = null, Dictionary<string, long[]>? shapes = null)
    {
        var (file, random) = (head ?? Head(), new Random(17));
        foreach (var (name, shape) in shapes ?? Shapes)
        {
            file.Tensor(name, GgmlType.F32, shape, Floats(random, shape));
        }

        return file.ToArray();
    }

    private static byte[] Floats(Random random, long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (product, dimension) => product * dimension)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (random.NextSingle() - 0.5f) * 2;
        }

        return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
    }
}
