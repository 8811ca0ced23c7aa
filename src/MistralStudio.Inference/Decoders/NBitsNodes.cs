using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using static MistralStudio.Inference.Onnx.Attributes;

namespace MistralStudio.Inference.Decoders;

/// <summary>Matrices for ONNX Runtime's own operators, which every processor and accelerator has.</summary>
/// <param name="floats">Type of scales, activations and caches.</param>
/// <param name="accuracyLevel">4 rounds activations to 8 bits, with integer arithmetic where the processor has it; 0 keeps them.</param>
internal sealed class NBitsNodes(GgufFile file, DecoderShape shape, WeightPlan plan, ElementType floats, int accuracyLevel, GraphBuilder graph)
    : IDecoderNodes
{
    private const string OwnQueryScales = $"{DecoderGraph.QueryScales}.own";

    private BlockMatrix? _embeddings;

    public ElementType Floats => floats;

    private bool HasHalfScales => floats == ElementType.Float16;

    private bool IsTied => !file.Tensors.ContainsKey("output.weight");

    public string Embed(string ids)
    {
        var tensor = file.Tensors["token_embd.weight"];
        var stored = IsTied ? "head" : "embeddings";
        if (plan.IsFloat(tensor.Type))
        {
            var rowsOfFloats = graph.FloatWeight("embeddings.floats", floats, [tensor.Rows, tensor.Columns], FloatMatrix.Stack(file, new MatrixPart(tensor)));
            return graph.Node("Gather", "embedded", [rowsOfFloats, ids], Int("axis", 0));
        }

        var embeddings = _embeddings = BlockMatrix.From(file, tensor, BlockMatrix.FitsFourBits(tensor.Type) ? 4 : 8, HasHalfScales);
        Store(stored, embeddings);
        var rows = graph.Alias("embeddings.rows", $"{stored}.values", embeddings.Rows, (long)embeddings.Columns * embeddings.Bits / 8);
        return graph.MicrosoftNode("GatherBlockQuantized", "embedded", [rows, ids, $"{stored}.scales"],
            Int("gather_axis", 0), Int("quantize_axis", 1), Int("block_size", BlockMatrix.Block), Int("bits", embeddings.Bits));
    }

    public string Head(string name, string hidden) => IsTied && _embeddings is not null
        ? Multiply(name, "head", _embeddings, hidden)
        : Project(name, hidden, new MatrixPart(file.Tensors[IsTied ? "token_embd.weight" : "output.weight"]));

    public string Project(string name, string input, MatrixPart part) => ProjectAll(name, input, part);

    public string ProjectGated(string name, string input, GgufTensor gate, GgufTensor up)
    {
        var gates = Project($"{name}.gate", input, new MatrixPart(gate));
        var activated = graph.MicrosoftNode("QuickGelu", $"{name}.silu", [gates], Float("alpha", 1));
        return graph.Node("Mul", name, [activated, Project($"{name}.up", input, new MatrixPart(up))]);
    }

    public string Attend(int layer, string input, AttentionParts parts)
    {
        var name = $"blk.{layer}";
        var cache = DecoderGraph.CacheNames(layer);
        foreach (var past in new[] { cache.PastKey, cache.PastValue })
        {
            graph.Input(past, floats, "B", shape.KeyValueHeads, "C", shape.HeadSize);
        }

        // What is done to queries or keys by themselves needs them apart.
        var isApart = shape.HasHeadNorms || shape.Temperature is not null;
        string[] inputs = isApart
            ?
            [
                Sharpened($"{name}.q", Normed($"{name}.q", Project($"{name}.q", input, parts.Query), parts.QueryNorm, shape.Heads), layer),
                Normed($"{name}.k", Project($"{name}.k", input, parts.Key), parts.KeyNorm, shape.KeyValueHeads),
                Project($"{name}.v", input, parts.Value),
            ]
            : [ProjectAll($"{name}.qkv", input, parts.Query, parts.Key, parts.Value), "", ""];
        List<AttributeProto> attributes =
        [
            Int("num_heads", shape.Heads), Int("kv_num_heads", shape.KeyValueHeads), Int("do_rotary", 1), Int("rotary_interleaved", 0),
            Float("scale", shape.AttentionScale),
        ];
        if (shape.Windows[layer] > 0)
        {
            attributes.Add(Int("local_window_size", shape.Windows[layer]));
        }

        var output = graph.Node(
            GraphBuilder.Microsoft, "GroupQueryAttention",
            [$"{name}.attn", cache.PresentKey, cache.PresentValue],
            [.. inputs, cache.PastKey, cache.PastValue, "seqlens_k", "total_sequence_length", "rope.cos", "rope.sin"],
            [.. attributes]);
        foreach (var present in new[] { cache.PresentKey, cache.PresentValue })
        {
            graph.Output(present, floats, "B", shape.KeyValueHeads, "C", shape.HeadSize);
        }

        return output;
    }

    private string Normed(string name, string heads, float[]? norm, int count)
    {
        if (norm is null)
        {
            return heads;
        }

        // 0 keeps a dimension.
        var apart = graph.Node("Reshape", $"{name}.heads", [heads, graph.Int64s($"{name}.heads.shape", 0, 0, count, shape.HeadSize)]);
        var normed = graph.Node("SimplifiedLayerNormalization", $"{name}.norm",
            [apart, graph.FloatConstant($"{name}.norm.weight", floats, [shape.HeadSize], norm)],
            Float("epsilon", shape.Epsilon), Int("axis", -1), Int("stash_type", 1));
        return graph.Node("Reshape", $"{name}.normed", [normed, graph.Int64s($"{name}.normed.shape", 0, 0, (long)count * shape.HeadSize)]);
    }

    // Turning is linear: scaling before it is scaling after it.
    private string Sharpened(string name, string queries, int layer)
    {
        if (shape.Temperature is null)
        {
            return queries;
        }

        if (layer == 0)
        {
            graph.Input(DecoderGraph.QueryScales, ElementType.Float, "B", "S", 1);
            if (floats != ElementType.Float)
            {
                graph.Cast(OwnQueryScales, DecoderGraph.QueryScales, floats);
            }
        }

        return graph.Node("Mul", $"{name}.sharp", [queries, floats == ElementType.Float ? DecoderGraph.QueryScales : OwnQueryScales]);
    }

    private string ProjectAll(string name, string input, params ReadOnlySpan<MatrixPart> parts)
    {
        var (areFloats, bits) = (true, 4);
        foreach (var part in parts)
        {
            areFloats &= plan.IsFloat(part.Tensor.Type);
            bits = BlockMatrix.FitsFourBits(part.Tensor.Type) ? bits : 8;
        }

        if (areFloats)
        {
            var columns = (int)parts[0].Tensor.Columns;
            var stack = FloatMatrix.Transpose(FloatMatrix.Stack(file, parts), columns);
            var weights = graph.FloatWeight($"{name}.floats", floats, [columns, stack.Length / columns], stack);
            return Bias.Add(graph, floats, graph.Node("MatMul", name, [input, weights]), parts);
        }

        var matrices = new List<BlockMatrix>();
        foreach (var part in parts)
        {
            matrices.Add(BlockMatrix.From(file, part.Tensor, bits, HasHalfScales, part.Row));
        }

        var matrix = matrices.Count == 1 ? matrices[0] : BlockMatrix.Stack([.. matrices]);
        Store(name, matrix);
        return Bias.Add(graph, floats, Multiply(name, name, matrix, input), parts);
    }

    private void Store(string name, BlockMatrix matrix)
    {
        graph.Weight<byte>($"{name}.values", ElementType.UInt8, [matrix.Rows, matrix.Blocks, BlockMatrix.Block * matrix.Bits / 8], matrix.Values);
        graph.FloatWeight($"{name}.scales", floats, [matrix.Rows, matrix.Blocks], matrix.Scales);
    }

    private string Multiply(string output, string weights, BlockMatrix matrix, string input) =>
        graph.MicrosoftNode("MatMulNBits", output, [input, $"{weights}.values", $"{weights}.scales"],
            Int("K", matrix.Columns), Int("N", matrix.Rows), Int("bits", matrix.Bits), Int("block_size", BlockMatrix.Block),
            Int("accuracy_level", accuracyLevel));
}
