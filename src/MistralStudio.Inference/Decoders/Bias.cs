using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Decoders;

/// <summary>What is added to the outputs of matrices.</summary>
internal static class Bias
{
    /// <summary>Adds the biases of matrices that stand under each other; the outputs themselves where there are none.</summary>
    public static string Add(GraphBuilder graph, ElementType floats, string outputs, params ReadOnlySpan<MatrixPart> parts)
    {
        var (any, biases) = (false, new List<float>());
        foreach (var (tensor, bias, _) in parts)
        {
            any |= bias is not null;
            biases.AddRange(bias ?? new float[tensor.Rows]);
        }

        return any
            ? graph.Node("Add", $"{outputs}.biased", [outputs, graph.FloatConstant($"{outputs}.bias", floats, [biases.Count], [.. biases])])
            : outputs;
    }
}
