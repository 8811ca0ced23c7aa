using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Operators;
using static MistralStudio.Inference.Onnx.Attributes;

namespace MistralStudio.Inference.Decoders;

/// <summary>Matrices for the operators of this room: weights stay as the file has them, and nothing is packed anew when they are loaded.</summary>
internal sealed class PackedNodes(GgufFile file, DecoderShape shape, GraphBuilder graph) : IDecoderNodes
{
    private const int HalfGroup = PackedMatrix.GroupRows / 2;

    /// <summary>
    /// Up to this width queries, keys and values, a sixth of the weights, are projected from 16-bit inputs: small models are fragile, and wide
    /// ones do not need it. The starter model then follows float32 on the golden prompts wherever that is sure of a token.
    /// </summary>
    private const int WidestFineAttention = 1024;

    private PackedMatrix? _embeddings;

    private bool IsTied => !file.Tensors.ContainsKey("output.weight");

    public string Embed(string ids)
    {
        var matrix = Embeddings;
        return graph.Node(OperatorLibrary.Domain, BlockGather.Name, ["embedded"], [ids, IsTied ? "head.packed" : "embeddings.packed"],
            Int("columns", matrix.Columns), Int("rows", matrix.Rows), Int("format", (int)matrix.Format));
    }

    public string Head(string hidden) => IsTied
        ? Multiply("logits", "head.packed", Embeddings, (int)file.Tensors["token_embd.weight"].Rows, hidden, gated: false)
        : Project("logits", hidden, new MatrixPart(file.Tensors["output.weight"]));

    public string Project(string name, string input, params ReadOnlySpan<MatrixPart> parts)
    {
        var rows = new List<(GgufTensor, int)>();
        foreach (var (tensor, order) in parts)
        {
            rows.AddRange(Enumerable.Range(0, (int)tensor.Rows).Select(row => (tensor, order?.Invoke(row) ?? row)));
        }

        var isFine = name.EndsWith(".qkv", StringComparison.Ordinal) && shape.Hidden <= WidestFineAttention;
        return Multiply(name, Store(name, rows, out var matrix), matrix, rows.Count, input, gated: false, isFine);
    }

    public string ProjectGated(string name, string input, GgufTensor gate, GgufTensor up)
    {
        var rows = new List<(GgufTensor, int)>();
        for (var first = 0; first < gate.Rows; first += HalfGroup)
        {
            rows.AddRange(Enumerable.Range(first, HalfGroup).Select(row => (gate, row)));
            rows.AddRange(Enumerable.Range(first, HalfGroup).Select(row => (up, row)));
        }

        return Multiply(name, Store(name, rows, out var matrix), matrix, (int)gate.Rows, input, gated: true);
    }

    public string Attend(int layer, string packed)
    {
        var cache = DecoderGraph.CacheNames(layer);
        foreach (var past in new[] { cache.PastKey, cache.PastValue })
        {
            graph.Input(past, ElementType.Float, "B", shape.KeyValueHeads, "C", shape.HeadSize);
        }

        return graph.Node(OperatorLibrary.Domain, CachedAttention.Name, [$"blk.{layer}.attn"],
            [packed, cache.PastKey, cache.PastValue, "seqlens_k", "rope.cos", "rope.sin"],
            Int("heads", shape.Heads), Int("kv_heads", shape.KeyValueHeads));
    }

    private PackedMatrix Embeddings
    {
        get
        {
            if (_embeddings is null)
            {
                var tensor = file.Tensors["token_embd.weight"];
                Store(IsTied ? "head" : "embeddings", [.. Enumerable.Range(0, (int)tensor.Rows).Select(row => (tensor, row))], out _embeddings);
            }

            return _embeddings;
        }
    }

    private string Store(string name, List<(GgufTensor Tensor, int Row)> rows, out PackedMatrix matrix)
    {
        // Matrices under each other may differ in type (llama.cpp keeps some values finer): all take the finest.
        var formats = rows.Select(row => PackedMatrix.FormatOf(row.Tensor.Type)).Distinct().ToList();
        var format = formats.Count == 1 ? formats[0] : BlockFormat.EightBits;
        matrix = PackedMatrix.Pack(file, format, (int)rows[0].Tensor.Columns, rows);
        return graph.Weight<byte>($"{name}.packed", ElementType.UInt8, [matrix.Bytes.LongLength], matrix.Bytes);
    }

    private string Multiply(string output, string weights, PackedMatrix matrix, int outputs, string input, bool gated, bool isFine = false) =>
        graph.Node(OperatorLibrary.Domain, BlockMatMul.Name, [output], [input, weights],
            Int("columns", matrix.Columns), Int("outputs", outputs), Int("format", (int)matrix.Format), Int("gated", gated ? 1 : 0),
            Int("planes", isFine ? 2 : 1));
}
