namespace MistralStudio.Inference.Encoders;

/// <summary>What an encoder reads at once: a text, or a pair of texts behind each other, with the tokens around them.</summary>
/// <param name="Tokens">All tokens.</param>
/// <param name="Second">Where the second text begins; the number of tokens where there is none.</param>
internal readonly record struct EncoderRow(int[] Tokens, int Second)
{
    /// <summary>A text alone.</summary>
    public static EncoderRow Of(int[] tokens) => new(tokens, tokens.Length);
}
