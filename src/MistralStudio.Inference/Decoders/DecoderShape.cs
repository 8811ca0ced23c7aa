using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Decoders;

/// <summary>The sizes of a decoder of the llama architecture, as its file states them.</summary>
/// <param name="Layers">Number of blocks.</param>
/// <param name="Hidden">Width of the residual stream.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key and value heads; each serves <c>Heads / KeyValueHeads</c> query heads.</param>
/// <param name="HeadSize">Width of one head.</param>
/// <param name="FeedForward">Width between the gate and the down projection.</param>
/// <param name="Vocabulary">Number of tokens.</param>
/// <param name="TrainedContext">Positions that the model was trained on.</param>
/// <param name="RopeTheta">Base of the rotary embedding.</param>
/// <param name="Epsilon">Epsilon of the RMS norms.</param>
internal sealed record DecoderShape(
    int Layers, int Hidden, int Heads, int KeyValueHeads, int HeadSize, int FeedForward, int Vocabulary, int TrainedContext, double RopeTheta, float Epsilon)
{
    /// <summary>Width of the packed projection of queries, keys and values.</summary>
    public int PackedWidth => (Heads + (2 * KeyValueHeads)) * HeadSize;

    /// <summary>Reads and checks the sizes; what is missing, impossible or not supported is <see cref="ModelErrors.Unreadable"/>.</summary>
    public static Result<DecoderShape> Read(GgufFile file)
    {
        Error Wrong(string reason) => ModelErrors.Unreadable(Path.GetFileName(file.Path), reason);

        var architecture = file.Text("general.architecture");
        if (architecture != "llama")
        {
            return Wrong($"its architecture \"{architecture}\" is not supported in this version, \"llama\" is");
        }

        foreach (var unsupported in new[] { "llama.rope.scaling.type", "llama.expert_count" })
        {
            if (file.Metadata.ContainsKey(unsupported) && file.Text(unsupported) is not "none" && file.Integer(unsupported) is not 0)
            {
                return Wrong($"it uses {unsupported}, which is not supported in this version");
            }
        }

        if (!file.Tensors.TryGetValue("token_embd.weight", out var embeddings))
        {
            return Wrong("it has no tensor token_embd.weight");
        }

        var missing = "";
        int Size(string key, long most, long? otherwise = null)
        {
            var value = file.Integer(key) ?? otherwise;
            if (value is null or < 1 || value > most)
            {
                missing = key;
                return 1;
            }

            return (int)value;
        }

        var heads = Size("llama.attention.head_count", 1024);
        var hidden = Size("llama.embedding_length", 1 << 17);
        var shape = new DecoderShape(
            Layers: Size("llama.block_count", 512),
            Hidden: hidden,
            Heads: heads,
            KeyValueHeads: Size("llama.attention.head_count_kv", 1024, heads),
            HeadSize: Size("llama.attention.key_length", 1024, hidden / heads),
            FeedForward: Size("llama.feed_forward_length", 1 << 19),
            Vocabulary: (int)Math.Min(embeddings.Rows, int.MaxValue),
            TrainedContext: Size("llama.context_length", 1 << 24),
            RopeTheta: file.Real("llama.rope.freq_base") ?? 10_000,
            Epsilon: (float)(file.Real("llama.attention.layer_norm_rms_epsilon") ?? 1e-5));

        return missing.Length > 0 ? Wrong($"its {missing} is missing or impossible")
            : shape.Heads % shape.KeyValueHeads != 0 || shape.HeadSize % 2 != 0 ? Wrong("its attention heads do not fit together")
            : file.Integer("llama.rope.dimension_count") is { } rotated && rotated != shape.HeadSize ? Wrong("it rotates a part of each head only")
            : embeddings.Columns != shape.Hidden ? Wrong("its embeddings do not have the width that it states")
            : shape;
    }
}
