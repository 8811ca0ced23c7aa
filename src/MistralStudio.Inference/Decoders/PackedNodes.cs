using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Operators;
using static MistralStudio.Inference.Onnx.Attributes;

namespace MistralStudio.Inference.Decoders;

/// <summary>Matrices for the operators of this room: weights stay as the file has them, and nothing is packed anew when they are loaded.</summary>
internal sealed class PackedNodes(GgufFile file, DecoderShape shape, WeightPlan plan, int capacity, GraphBuilder graph) : IDecoderNodes
{
    private const int HalfGroup = PackedMatrix.GroupRows / 2;

    /// <summary>
    /// Up to this width queries, keys and values, a sixth of the weights, are projected from 16-bit inputs: small models are fragile, and wide
    /// ones do not need it. The starter model then follows float32 on the golden prompts wherever that is sure of a token.
    /// </summary>
    private const int WidestFineAttention = 1024;

    private const string Scales = "rope.scales";

    private PackedMatrix? _embeddings;
    private bool _hasScales;

    public ElementType Floats => ElementType.Float;

    private bool IsTied => !file.Tensors.ContainsKey("output.weight");

    public string Embed(string ids)
    {
        var tensor = file.Tensors["token_embd.weight"];
        var stored = IsTied ? "head" : "embeddings";
        if (plan.IsFloat(tensor.Type))
        {
            return graph.Node("Gather", "embedded", [StoreFloats(stored, [new MatrixPart(tensor)]), ids], Int("axis", 0));
        }

        var weights = Store(stored, Rows(new MatrixPart(tensor)), out _embeddings);
        return graph.Node(OperatorLibrary.Domain, BlockGather.Name, ["embedded"], [ids, weights],
            Int("columns", _embeddings.Columns), Int("rows", _embeddings.Rows), Int("format", (int)_embeddings.Format));
    }

    public string Head(string name, string hidden) =>
        !IsTied ? Project(name, hidden, new MatrixPart(file.Tensors["output.weight"]))
        : _embeddings is null ? MultiplyFloats(name, "head.floats", hidden, gated: false)
        : Multiply(name, "head.packed", _embeddings, shape.Vocabulary, hidden, gated: false);

    public string Project(string name, string input, MatrixPart part) => Project(name, input, isFine: false, part);

    public string ProjectGated(string name, string input, GgufTensor gate, GgufTensor up)
    {
        if (plan.IsFloat(gate.Type) && plan.IsFloat(up.Type))
        {
            return MultiplyFloats(name, StoreFloats(name, [new MatrixPart(gate), new MatrixPart(up)]), input, gated: true);
        }

        var rows = new List<(GgufTensor, int)>();
        for (var first = 0; first < gate.Rows; first += HalfGroup)
        {
            rows.AddRange(Enumerable.Range(first, HalfGroup).Select(row => (gate, row)));
            rows.AddRange(Enumerable.Range(first, HalfGroup).Select(row => (up, row)));
        }

        return Multiply(name, Store(name, rows, out var matrix), matrix, (int)gate.Rows, input, gated: true);
    }

    public string Attend(int layer, string input, AttentionParts parts)
    {
        var name = $"blk.{layer}";
        var isFine = shape.Hidden <= WidestFineAttention;
        var (query, key, value) = (parts.Query, parts.Key, parts.Value);

        // Values are often stored finer than queries and keys: then they stay by themselves, so that the others need not become finer too.
        var isApart = FormatOf(query, key) is not null && FormatOf(query, key, value) is null;
        var packed = isApart
            ? Project($"{name}.qk", input, isFine, query, key)
            : Project($"{name}.qkv", input, isFine, query, key, value);

        var cache = DecoderGraph.CacheNames(layer);
        foreach (var past in new[] { cache.PastKey, cache.PastValue })
        {
            graph.Input(past, ElementType.Float, "B", shape.KeyValueHeads, "C", shape.HeadSize);
        }

        return graph.Node(OperatorLibrary.Domain, CachedAttention.Name, [$"{name}.attn"],
            [
                packed, cache.PastKey, cache.PastValue, "seqlens_k", "rope.cos", "rope.sin", QueryScales(),
                Norm($"{name}.attn_q_norm", parts.QueryNorm), Norm($"{name}.attn_k_norm", parts.KeyNorm),
                isApart ? Project($"{name}.v", input, isFine, value) : "",
            ],
            Int("heads", shape.Heads), Int("kv_heads", shape.KeyValueHeads), Int("window", shape.Windows[layer]), Float("epsilon", shape.Epsilon));
    }

    private string Project(string name, string input, bool isFine, params ReadOnlySpan<MatrixPart> parts)
    {
        var areFloats = true;
        var rows = new List<(GgufTensor, int)>();
        foreach (var part in parts)
        {
            areFloats &= plan.IsFloat(part.Tensor.Type);
            rows.AddRange(Rows(part));
        }

        var product = areFloats
            ? MultiplyFloats(name, StoreFloats(name, parts), input, gated: false)
            : Multiply(name, Store(name, rows, out var matrix), matrix, rows.Count, input, gated: false, isFine);
        return Bias.Add(graph, Floats, product, parts);
    }

    // The format of matrices under each other; null where they differ.
    private BlockFormat? FormatOf(params ReadOnlySpan<MatrixPart> parts)
    {
        BlockFormat? format = null;
        foreach (var part in parts)
        {
            var own = plan.IsFloat(part.Tensor.Type) ? (BlockFormat)(-1) : PackedMatrix.FormatOf(part.Tensor.Type);
            if (format is not null && format != own)
            {
                return null;
            }

            format = own;
        }

        return format;
    }

    private static IEnumerable<(GgufTensor Tensor, int Row)> Rows(MatrixPart part) =>
        Enumerable.Range(0, (int)part.Tensor.Rows).Select(row => (part.Tensor, part.Row?.Invoke(row) ?? row));

    private string QueryScales()
    {
        if (!_hasScales)
        {
            _hasScales = true;
            graph.Weight<float>(Scales, ElementType.Float, [capacity], [.. Enumerable.Range(0, capacity).Select(shape.QueryScale)]);
        }

        return Scales;
    }

    private string Norm(string name, float[]? weights) =>
        weights is null ? "" : graph.Constant<float>($"{name}.weight", ElementType.Float, [weights.Length], weights);

    private string Store(string name, IEnumerable<(GgufTensor Tensor, int Row)> sources, out PackedMatrix matrix)
    {
        // Where matrices under each other differ in type, all take the finest.
        var rows = sources.ToList();
        var formats = rows.Select(row => PackedMatrix.FormatOf(row.Tensor.Type)).Distinct().ToList();
        var format = formats.Count == 1 ? formats[0] : BlockFormat.EightBits;
        matrix = PackedMatrix.Pack(file, format, (int)rows[0].Tensor.Columns, rows);
        return graph.Weight<byte>($"{name}.packed", ElementType.UInt8, [matrix.Bytes.LongLength], matrix.Bytes);
    }

    private string StoreFloats(string name, params ReadOnlySpan<MatrixPart> parts)
    {
        var columns = parts[0].Tensor.Columns;
        var matrix = FloatMatrix.Stack(file, parts);
        return graph.Weight<float>($"{name}.floats", ElementType.Float, [matrix.LongLength / columns, columns], matrix);
    }

    private string MultiplyFloats(string output, string weights, string input, bool gated) =>
        graph.Node(OperatorLibrary.Domain, DenseMatMul.Name, [output], [input, weights], Int("gated", gated ? 1 : 0));

    private string Multiply(string output, string weights, PackedMatrix matrix, int outputs, string input, bool gated, bool isFine = false) =>
        graph.Node(OperatorLibrary.Domain, BlockMatMul.Name, [output], [input, weights],
            Int("columns", matrix.Columns), Int("outputs", outputs), Int("format", (int)matrix.Format), Int("gated", gated ? 1 : 0),
            Int("planes", isFine ? 2 : 1));
}
