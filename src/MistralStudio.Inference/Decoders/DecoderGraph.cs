using Microsoft.ML.OnnxRuntime;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using static MistralStudio.Inference.Onnx.Attributes;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// Writes a decoder as an ONNX graph. Inputs: <c>input_ids [B, S]</c>, <c>seqlens_k [B]</c> (a row's length after
/// this step, minus one), <c>total_sequence_length [1]</c> (the largest length), <c>logit_rows [R]</c> (which of the <c>B * S</c> positions get
/// logits), <c>past.{layer}.k|v [B, kvHeads, capacity, headSize]</c>, and <c>query_scales [B, S, 1]</c> where queries grow with their position
/// and the operators do not scale them. Outputs: <c>logits [R, vocabulary]</c> and <c>present.*</c>, bound to the same memory as <c>past.*</c>,
/// where the operators do not write in place. Where the nodes compute in float16, caches are float16 as well, and what a few large numbers would
/// spoil stays float32: the sum that runs through all layers (its outliers are in the thousands, where float16 has whole numbers only), the
/// norms, and the logits as they leave.
/// </summary>
internal sealed class DecoderGraph(GgufFile file, DecoderShape shape, int capacity, GraphBuilder graph, IDecoderNodes nodes)
{
    /// <summary>The input that scales queries.</summary>
    public const string QueryScales = "query_scales";

    /// <summary>Names of the cache tensors of a layer, in and out.</summary>
    public static (string PastKey, string PastValue, string PresentKey, string PresentValue) CacheNames(int layer) =>
        ($"past.{layer}.k", $"past.{layer}.v", $"present.{layer}.k", $"present.{layer}.v");

    /// <summary>The floats that a loaded graph keeps keys and values in.</summary>
    public static ElementType CacheFloats(InferenceSession session) => (ElementType)session.InputMetadata[CacheNames(0).PastKey].ElementDataType;

    /// <summary>Adds every node and weight.</summary>
    public void Build()
    {
        graph.Input("input_ids", ElementType.Int64, "B", "S");
        graph.Input("seqlens_k", ElementType.Int32, "B");
        graph.Input("total_sequence_length", ElementType.Int32, 1);
        graph.Input("logit_rows", ElementType.Int64, "R");
        WriteRotations();

        var residual = Widen(nodes.Embed("input_ids"));
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
        var isNarrow = nodes.Floats != ElementType.Float;
        var logits = nodes.Head(isNarrow ? "logits.narrow" : "logits", Narrow(normed));
        if (isNarrow)
        {
            graph.Cast("logits", logits, ElementType.Float);
        }

        graph.Output("logits", ElementType.Float, "R", shape.Vocabulary);
    }

    private (string Residual, string Branch) Block(int layer, string residual, string? branch)
    {
        var name = $"blk.{layer}";
        (var attentionInput, residual) = Normalise($"{name}.attn_norm", residual, branch);
        var attended = nodes.Attend(layer, Narrow(attentionInput), new AttentionParts(
            Part("attn_q", isTurned: true), Part("attn_k", isTurned: true), Part("attn_v"), HeadNorm("attn_q_norm"), HeadNorm("attn_k_norm")));
        var attention = Widen(nodes.Project($"{name}.attn_output", attended, Part("attn_output")));

        (var feedForwardInput, residual) = Normalise($"{name}.ffn_norm", residual, attention);
        var gated = nodes.ProjectGated($"{name}.gated", Narrow(feedForwardInput), Part("ffn_gate").Tensor, Part("ffn_up").Tensor);
        return (residual, Widen(nodes.Project($"{name}.ffn_down", gated, Part("ffn_down"))));

        MatrixPart Part(string tensor, bool isTurned = false)
        {
            Func<int, int>? order = isTurned && shape.Rotary.IsInterleaved ? HalvesOfHeads : null;
            var bias = file.Tensors.TryGetValue($"{name}.{tensor}.bias", out var stored) ? Dequantisation.Tensor(file, stored) : null;
            return new(
                file.Tensors[$"{name}.{tensor}.weight"],
                bias is null || order is null ? bias : [.. Enumerable.Range(0, bias.Length).Select(row => bias[order(row)])],
                order);
        }

        float[]? HeadNorm(string tensor)
        {
            if (!shape.HasHeadNorms)
            {
                return null;
            }

            var norm = Dequantisation.Tensor(file, file.Tensors[$"{name}.{tensor}.weight"]);
            return shape.Rotary.IsInterleaved ? [.. Enumerable.Range(0, norm.Length).Select(row => norm[HalvesOfHeads(row)])] : norm;
        }
    }

    private (string Normed, string Residual) Normalise(string name, string residual, string? branch) => branch is null
        ? (graph.Node("SimplifiedLayerNormalization", name, [residual, Norm(name)],
            Float("epsilon", shape.Epsilon), Int("axis", -1), Int("stash_type", 1)), residual)
        : (graph.Node(GraphBuilder.Microsoft, "SkipSimplifiedLayerNormalization", [name, "", "", $"{name}.residual"], [residual, branch, Norm(name)],
            Float("epsilon", shape.Epsilon)), $"{name}.residual");

    private string Narrow(string value) => nodes.Floats == ElementType.Float ? value : graph.Cast($"{value}.narrow", value, nodes.Floats);

    private string Widen(string value) => nodes.Floats == ElementType.Float ? value : graph.Cast($"{value}.wide", value, ElementType.Float);

    private string Norm(string name) =>
        graph.Constant<float>($"{name}.weight", ElementType.Float, [shape.Hidden], Dequantisation.Tensor(file, file.Tensors[$"{name}.weight"]));

    /// <summary>
    /// Some architectures store the rows of a head's rotated pairs side by side (0, half, 1, half + 1, ...); the attention kernel rotates the
    /// first half of a head against the second. Taking the rows apart once saves doing so at every step.
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
        var frequencies = shape.Rotary.Frequencies(shape.HeadSize);
        for (var i = 0; i < half; i++)
        {
            for (var position = 0; position < capacity; position++)
            {
                var (s, c) = Math.SinCos(position * frequencies[i]);
                (sin[(position * half) + i], cos[(position * half) + i]) = ((float)(s * shape.Rotary.Magnitude), (float)(c * shape.Rotary.Magnitude));
            }
        }

        graph.FloatWeight("rope.cos", nodes.Floats, [capacity, half], cos);
        graph.FloatWeight("rope.sin", nodes.Floats, [capacity, half], sin);
    }
}
