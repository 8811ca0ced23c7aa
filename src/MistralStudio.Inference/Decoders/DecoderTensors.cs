using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Decoders;

/// <summary>Checks that a file holds every tensor of its architecture, in the sizes that it states, stored in a way that can be read.</summary>
internal static class DecoderTensors
{
    /// <summary>What is wrong, naming the tensor; null where nothing is.</summary>
    public static Error? Check(GgufFile file, DecoderShape shape)
    {
        foreach (var (name, columns, rows) in Required(file, shape))
        {
            if (!file.Tensors.TryGetValue(name, out var tensor))
            {
                return Wrong(file, $"it has no tensor {name}");
            }

            if (tensor.Columns != columns || tensor.Rows != rows)
            {
                return Wrong(file, $"the tensor {name} has {tensor.Columns} x {tensor.Rows} elements instead of {columns} x {rows}");
            }

            if (!Dequantisation.Supports(tensor.Type))
            {
                return Wrong(file, $"the tensor {name} is stored as {tensor.Type}; supported are F32, F16, BF16, Q8_0, Q4_0 and Q4_1");
            }

            if (rows > 1 && columns % BlockMatrix.Block != 0)
            {
                return Wrong(file, $"the rows of tensor {name} are no multiple of {BlockMatrix.Block}");
            }
        }

        var foreign = file.Tensors.Keys.FirstOrDefault(name => name == "rope_freqs.weight" || name.EndsWith(".bias", StringComparison.Ordinal));
        return foreign is null ? null : Wrong(file, $"it has a tensor {foreign}, which is not supported in this version");
    }

    private static IEnumerable<(string Name, long Columns, long Rows)> Required(GgufFile file, DecoderShape shape)
    {
        var queries = shape.Heads * shape.HeadSize;
        var keys = shape.KeyValueHeads * shape.HeadSize;
        yield return ("token_embd.weight", shape.Hidden, shape.Vocabulary);
        yield return ("output_norm.weight", shape.Hidden, 1);
        if (file.Tensors.ContainsKey("output.weight"))
        {
            yield return ("output.weight", shape.Hidden, shape.Vocabulary);
        }

        for (var layer = 0; layer < shape.Layers; layer++)
        {
            var block = $"blk.{layer}";
            yield return ($"{block}.attn_norm.weight", shape.Hidden, 1);
            yield return ($"{block}.attn_q.weight", shape.Hidden, queries);
            yield return ($"{block}.attn_k.weight", shape.Hidden, keys);
            yield return ($"{block}.attn_v.weight", shape.Hidden, keys);
            yield return ($"{block}.attn_output.weight", queries, shape.Hidden);
            yield return ($"{block}.ffn_norm.weight", shape.Hidden, 1);
            yield return ($"{block}.ffn_gate.weight", shape.Hidden, shape.FeedForward);
            yield return ($"{block}.ffn_up.weight", shape.Hidden, shape.FeedForward);
            yield return ($"{block}.ffn_down.weight", shape.FeedForward, shape.Hidden);
        }
    }

    private static Error Wrong(GgufFile file, string reason) => ModelErrors.Unreadable(Path.GetFileName(file.Path), reason);
}
