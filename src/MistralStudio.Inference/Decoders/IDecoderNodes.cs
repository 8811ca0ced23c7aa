using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Decoders;

/// <summary>Rows of a tensor in the given order; null keeps the stored one.</summary>
internal readonly record struct MatrixPart(GgufTensor Tensor, Func<int, int>? Row = null);

/// <summary>Writes the nodes of a decoder that do its work, each in the operators of one kind of machine.</summary>
internal interface IDecoderNodes
{
    /// <summary>The embeddings of tokens, <c>ids [B, S]</c> to <c>[B, S, hidden]</c>. Where the head is tied, both read the same bytes.</summary>
    string Embed(string ids);

    /// <summary>Logits of positions, <c>[R, hidden]</c> to <c>[R, vocabulary]</c>.</summary>
    string Head(string hidden);

    /// <summary>Outputs of matrices that stand under each other.</summary>
    string Project(string name, string input, params ReadOnlySpan<MatrixPart> parts);

    /// <summary><c>silu(input * gate) * (input * up)</c>.</summary>
    string ProjectGated(string name, string input, GgufTensor gate, GgufTensor up);

    /// <summary>
    /// Attention of new positions to their conversation, <c>[B, S, packed width]</c> to <c>[B, S, heads * headSize]</c>; declares the layer's
    /// cache as inputs of the graph.
    /// </summary>
    string Attend(int layer, string packed);
}
