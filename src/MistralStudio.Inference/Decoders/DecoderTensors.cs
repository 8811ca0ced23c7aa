using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// Checks that a file holds every tensor of its architecture, in the sizes that it states, stored in a way that can be read, and none besides:
/// a tensor that is not computed with is a model that answers wrong.
/// </summary>
internal static class DecoderTensors
{
    /// <summary>What is wrong, naming the tensor; null where nothing is.</summary>
    public static Error? Check(GgufFile file, DecoderShape shape)
    {
        var known = new HashSet<string>(StringComparer.Ordinal) { "rope_freqs.weight" };
        foreach (var (name, columns, rows, isRequired) in Expected(shape))
        {
            known.Add(name);
            if (!file.Tensors.TryGetValue(name, out var tensor))
            {
                if (isRequired)
                {
                    return Wrong(file, $"it has no tensor {name}");
                }

                continue;
            }

            if (tensor.Columns != columns || tensor.Rows != rows)
            {
                return Wrong(file, $"the tensor {name} has {tensor.Columns} x {tensor.Rows} elements instead of {columns} x {rows}");
            }

            if (!Dequantisation.Supports(tensor.Type))
            {
                return Wrong(file, $"the tensor {name} is stored as {tensor.Type}; supported are {string.Join(", ", Dequantisation.Types)}");
            }

            if (rows > 1 && columns % BlockMatrix.Block != 0)
            {
                return Wrong(file, $"the rows of tensor {name} are no multiple of {BlockMatrix.Block}");
            }
        }

        var foreign = file.Tensors.Keys.FirstOrDefault(name => !known.Contains(name));
        return foreign is null ? null : Wrong(file, $"it has a tensor {foreign}, which no {shape.Architecture} model that is supported has");
    }

    private static IEnumerable<(string Name, long Columns, long Rows, bool IsRequired)> Expected(DecoderShape shape)
    {
        var queries = shape.Heads * shape.HeadSize;
        var keys = shape.KeyValueHeads * shape.HeadSize;
        yield return ("token_embd.weight", shape.Hidden, shape.Vocabulary, true);
        yield return ("output_norm.weight", shape.Hidden, 1, true);
        yield return ("output.weight", shape.Hidden, shape.Vocabulary, false);
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            var block = $"blk.{layer}";
            yield return ($"{block}.attn_norm.weight", shape.Hidden, 1, true);
            yield return ($"{block}.attn_q.weight", shape.Hidden, queries, true);
            yield return ($"{block}.attn_k.weight", shape.Hidden, keys, true);
            yield return ($"{block}.attn_v.weight", shape.Hidden, keys, true);
            yield return ($"{block}.attn_output.weight", queries, shape.Hidden, true);
            yield return ($"{block}.attn_q.bias", queries, 1, false);
            yield return ($"{block}.attn_k.bias", keys, 1, false);
            yield return ($"{block}.attn_v.bias", keys, 1, false);
            yield return ($"{block}.attn_output.bias", shape.Hidden, 1, false);
            if (shape.HasHeadNorms)
            {
                yield return ($"{block}.attn_q_norm.weight", shape.HeadSize, 1, true);
                yield return ($"{block}.attn_k_norm.weight", shape.HeadSize, 1, true);
            }

            yield return ($"{block}.ffn_norm.weight", shape.Hidden, 1, true);
            yield return ($"{block}.ffn_gate.weight", shape.Hidden, shape.FeedForward, true);
            yield return ($"{block}.ffn_up.weight", shape.Hidden, shape.FeedForward, true);
            yield return ($"{block}.ffn_down.weight", shape.FeedForward, shape.Hidden, true);
        }
    }

    private static Error Wrong(GgufFile file, string reason) => ModelErrors.Unreadable(Path.GetFileName(file.Path), reason);
}
