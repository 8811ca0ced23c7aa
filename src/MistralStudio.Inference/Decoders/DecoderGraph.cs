using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using static MistralStudio.Inference.Onnx.Attributes;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// Writes a decoder of the llama architecture as an ONNX graph. Inputs: <c>input_ids [B, S]</c>, <c>seqlens_k [B]</c> (a row's length after
/// this step, minus one), <c>total_sequence_length [1]</c> (the largest length), <c>logit_rows [R]</c> (which of the <c>B * S</c> positions get
/// logits), <c>past.{layer}.k|v [B, kvHeads, capacity, headSize]</c>. Outputs: <c>logits [R, vocabulary]</c> and <c>present.*</c>, bound to
/// the same memory as <c>past.*</c>.
/// </summary>
internal sealed class DecoderGraph(GgufFile file, DecoderShape shape, int capacity, GraphBuilder graph)
{
    /// <summary>Names of the cache tensors of a layer, in and out.</summary>
    public static (string PastKey, string PastValue, string PresentKey, string PresentValue) CacheNames(int layer) =>
        ($"past.{layer}.k", $"past.{layer}.v", $"present.{layer}.k", $"present.{layer}.v");

    /// <summary>8-bit activations, with integer arithmetic where the processor has it.</summary>
    private const int AccuracyLevel = 4;

    /// <summary>
    /// Up to this width queries, keys and values, a sixth of the weights, are projected in float32: on the starter model's
    /// golden prompts the divergence from float32 falls from 0.0042 to 0.0033 nats a position, and wide models do not need it.
    /// </summary>
    private const int WidestFloatAttention = 1024;

    /// <summary>Adds every node and weight.</summary>
    public void Build()
    {
        graph.Input("input_ids", ElementType.Int64, "B", "S");
        graph.Input("seqlens_k", ElementType.Int32, "B");
        graph.Input("total_sequence_length", ElementType.Int32, 1);
        graph.Input("logit_rows", ElementType.Int64, "R");
        WriteRotations();

        var tied = !file.Tensors.ContainsKey("output.weight");
        var embeddings = Matrix("token_embd.weight");
        var head = tied ? embeddings : Matrix("output.weight");
        WriteMatrix("head", head);
        if (!tied)
        {
            WriteMatrix("embeddings", embeddings);
        }

        var residual = Embed(tied ? "head" : "embeddings", embeddings);
        string? branch = null;
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            (residual, branch) = Block(layer, residual, branch);
        }

        var last = graph.Node("Add", "hidden", [residual, branch!]);
        var flat = graph.Node("Reshape", "hidden.flat", [last, graph.Int64s("flat", -1, shape.Hidden)]);
        var wanted = graph.Node("Gather", "hidden.wanted", [flat, "logit_rows"], Int("axis", 0));
        var normed = graph.Node("SimplifiedLayerNormalization", "output_norm", [wanted, Norm("output_norm")],
            Float("epsilon", shape.Epsilon), Int("axis", -1), Int("stash_type", 1));
        Multiply("logits", "head", head, normed);
        graph.Output("logits", ElementType.Float, "R", shape.Vocabulary);
    }

    private (string Residual, string Branch) Block(int layer, string residual, string? branch)
    {
        var name = $"blk.{layer}";
        (var attentionInput, residual) = Normalise($"{name}.attn_norm", residual, branch);
        var attended = Attention(layer, ProjectPacked(name, attentionInput));
        var attention = Project($"{name}.attn_output", Matrix($"{name}.attn_output.weight"), attended);

        (var feedForwardInput, residual) = Normalise($"{name}.ffn_norm", residual, attention);
        var gate = Project($"{name}.ffn_gate", Matrix($"{name}.ffn_gate.weight"), feedForwardInput);
        var up = Project($"{name}.ffn_up", Matrix($"{name}.ffn_up.weight"), feedForwardInput);
        var activated = graph.MicrosoftNode("QuickGelu", $"{name}.silu", [gate], Float("alpha", 1));
        var gated = graph.Node("Mul", $"{name}.gated", [activated, up]);
        return (residual, Project($"{name}.ffn_down", Matrix($"{name}.ffn_down.weight"), gated));
    }

    private string Attention(int layer, string packed)
    {
        var cache = CacheNames(layer);
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

    private (string Normed, string Residual) Normalise(string name, string residual, string? branch) => branch is null
        ? (graph.Node("SimplifiedLayerNormalization", name, [residual, Norm(name)],
            Float("epsilon", shape.Epsilon), Int("axis", -1), Int("stash_type", 1)), residual)
        : (graph.Node(GraphBuilder.Microsoft, "SkipSimplifiedLayerNormalization", [name, "", "", $"{name}.residual"], [residual, branch, Norm(name)],
            Float("epsilon", shape.Epsilon)), $"{name}.residual");

    private string Norm(string name) =>
        graph.Constant<float>($"{name}.weight", ElementType.Float, [shape.Hidden], Dequantisation.Tensor(file, file.Tensors[$"{name}.weight"]));

    private string Embed(string stored, BlockMatrix embeddings)
    {
        var rows = graph.Alias("embeddings.rows", $"{stored}.values", embeddings.Rows, (long)embeddings.Columns * embeddings.Bits / 8);
        return graph.MicrosoftNode("GatherBlockQuantized", "embedded", [rows, "input_ids", $"{stored}.scales"],
            Int("gather_axis", 0), Int("quantize_axis", 1), Int("block_size", BlockMatrix.Block), Int("bits", embeddings.Bits));
    }

    private BlockMatrix PackedQueryKeyValue(string block) => BlockMatrix.Stack(
        Matrix($"{block}.attn_q.weight", HalvesOfHeads), Matrix($"{block}.attn_k.weight", HalvesOfHeads), Matrix($"{block}.attn_v.weight"));

    /// <summary>
    /// GGUF stores the rows of a head's rotated pairs side by side (0, half, 1, half + 1, ...); the attention kernel rotates the first half of a
    /// head against the second one faster.
    /// </summary>
    private int HalvesOfHeads(int row)
    {
        var (head, i) = Math.DivRem(row, shape.HeadSize);
        var half = shape.HeadSize / 2;
        return (head * shape.HeadSize) + (2 * (i % half)) + (i / half);
    }

    private BlockMatrix Matrix(string name, Func<int, int>? row = null)
    {
        var tensor = file.Tensors[name];
        return BlockMatrix.From(file, tensor, BlockMatrix.FitsFourBits(tensor.Type) ? 4 : 8, row);
    }

    private string ProjectPacked(string block, string input)
    {
        if (shape.Hidden > WidestFloatAttention)
        {
            return Project($"{block}.qkv", PackedQueryKeyValue(block), input);
        }

        var turned = new float[shape.Hidden * shape.PackedWidth];
        var first = 0;
        foreach (var (part, rotated) in new[] { ("attn_q", true), ("attn_k", true), ("attn_v", false) })
        {
            var tensor = file.Tensors[$"{block}.{part}.weight"];
            var stored = Dequantisation.Tensor(file, tensor);
            for (var row = 0; row < tensor.Rows; row++)
            {
                var source = (rotated ? HalvesOfHeads(row) : row) * shape.Hidden;
                for (var column = 0; column < shape.Hidden; column++)
                {
                    turned[(column * shape.PackedWidth) + first + row] = stored[source + column];
                }
            }

            first += (int)tensor.Rows;
        }

        var weight = graph.Weight<float>($"{block}.qkv.weight", ElementType.Float, [shape.Hidden, shape.PackedWidth], turned);
        return graph.Node("MatMul", $"{block}.qkv", [input, weight]);
    }

    private string Project(string name, BlockMatrix matrix, string input)
    {
        WriteMatrix(name, matrix);
        return Multiply(name, name, matrix, input);
    }

    private void WriteMatrix(string name, BlockMatrix matrix)
    {
        graph.Weight<byte>($"{name}.values", ElementType.UInt8, [matrix.Rows, matrix.Blocks, BlockMatrix.Block * matrix.Bits / 8], matrix.Values);
        graph.Weight<float>($"{name}.scales", ElementType.Float, [matrix.Rows, matrix.Blocks], matrix.Scales);
    }

    private string Multiply(string output, string weights, BlockMatrix matrix, string input) =>
        graph.MicrosoftNode("MatMulNBits", output, [input, $"{weights}.values", $"{weights}.scales"],
            Int("K", matrix.Columns), Int("N", matrix.Rows), Int("bits", matrix.Bits), Int("block_size", BlockMatrix.Block),
            Int("accuracy_level", AccuracyLevel));

    private void WriteRotations()
    {
        var half = shape.HeadSize / 2;
        var (cos, sin) = (new float[capacity * half], new float[capacity * half]);
        for (var i = 0; i < half; i++)
        {
            var frequency = Math.Pow(shape.RopeTheta, -2.0 * i / shape.HeadSize);
            for (var position = 0; position < capacity; position++)
            {
                (sin[(position * half) + i], cos[(position * half) + i]) = ((float, float))Math.SinCos(position * frequency);
            }
        }

        graph.Weight<float>("rope.cos", ElementType.Float, [capacity, half], cos);
        graph.Weight<float>("rope.sin", ElementType.Float, [capacity, half], sin);
    }
}
