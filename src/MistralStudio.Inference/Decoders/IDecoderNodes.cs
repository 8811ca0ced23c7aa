using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Decoders;

/// <summary>A matrix of the file: its rows in the given order, null for the stored one, and what is added to each output.</summary>
internal readonly record struct MatrixPart(GgufTensor Tensor, float[]? Bias = null, Func<int, int>? Row = null);

/// <summary>What a layer's attention is made of; the norms' weights in the order of the rows.</summary>
internal sealed record AttentionParts(MatrixPart Query, MatrixPart Key, MatrixPart Value, float[]? QueryNorm, float[]? KeyNorm);

/// <summary>Writes the nodes of a decoder that do its work, each in the operators of one kind of machine.</summary>
internal interface IDecoderNodes
{
    /// <summary>
    /// The floats that these nodes take and give, and those of the caches. What they are given and what is made of their answers between them (the
    /// sum that runs through all layers, its norms, logits) is float32 in any case.
    /// </summary>
    ElementType Floats { get; }

    /// <summary>The embeddings of tokens, <c>ids [B, S]</c> to <c>[B, S, hidden]</c>. Where the head is tied, both read the same bytes.</summary>
    string Embed(string ids);

    /// <summary>Logits of positions, <c>[R, hidden]</c> to <c>[R, vocabulary]</c>.</summary>
    string Head(string name, string hidden);

    /// <summary>Outputs of a matrix.</summary>
    string Project(string name, string input, MatrixPart part);

    /// <summary><c>silu(input * gate) * (input * up)</c>.</summary>
    string ProjectGated(string name, string input, GgufTensor gate, GgufTensor up);

    /// <summary>
    /// Attention of new positions to their conversation, <c>[B, S, hidden]</c> to <c>[B, S, heads * headSize]</c>, before the output projection;
    /// declares the layer's cache as inputs of the graph.
    /// </summary>
    string Attend(int layer, string input, AttentionParts parts);
}
