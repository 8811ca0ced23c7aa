using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using static MistralStudio.Inference.Onnx.Attributes;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// Writes a decoder of the llama architecture as an ONNX graph. Inputs: <c>input_ids [B, S]</c>, <c>seqlens_k [B]</c> (a row's length after
/// this step, minus one), <c>total_sequence_length [1]</c> (the largest length), <c>logit_rows [R]</c> (which of the <c>B * S</c> positions get
/// logits), <c>past.{layer}.k|v [B, kvHeads, capacity, headSize]</c>. Outputs: <c>logits [R, vocabulary]</c> and <c>present.*</c>, bound to
/// the same memory as <c>past.*</c>, where the operators do not write in place.
/// </summary>
internal sealed class DecoderGraph(GgufFile file, DecoderShape shape, int capacity, GraphBuilder graph, IDecoderNodes nodes)
{
    /// <summary>Names of the cache tensors of a layer, in and out.</summary>
    public static (string PastKey, string PastValue, string PresentKey, string PresentValue) CacheNames(int layer) =>
        ($"past.{layer}.k", $"past.{layer}.v", $"present.{layer}.k", $"present.{layer}.v");

    /// <summary>Adds every node and weight.</summary>
    public void Build()
    {
        graph.Input("input_ids", ElementType.Int64, "B", "S");
        graph.Input("seqlens_k", ElementType.Int32, "B");
        graph.Input("total_sequence_length", ElementType.Int32, 1);
        graph.Input("logit_rows", ElementType.Int64, "R");
        WriteRotations();

        var residual = nodes.Embed("input_ids");
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
        nodes.Head(normed);
        graph.Output("logits", ElementType.Float, "R", shape.Vocabulary);
    }

    private (string Residual, string Branch) Block(int layer, string residual, string? branch)
    {
        var name = $"blk.{layer}";
        (var attentionInput, residual) = Normalise($"{name}.attn_norm", residual, branch);
        var packed = nodes.Project($"{name}.qkv", attentionInput,
            Part("attn_q", HalvesOfHeads), Part("attn_k", HalvesOfHeads), Part("attn_v"));
        var attention = nodes.Project($"{name}.attn_output", nodes.Attend(layer, packed), Part("attn_output"));

        (var feedForwardInput, residual) = Normalise($"{name}.ffn_norm", residual, attention);
        var gated = nodes.ProjectGated($"{name}.gated", feedForwardInput, Part("ffn_gate").Tensor, Part("ffn_up").Tensor);
        return (residual, nodes.Project($"{name}.ffn_down", gated, Part("ffn_down")));

        MatrixPart Part(string tensor, Func<int, int>? row = null) => new(file.Tensors[$"{name}.{tensor}.weight"], row);
    }

    private (string Normed, string Residual) Normalise(string name, string residual, string? branch) => branch is null
        ? (graph.Node("SimplifiedLayerNormalization", name, [residual, Norm(name)],
            Float("epsilon", shape.Epsilon), Int("axis", -1), Int("stash_type", 1)), residual)
        : (graph.Node(GraphBuilder.Microsoft, "SkipSimplifiedLayerNormalization", [name, "", "", $"{name}.residual"], [residual, branch, Norm(name)],
            Float("epsilon", shape.Epsilon)), $"{name}.residual");

    private string Norm(string name) =>
        graph.Constant<float>($"{name}.weight", ElementType.Float, [shape.Hidden], Dequantisation.Tensor(file, file.Tensors[$"{name}.weight"]));

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
