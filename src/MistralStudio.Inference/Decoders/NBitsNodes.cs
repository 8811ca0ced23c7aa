using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using static MistralStudio.Inference.Onnx.Attributes;

namespace MistralStudio.Inference.Decoders;

/// <summary>Matrices for ONNX Runtime's own operators, which every processor and accelerator has.</summary>
internal sealed class NBitsNodes(GgufFile file, DecoderShape shape, GraphBuilder graph) : IDecoderNodes
{
    /// <summary>8-bit activations, with integer arithmetic where the processor has it.</summary>
    private const int AccuracyLevel = 4;

    private BlockMatrix? _embeddings;

    private bool IsTied => !file.Tensors.ContainsKey("output.weight");

    public string Embed(string ids)
    {
        var (stored, embeddings) = (IsTied ? "head" : "embeddings", Embeddings);
        var rows = graph.Alias("embeddings.rows", $"{stored}.values", embeddings.Rows, (long)embeddings.Columns * embeddings.Bits / 8);
        return graph.MicrosoftNode("GatherBlockQuantized", "embedded", [rows, ids, $"{stored}.scales"],
            Int("gather_axis", 0), Int("quantize_axis", 1), Int("block_size", BlockMatrix.Block), Int("bits", embeddings.Bits));
    }

    public string Head(string hidden) => IsTied
        ? Multiply("logits", "head", Embeddings, hidden)
        : Project("logits", hidden, new MatrixPart(file.Tensors["output.weight"]));

    public string Project(string name, string input, params ReadOnlySpan<MatrixPart> parts)
    {
        var matrices = new List<BlockMatrix>();
        var bits = 4;
        foreach (var part in parts)
        {
            bits = BlockMatrix.FitsFourBits(part.Tensor.Type) ? bits : 8;
        }

        foreach (var part in parts)
        {
            matrices.Add(BlockMatrix.From(file, part.Tensor, bits, part.Row));
        }

        var matrix = matrices.Count == 1 ? matrices[0] : BlockMatrix.Stack([.. matrices]);
        Store(name, matrix);
        return Multiply(name, name, matrix, input);
    }

    public string ProjectGated(string name, string input, GgufTensor gate, GgufTensor up)
    {
        var gates = Project($"{name}.gate", input, new MatrixPart(gate));
        var activated = graph.MicrosoftNode("QuickGelu", $"{name}.silu", [gates], Float("alpha", 1));
        return graph.Node("Mul", name, [activated, Project($"{name}.up", input, new MatrixPart(up))]);
    }

    public string Attend(int layer, string packed)
    {
        var cache = DecoderGraph.CacheNames(layer);
        foreach (var past in new[] { cache.PastKey, cache.PastValue })
        {
            graph.Input(past, ElementType.Float, "B", shape.KeyValueHeads, "C", shape.HeadSize);
        }

        var output = graph.Node(
            GraphBuilder.Microsoft, "GroupQueryAttention",
            [$"blk.{layer}.attn", cache.PresentKey, cache.PresentValue],
            [packed, "", "", cache.PastKey, cache.PastValue, "seqlens_k", "total_sequence_length", "rope.cos", "rope.sin"],
            Int("num_heads", shape.Heads), Int("kv_num_heads", shape.KeyValueHeads), Int("do_rotary", 1), Int("rotary_interleaved", 0),
            Float("scale", 1 / MathF.Sqrt(shape.HeadSize)));
        foreach (var present in new[] { cache.PresentKey, cache.PresentValue })
        {
            graph.Output(present, ElementType.Float, "B", shape.KeyValueHeads, "C", shape.HeadSize);
        }

        return output;
    }

    private BlockMatrix Embeddings
    {
        get
        {
            if (_embeddings is null)
            {
                var tensor = file.Tensors["token_embd.weight"];
                _embeddings = BlockMatrix.From(file, tensor, BlockMatrix.FitsFourBits(tensor.Type) ? 4 : 8);
                Store(IsTied ? "head" : "embeddings", _embeddings);
            }

            return _embeddings;
        }
    }

    private void Store(string name, BlockMatrix matrix)
    {
        graph.Weight<byte>($"{name}.values", ElementType.UInt8, [matrix.Rows, matrix.Blocks, BlockMatrix.Block * matrix.Bits / 8], matrix.Values);
        graph.Weight<float>($"{name}.scales", ElementType.Float, [matrix.Rows, matrix.Blocks], matrix.Scales);
    }

    private string Multiply(string output, string weights, BlockMatrix matrix, string input) =>
        graph.MicrosoftNode("MatMulNBits", output, [input, $"{weights}.values", $"{weights}.scales"],
            Int("K", matrix.Columns), Int("N", matrix.Rows), Int("bits", matrix.Bits), Int("block_size", BlockMatrix.Block),
            Int("accuracy_level", AccuracyLevel));
}
