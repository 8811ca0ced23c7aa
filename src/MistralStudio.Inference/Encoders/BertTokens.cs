using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Encoders;

/// <summary>BERT's rows: <c>[CLS] text [SEP]</c> and <c>[CLS] first [SEP] second [SEP]</c>.</summary>
internal sealed class BertTokens(WordPiece words) : IEncoderTokens
{
    /// <inheritdoc/>
    public int[] Encode(ReadOnlySpan<char> text, int limit) => words.EncodeSequence(text, limit);

    /// <inheritdoc/>
    public EncoderRow EncodePair(ReadOnlySpan<char> first, ReadOnlySpan<char> second, int limit)
    {
        // Each alone is [CLS] text [SEP].
        int[] question = words.EncodeSequence(first, limit), document = words.EncodeSequence(second, limit);
        var (firstLength, secondLength) = PairLengths.Fit(question.Length - 2, document.Length - 2, limit - 3);
        return new EncoderRow(
            [.. question.AsSpan(0, firstLength + 1), question[^1], .. document.AsSpan(1, secondLength), document[^1]], firstLength + 2);
    }
}
